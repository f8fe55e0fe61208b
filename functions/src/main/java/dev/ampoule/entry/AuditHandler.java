package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.audit.AuditAction;
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
import dev.ampoule.policy.Action;
import dev.ampoule.policy.Principal;
import dev.ampoule.privacy.Redacted;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Optional;

/** Review, verification and export of the audit log; every look at it is audited itself. */
public final class AuditHandler
    extends ObservedHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> {
  private static final int FINDINGS_MAX = 100;

  /** A larger export does not fit Lambda's answer of 6 MB. */
  private static final int EXPORT_BYTES_MAX = 5 * 1024 * 1024;

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

  private APIGatewayV2HTTPResponse find(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    return switch (AuditParameters.query(request.query(), clock.instant())) {
      case AuditParameters.Bad(String detail) ->
          gatekeeper.badRequest(request, principal, AuditAction.READ_AUDIT, detail);
      case AuditParameters.Good(AuditQuery query) -> {
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
