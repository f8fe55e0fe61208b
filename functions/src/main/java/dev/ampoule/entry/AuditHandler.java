package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditCursor;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditEventFhir;
import dev.ampoule.audit.AuditExport;
import dev.ampoule.audit.AuditId;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditQuery;
import dev.ampoule.audit.AuditReview;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.AuditVerification;
import dev.ampoule.audit.TimeRange;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.policy.Action;
import dev.ampoule.policy.Principal;
import dev.ampoule.privacy.Redacted;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Review, verification and export of the audit log; every look at it is audited itself. */
public final class AuditHandler
    extends ObservedHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> {
  private static final Duration RANGE_DEFAULT = Duration.ofDays(7);
  private static final int LIMIT_DEFAULT = 100;
  private static final int FINDINGS_MAX = 100;

  /** A larger export does not fit Lambda's answer of 6 MB. */
  private static final int EXPORT_BYTES_MAX = 5 * 1024 * 1024;

  private static final Set<String> PARAMETERS =
      Set.of("from", "to", "plugin", "actor", "outcome", "limit", "next");
  private static final Pattern LIMIT = Pattern.compile("[1-9][0-9]{0,3}");

  private final Gatekeeper gatekeeper;
  private final AuditReview review;
  private final AuditVerification verification;
  private final AuditExport export;
  private final AuditLog audit;
  private final Clock clock;

  public AuditHandler() {
    this(Wiring.ofProcess());
  }

  public AuditHandler(Wiring wiring) {
    super(wiring);
    this.gatekeeper = wiring.gatekeeper();
    this.review = wiring.auditReview();
    this.verification = wiring.auditVerification();
    this.export = wiring.auditExport();
    this.audit = wiring.auditLog();
    this.clock = wiring.clock();
  }

  @Override
  APIGatewayV2HTTPResponse handle(APIGatewayV2HTTPEvent event, Context context) {
    return switch (event.getRouteKey()) {
      case "GET /v1/audit" ->
          gatekeeper.permit(event, Action.READ_AUDIT, AuditAction.READ_AUDIT, this::find);
      case "GET /v1/audit/{id}" ->
          gatekeeper.permit(event, Action.READ_AUDIT, AuditAction.READ_AUDIT, this::byId);
      case "GET /v1/audit/verification" ->
          gatekeeper.permit(event, Action.READ_AUDIT, AuditAction.VERIFY_AUDIT, this::verify);
      case "GET /v1/audit/export" ->
          gatekeeper.permit(event, Action.READ_AUDIT, AuditAction.READ_AUDIT, this::export);
      default ->
          Responses.problem(ProblemType.UNKNOWN_ROUTE, "This function does not serve the route.");
    };
  }

  /** What a request's parameters say, or which of them cannot be understood. */
  private sealed interface Query {
    record Good(AuditQuery query) implements Query {}

    record Bad(String detail) implements Query {}
  }

  private APIGatewayV2HTTPResponse find(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    return switch (query(request, clock.instant())) {
      case Query.Bad(String detail) ->
          gatekeeper.badRequest(request, principal, AuditAction.READ_AUDIT, detail);
      case Query.Good(AuditQuery query) -> {
        var found = review.find(query);
        record(request, principal, AuditAction.READ_AUDIT, AuditOutcome.SUCCESS, Redacted.EMPTY);
        var body = Json.object();
        var entries = body.putArray("entries");
        found.items().forEach(item -> entries.add(render(item)));
        if (!found.damaged().isEmpty()) {
          var damaged = body.putArray("damaged");
          found.damaged().forEach(block -> damaged.add(block.toString()));
        }
        found.next().ifPresent(next -> body.put("next", next.toString()));
        yield Responses.json(200, body);
      }
    };
  }

  private APIGatewayV2HTTPResponse byId(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var id = AuditId.parse(request.path().getOrDefault("id", ""));
    if (id.isEmpty()) {
      return gatekeeper.badRequest(
          request, principal, AuditAction.READ_AUDIT, "id: must be chain.seq.index");
    }
    return switch (review.byId(id.get())) {
      case AuditReview.Lookup.Found(var found) -> {
        record(request, principal, AuditAction.READ_AUDIT, AuditOutcome.SUCCESS, Redacted.EMPTY);
        yield request.accepts(AuditEventFhir.MEDIA_TYPE)
            ? Responses.body(
                200, AuditEventFhir.MEDIA_TYPE, AuditEventFhir.json(found.id(), found.entry()))
            : Responses.json(200, render(found));
      }
      case AuditReview.Lookup.Unknown() -> {
        record(request, principal, AuditAction.READ_AUDIT, AuditOutcome.NOT_FOUND, Redacted.EMPTY);
        yield Responses.problem(ProblemType.UNKNOWN_ENTRY, "No entry has this id.");
      }
      case AuditReview.Lookup.Damaged(var block) -> {
        record(
            request,
            principal,
            AuditAction.READ_AUDIT,
            AuditOutcome.REJECTED,
            Redacted.literal("damaged block"));
        yield Responses.problem(
            ProblemType.DAMAGED_BLOCK,
            "Its block is not what it was when it was written.",
            Json.object().put("block", block.toString()));
      }
    };
  }

  private APIGatewayV2HTTPResponse verify(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var result = verification.run(FINDINGS_MAX);
    var outcome =
        switch (result) {
          case AuditVerification.Result.Intact _ -> AuditOutcome.SUCCESS;
          case AuditVerification.Result.Tampered _ -> AuditOutcome.REJECTED;
        };
    var body = VerificationJson.of(result);
    record(
        request,
        principal,
        AuditAction.VERIFY_AUDIT,
        outcome,
        Redacted.of(body.path("findings").size()).plus(" findings"));
    return Responses.json(200, body);
  }

  private APIGatewayV2HTTPResponse export(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var written = upTo(EXPORT_BYTES_MAX, export);
    record(
        request,
        principal,
        AuditAction.READ_AUDIT,
        written.isPresent() ? AuditOutcome.SUCCESS : AuditOutcome.TOO_LARGE,
        Redacted.literal("export"));
    return written
        .map(lines -> Responses.text(200, "application/x-ndjson", lines))
        .orElseGet(() ->
            Responses.problem(
                ProblemType.EXPORT_TOO_LARGE,
                "The export has more than the "
                    + EXPORT_BYTES_MAX
                    + " bytes that fit an answer. Export the table and the checkpoint bucket"
                    + " instead."));
  }

  /** What an export writes; empty where that is more, and then the rest of it is not read. */
  static Optional<String> upTo(int bytesMax, AuditExport export) {
    var out = new ByteArrayOutputStream();
    var bounded =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int from, int length) throws IOException {
            if (length > bytesMax - out.size()) {
              throw new ExportTooLargeException();
            }
            out.write(bytes, from, length);
          }
        };
    try {
      export.write(bounded);
      return Optional.of(out.toString(StandardCharsets.UTF_8));
    } catch (ExportTooLargeException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
  }

  /** Stops an export on its way. */
  private static final class ExportTooLargeException extends IOException {
    private static final long serialVersionUID = 1L;
  }

  private void record(
      ApiRequest request,
      Principal principal,
      AuditAction action,
      AuditOutcome outcome,
      Redacted detail)
      throws AuditUnavailableException {
    audit.append(
        AuditEntry.of(clock.instant(), action, ApiRequest.actor(principal), outcome)
            .detail(detail)
            .request(request.requestId())
            .build());
  }

  private static Query query(ApiRequest request, Instant now) {
    for (String name : request.query().keySet()) {
      if (!PARAMETERS.contains(name)) {
        return new Query.Bad(
            "A parameter is unknown; known are "
                + String.join(", ", PARAMETERS.stream().sorted().toList()));
      }
    }
    var to = time(request, "to", now.plusSeconds(1));
    if (to.isEmpty()) {
      return new Query.Bad("to: must be an instant or a date (ISO 8601)");
    }
    var from = time(request, "from", to.get().minus(RANGE_DEFAULT));
    if (from.isEmpty()) {
      return new Query.Bad("from: must be an instant or a date (ISO 8601)");
    }
    if (to.get().isBefore(from.get())) {
      return new Query.Bad("from: must not be after to");
    }
    if (malformed(request, "plugin", PluginName::parse)) {
      return new Query.Bad("plugin: must be a plugin's name");
    }
    if (malformed(request, "actor", AuditHandler::actor)) {
      return new Query.Bad("actor: must be system, anonymous or a token's subject");
    }
    if (malformed(request, "outcome", AuditOutcome::parse)) {
      return new Query.Bad("outcome: must be one of " + List.of(AuditOutcome.values()));
    }
    if (malformed(request, "limit", AuditHandler::limit)) {
      return new Query.Bad("limit: must be a whole number from 1 to " + AuditQuery.LIMIT_MAX);
    }
    if (malformed(request, "next", AuditCursor::parse)) {
      return new Query.Bad("next: not one that was given");
    }
    return new Query.Good(
        new AuditQuery(
            new TimeRange(from.get(), to.get()),
            request.query("plugin").flatMap(PluginName::parse),
            request.query("actor").flatMap(AuditHandler::actor),
            request.query("outcome").flatMap(AuditOutcome::parse),
            request.query("limit").flatMap(AuditHandler::limit).orElse(LIMIT_DEFAULT),
            request.query("next").flatMap(AuditCursor::parse)));
  }

  private static <T> boolean malformed(
      ApiRequest request, String name, Function<String, Optional<T>> parse) {
    return request.query(name).isPresent() && request.query(name).flatMap(parse).isEmpty();
  }

  private static Optional<Integer> limit(String text) {
    return LIMIT.matcher(text).matches()
        ? Optional.of(Integer.valueOf(text)).filter(limit -> limit <= AuditQuery.LIMIT_MAX)
        : Optional.empty();
  }

  private static Optional<Actor> actor(String text) {
    return Actor.parse(text).or(() -> Actor.ofSubject(text));
  }

  /** Within what entries can have, so that any date a caller gives is a range. */
  private static Optional<Instant> time(ApiRequest request, String name, Instant absent) {
    var text = request.query(name);
    if (text.isEmpty()) {
      return Optional.of(clamp(absent));
    }
    try {
      return Optional.of(
          clamp(
              text.get().length() == "2026-11-23".length()
                  ? LocalDate.parse(text.get()).atStartOfDay(ZoneOffset.UTC).toInstant()
                  : Instant.parse(text.get())));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Instant clamp(Instant time) {
    return time.isBefore(AuditEntry.TIME_MIN)
        ? AuditEntry.TIME_MIN
        : time.isAfter(AuditEntry.TIME_MAX) ? AuditEntry.TIME_MAX : time;
  }

  private static ObjectNode render(AuditReview.Identified identified) {
    var entry = identified.entry();
    var node = Json.object();
    node.put("id", identified.id().toString());
    node.put("time", entry.time().toString());
    node.put("action", entry.action().name());
    node.put("outcome", entry.outcome().name());
    node.put("actor", entry.actor().toString());
    entry.plugin().ifPresent(plugin -> node.put("plugin", plugin.value()));
    entry.version().ifPresent(version -> node.put("version", version.value()));
    entry.digest().ifPresent(digest -> node.put("digest", digest.toString()));
    entry.signedBy().ifPresent(key -> node.put("signedBy", key.toString()));
    entry.function().ifPresent(function -> node.put("function", function.value()));
    if (!entry.detail().isEmpty()) {
      node.put("detail", entry.detail().toString());
    }
    entry.policy().ifPresent(policy -> node.put("policy", policy.value()));
    entry.request().ifPresent(requestId -> node.put("request", requestId.value()));
    entry.purposeOfUse().ifPresent(purpose -> node.put("purposeOfUse", purpose.name()));
    node.put("durationMs", entry.duration().toMillis());
    node.put("inputBytes", entry.inputBytes());
    node.put("outputBytes", entry.outputBytes());
    return node;
  }
}
