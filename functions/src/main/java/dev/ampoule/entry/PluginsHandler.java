package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.invocation.CallTallies;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.policy.Action;
import dev.ampoule.policy.Principal;
import dev.ampoule.privacy.Redacted;
import dev.ampoule.registry.Lifecycle;
import dev.ampoule.registry.Order;
import dev.ampoule.registry.Page;
import dev.ampoule.registry.PluginCatalog;
import dev.ampoule.registry.PluginSummary;
import dev.ampoule.registry.RequestUpload;
import dev.ampoule.registry.Rollout;
import dev.ampoule.registry.UploadKey;
import dev.ampoule.registry.VersionRecord;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The REST calls on plugins and versions, but for invoking them. */
public final class PluginsHandler
    extends ObservedHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> {
  /** An identifier, such as a ticket's: free text could hold PHI. */
  private static final Pattern REASON = Pattern.compile("[A-Za-z0-9_.:/$#-]{1,200}");

  private static final String REASON_FORM =
      "reason: must be 1 to 200 letters, digits and _.:/$#-, such as a ticket's id;"
          + " free text could hold PHI";

  private final Gatekeeper gatekeeper;
  private final PluginCatalog catalog;
  private final RequestUpload requestUpload;
  private final Lifecycle lifecycle;
  private final CallTallies tallies;

  public PluginsHandler() {
    this(Wiring.ofProcess());
  }

  public PluginsHandler(Wiring wiring) {
    super(wiring);
    this.gatekeeper = wiring.gatekeeper();
    this.catalog = wiring.catalog();
    this.requestUpload = wiring.requestUpload();
    this.lifecycle = wiring.lifecycle();
    this.tallies = wiring.callTallies();
  }

  @Override
  void prime() {
    var _ = catalog.plugins(Optional.empty(), 1);
  }

  @Override
  APIGatewayV2HTTPResponse handle(APIGatewayV2HTTPEvent event, Context context) {
    return switch (event.getRouteKey()) {
      case "GET /v1/plugins" -> read(event, this::plugins);
      case "GET /v1/plugins/{name}" -> read(event, this::plugin);
      case "GET /v1/plugins/{name}/versions" -> read(event, this::versions);
      case "GET /v1/plugins/{name}/versions/{version}" -> read(event, this::version);
      case "POST /v1/plugins/{name}/uploads" ->
          gatekeeper.permit(event, Action.UPLOAD_PLUGIN, AuditAction.UPLOAD, this::upload);
      case "POST /v1/plugins/{name}/versions/{version}/activate" ->
          move(event, AuditAction.ACTIVATE, this::activate);
      case "POST /v1/plugins/{name}/rollback" -> move(event, AuditAction.ROLLBACK, this::rollBack);
      case "POST /v1/plugins/{name}/versions/{version}/retire" ->
          move(event, AuditAction.RETIRE, this::retire);
      case "POST /v1/plugins/{name}/versions/{version}/quarantine" ->
          move(event, AuditAction.QUARANTINE, this::quarantine);
      default ->
          Responses.problem(ProblemType.UNKNOWN_ROUTE, "This function does not serve the route.");
    };
  }

  private APIGatewayV2HTTPResponse read(
      APIGatewayV2HTTPEvent event, Gatekeeper.Permitted permitted) {
    return gatekeeper.permit(event, Action.READ_PLUGIN, AuditAction.READ_PLUGINS, permitted);
  }

  private APIGatewayV2HTTPResponse move(
      APIGatewayV2HTTPEvent event, AuditAction action, Gatekeeper.Permitted permitted) {
    return gatekeeper.permit(event, Action.MOVE_VERSION, action, permitted);
  }

  private APIGatewayV2HTTPResponse plugins(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var after = request.query("next");
    if (after.isPresent() && PluginName.parse(after.get()).isEmpty()) {
      return badRequest(
          request, principal, AuditAction.READ_PLUGINS, "next: not one that was given");
    }
    var page = catalog.plugins(after, Page.ITEMS_MAX);
    var body = Json.object();
    var items = body.putArray("plugins");
    page.items().forEach(summary -> items.add(render(summary)));
    page.next().ifPresent(next -> body.put("next", next));
    return Responses.json(200, body);
  }

  private APIGatewayV2HTTPResponse plugin(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var name = request.plugin();
    if (name.isEmpty()) {
      return badRequest(request, principal, AuditAction.READ_PLUGINS, ApiRequest.PLUGIN_FORM);
    }
    var versions = catalog.versions(name.get(), Optional.empty(), Page.ITEMS_MAX);
    if (versions.items().isEmpty()) {
      return unknownPlugin();
    }
    var body = Json.object();
    body.put("name", name.get().value());
    catalog.rollout(name.get()).ifPresent(rollout -> putRollout(body, name.get(), rollout));
    var items = body.putArray("versions");
    versions.items().forEach(version -> items.add(summary(version)));
    versions.next().ifPresent(next -> body.put("next", next));
    var history = body.putArray("history");
    catalog
        .history(name.get(), Optional.empty(), Page.ITEMS_MAX)
        .items()
        .forEach(moved -> history.add(PluginJson.render(moved)));
    return Responses.json(200, body);
  }

  private void putRollout(ObjectNode body, PluginName name, Rollout rollout) {
    PluginJson.put(body, rollout);
    rollout
        .trial()
        .ifPresent(trial -> {
          body.withObject("/trial")
              .set(
                  "counted", PluginJson.render(tallies.read(name, trial.version(), rollout.era())));
          rollout
              .live()
              .ifPresent(live ->
                  body.set(
                      "liveCounted", PluginJson.render(tallies.read(name, live, rollout.era()))));
        });
  }

  private APIGatewayV2HTTPResponse versions(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var name = request.plugin();
    if (name.isEmpty()) {
      return badRequest(request, principal, AuditAction.READ_PLUGINS, ApiRequest.PLUGIN_FORM);
    }
    var after = request.query("next");
    if (after.isPresent() && PluginVersion.parse(after.get()).isEmpty()) {
      return badRequest(
          request, principal, AuditAction.READ_PLUGINS, "next: not one that was given");
    }
    var page = catalog.versions(name.get(), after, Page.ITEMS_MAX);
    if (page.items().isEmpty() && after.isEmpty()) {
      return unknownPlugin();
    }
    var body = Json.object();
    var items = body.putArray("versions");
    page.items().forEach(version -> items.add(summary(version)));
    page.next().ifPresent(next -> body.put("next", next));
    return Responses.json(200, body);
  }

  private APIGatewayV2HTTPResponse version(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var key = key(request, request.version());
    if (key.isEmpty()) {
      return badRequest(request, principal, AuditAction.READ_PLUGINS, malformed(request));
    }
    return catalog
        .version(key.get().name(), key.get().version())
        .map(version -> Responses.json(200, render(version)))
        .orElse(unknownVersion());
  }

  private APIGatewayV2HTTPResponse upload(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    return switch (body(request.body(), Set.of("version", "manifest"))) {
      case Body.Bad(String detail) -> badRequest(request, principal, AuditAction.UPLOAD, detail);
      case Body.Good(ObjectNode fields) -> upload(request, principal, fields);
    };
  }

  private APIGatewayV2HTTPResponse upload(
      ApiRequest request, Principal principal, ObjectNode fields) throws AuditUnavailableException {
    var key = key(request, text(fields, "version").flatMap(PluginVersion::parse));
    if (key.isEmpty()) {
      return badRequest(request, principal, AuditAction.UPLOAD, malformed(request));
    }
    var manifest =
        Optional.ofNullable(fields.get("manifest"))
            .filter(node -> !node.isNull())
            .map(node -> Json.write(node).getBytes(StandardCharsets.UTF_8));
    return switch (requestUpload.request(
        key.get(), manifest, ApiRequest.actor(principal), request.requestId())) {
      case RequestUpload.UploadGrant.Granted(var urls, var expiresAt) -> {
        var granted = Json.object();
        granted.put("plugin", key.get().name().value());
        granted.put("version", key.get().version().value());
        var uploads = granted.putObject("uploads");
        uploads.putObject("module").put("method", "PUT").put("url", urls.module().toString());
        uploads.putObject("manifest").put("method", "PUT").put("url", urls.manifest().toString());
        uploads.putObject("signature").put("method", "PUT").put("url", urls.signature().toString());
        granted.put("expiresAt", expiresAt.toString());
        yield Responses.json(201, granted);
      }
      case RequestUpload.UploadGrant.BadManifest(var faults) -> {
        var members = Json.object();
        var list = members.putArray("faults");
        faults.forEach(
            fault -> list.addObject().put("field", fault.field()).put("reason", fault.reason()));
        yield Responses.problem(ProblemType.BAD_REQUEST, "manifest: " + faults.getFirst(), members);
      }
      case RequestUpload.UploadGrant.VersionExists(var state) ->
          Responses.problem(
              ProblemType.VERSION_EXISTS,
              "The version is " + state + "; choose another version number.",
              Json.object().put("state", state.name()));
    };
  }

  private APIGatewayV2HTTPResponse activate(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var key = key(request, request.version());
    if (key.isEmpty()) {
      return badRequest(request, principal, AuditAction.ACTIVATE, malformed(request));
    }
    return switch (body(request.body(), ActivationBody.FIELDS)) {
      case Body.Bad(String detail) -> badRequest(request, principal, AuditAction.ACTIVATE, detail);
      case Body.Good(ObjectNode fields) ->
          switch (ActivationBody.read(key.get(), fields)) {
            case ActivationBody.Bad(String detail) ->
                badRequest(request, principal, AuditAction.ACTIVATE, detail);
            case ActivationBody.Good(Order order) -> move(request, principal, order);
          };
    };
  }

  private APIGatewayV2HTTPResponse rollBack(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var name = request.plugin();
    if (name.isEmpty()) {
      return badRequest(request, principal, AuditAction.ROLLBACK, ApiRequest.PLUGIN_FORM);
    }
    return switch (body(request.body(), Set.of("version"))) {
      case Body.Bad(String detail) -> badRequest(request, principal, AuditAction.ROLLBACK, detail);
      case Body.Good(ObjectNode fields) -> {
        var version = text(fields, "version").flatMap(PluginVersion::parse);
        yield version.isEmpty() && fields.has("version")
            ? badRequest(request, principal, AuditAction.ROLLBACK, ApiRequest.VERSION_FORM)
            : move(request, principal, new Order.RollBack(name.get(), version));
      }
    };
  }

  private APIGatewayV2HTTPResponse retire(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var key = key(request, request.version());
    if (key.isEmpty()) {
      return badRequest(request, principal, AuditAction.RETIRE, malformed(request));
    }
    return switch (body(request.body(), Set.of())) {
      case Body.Bad(String detail) -> badRequest(request, principal, AuditAction.RETIRE, detail);
      case Body.Good _ ->
          move(request, principal, new Order.Retire(key.get().name(), key.get().version()));
    };
  }

  private APIGatewayV2HTTPResponse quarantine(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var key = key(request, request.version());
    if (key.isEmpty()) {
      return badRequest(request, principal, AuditAction.QUARANTINE, malformed(request));
    }
    return switch (body(request.body(), Set.of("reason"))) {
      case Body.Bad(String detail) ->
          badRequest(request, principal, AuditAction.QUARANTINE, detail);
      case Body.Good(ObjectNode fields) -> {
        var reason = text(fields, "reason").filter(text -> REASON.matcher(text).matches());
        yield reason.isEmpty() && fields.has("reason")
            ? badRequest(request, principal, AuditAction.QUARANTINE, REASON_FORM)
            : move(
                request,
                principal,
                new Order.Quarantine(
                    key.get().name(),
                    key.get().version(),
                    reason.map(Redacted::identifier).orElse(Redacted.EMPTY)));
      }
    };
  }

  private APIGatewayV2HTTPResponse move(ApiRequest request, Principal principal, Order order)
      throws AuditUnavailableException {
    return switch (lifecycle.move(order, ApiRequest.actor(principal), request.requestId())) {
      case Lifecycle.Outcome.Done(var version, _, var before, _) -> {
        var moved = render(version);
        before.ifPresent(old -> moved.put("before", old.value()));
        yield Responses.json(200, moved);
      }
      case Lifecycle.Outcome.UnknownPlugin() -> unknownPlugin();
      case Lifecycle.Outcome.UnknownVersion() -> unknownVersion();
      case Lifecycle.Outcome.NotAllowed(var version, var state, var allowed) -> {
        var members = Json.object().put("version", version.value()).put("state", state.name());
        var list = members.putArray("allowed");
        allowed.forEach(move -> list.add(PluginJson.name(move)));
        yield Responses.problem(
            ProblemType.WRONG_STATE, "The version is " + state + "; see what is allowed.", members);
      }
      case Lifecycle.Outcome.NothingLive() ->
          Responses.problem(
              ProblemType.NOTHING_LIVE, "A trial needs a live version beside it; activate one.");
      case Lifecycle.Outcome.HasEffects() ->
          Responses.problem(
              ProblemType.SHADOW_HAS_EFFECTS,
              "Its manifest grants it http hosts or topics; try it as a canary.");
      case Lifecycle.Outcome.NoEarlierVersion() ->
          Responses.problem(
              ProblemType.NO_EARLIER_VERSION,
              "None of the last "
                  + Lifecycle.LIVE_KEPT
                  + " live versions is the one, or may run still.");
      case Lifecycle.Outcome.Contended(), Lifecycle.Outcome.Overtaken() ->
          Responses.problem(ProblemType.CONTENDED, "Try again.");
      case Lifecycle.Outcome.Unsettled _ ->
          Responses.unavailable("plugin catalogue", Gatekeeper.RETRY_AFTER);
    };
  }

  private APIGatewayV2HTTPResponse badRequest(
      ApiRequest request, Principal principal, AuditAction action, String detail)
      throws AuditUnavailableException {
    return gatekeeper.badRequest(request, principal, action, detail);
  }

  private static Optional<UploadKey> key(ApiRequest request, Optional<PluginVersion> version) {
    return request.plugin().flatMap(name -> version.map(v -> new UploadKey(name, v)));
  }

  private static String malformed(ApiRequest request) {
    return request.plugin().isEmpty() ? ApiRequest.PLUGIN_FORM : ApiRequest.VERSION_FORM;
  }

  /** What a body says, or what is wrong with it. */
  sealed interface Body {
    record Good(ObjectNode fields) implements Body {}

    record Bad(String detail) implements Body {}
  }

  static Body body(byte[] json, Set<String> known) {
    if (json.length > Json.BODY_BYTES_MAX) {
      return new Body.Bad(
          "The body has " + json.length + " bytes; at most " + Json.BODY_BYTES_MAX + ".");
    }
    var fields = Json.object(json);
    var names = String.join(", ", known.stream().sorted().toList());
    if (fields.isEmpty()) {
      return new Body.Bad("The body must be a JSON object (RFC 8259) of " + names + ".");
    }
    for (var name : (Iterable<String>) fields.get()::fieldNames) {
      if (!known.contains(name)) {
        return new Body.Bad(
            (name.length() <= 64 ? name : "A field of " + name.length() + " characters")
                + ": unknown field; "
                + (known.isEmpty() ? "none is known" : "known are " + names));
      }
    }
    return new Body.Good(fields.get());
  }

  private static Optional<String> text(ObjectNode body, String field) {
    return Optional.ofNullable(body.get(field))
        .filter(JsonNode::isTextual)
        .map(JsonNode::textValue);
  }

  private static APIGatewayV2HTTPResponse unknownPlugin() {
    return Responses.problem(ProblemType.UNKNOWN_PLUGIN, "No version of it was ever registered.");
  }

  private static APIGatewayV2HTTPResponse unknownVersion() {
    return Responses.problem(ProblemType.UNKNOWN_VERSION, "This version was never registered.");
  }

  private static ObjectNode render(PluginSummary summary) {
    var node = Json.object();
    node.put("name", summary.name().value());
    summary.live().ifPresent(live -> node.put("live", live.value()));
    return node;
  }

  private static ObjectNode summary(VersionRecord version) {
    var node = Json.object();
    node.put("version", version.version().value());
    node.put("state", version.state().name());
    node.put("digest", version.digest().toString());
    node.put("registeredAt", version.registeredAt().toString());
    if (!version.reasons().isEmpty()) {
      var reasons = node.putArray("reasons");
      version.reasons().forEach(reasons::add);
    }
    return node;
  }

  private static ObjectNode render(VersionRecord version) {
    var node = Json.object();
    node.put("name", version.name().value());
    node.setAll(summary(version));
    node.put("moduleBytes", version.moduleBytes());
    version.signedBy().ifPresent(key -> node.put("signedBy", key.toString()));
    version
        .facts()
        .ifPresent(facts -> {
          node.put("abi", facts.abi().name());
          var functions = node.putArray("functions");
          facts.functions().forEach(function -> functions.add(function.value()));
        });
    // A rejected manifest may be no JSON at all; its faults are in the reasons.
    if (version.reasons().isEmpty()) {
      version.manifestJson().ifPresent(json -> node.set("manifest", Json.tree(json)));
    }
    return node;
  }
}
