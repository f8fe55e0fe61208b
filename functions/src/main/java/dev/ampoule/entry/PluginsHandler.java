package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.policy.Action;
import dev.ampoule.policy.Principal;
import dev.ampoule.registry.ActivateVersion;
import dev.ampoule.registry.Page;
import dev.ampoule.registry.PluginCatalog;
import dev.ampoule.registry.PluginSummary;
import dev.ampoule.registry.RequestUpload;
import dev.ampoule.registry.UploadKey;
import dev.ampoule.registry.VersionRecord;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;

/** The REST calls on plugins and versions, but for invoking them. */
public final class PluginsHandler
    extends ObservedHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> {
  private final Gatekeeper gatekeeper;
  private final PluginCatalog catalog;
  private final RequestUpload requestUpload;
  private final ActivateVersion activateVersion;

  public PluginsHandler() {
    this(Wiring.ofProcess());
  }

  public PluginsHandler(Wiring wiring) {
    super(wiring);
    this.gatekeeper = wiring.gatekeeper();
    this.catalog = wiring.catalog();
    this.requestUpload = wiring.requestUpload();
    this.activateVersion = wiring.activateVersion();
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
          gatekeeper.permit(event, Action.MOVE_VERSION, AuditAction.ACTIVATE, this::activate);
      default ->
          Responses.problem(ProblemType.UNKNOWN_ROUTE, "This function does not serve the route.");
    };
  }

  private APIGatewayV2HTTPResponse read(
      APIGatewayV2HTTPEvent event, Gatekeeper.Permitted permitted) {
    return gatekeeper.permit(event, Action.READ_PLUGIN, AuditAction.READ_PLUGINS, permitted);
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
    catalog.live(name.get()).ifPresent(live -> body.put("live", live.value()));
    var items = body.putArray("versions");
    versions.items().forEach(version -> items.add(summary(version)));
    versions.next().ifPresent(next -> body.put("next", next));
    return Responses.json(200, body);
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
    return switch (body(request.body(), Set.of("weight"))) {
      case Body.Bad(String detail) -> badRequest(request, principal, AuditAction.ACTIVATE, detail);
      case Body.Good(ObjectNode fields) -> activate(request, principal, key.get(), fields);
    };
  }

  private APIGatewayV2HTTPResponse activate(
      ApiRequest request, Principal principal, UploadKey key, ObjectNode fields)
      throws AuditUnavailableException {
    var weight = fields.get("weight");
    if (weight != null && !(weight.isInt() && weight.intValue() == 100)) {
      return badRequest(
          request,
          principal,
          AuditAction.ACTIVATE,
          "weight: must be 100; a canary with a smaller share is not supported yet");
    }
    return switch (activateVersion.activate(
        key.name(), key.version(), ApiRequest.actor(principal), request.requestId())) {
      case ActivateVersion.Activation.Activated(var version, var before) -> {
        var activated = render(version);
        before.ifPresent(old -> activated.put("before", old.value()));
        yield Responses.json(200, activated);
      }
      case ActivateVersion.Activation.UnknownVersion() -> unknownVersion();
      case ActivateVersion.Activation.NotAllowed(var state, var allowed) -> {
        var members = Json.object().put("state", state.name());
        var list = members.putArray("allowed");
        allowed.forEach(from -> list.add(from.name()));
        yield Responses.problem(
            ProblemType.WRONG_STATE,
            "The version is " + state + "; it cannot go live from there.",
            members);
      }
      case ActivateVersion.Activation.Contended() ->
          Responses.problem(ProblemType.CONTENDED, "Try again.");
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
                + ": unknown field; known are "
                + names);
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
