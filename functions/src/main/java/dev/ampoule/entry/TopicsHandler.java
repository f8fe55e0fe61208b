package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.live.Binding;
import dev.ampoule.live.BindingCache;
import dev.ampoule.live.Bindings;
import dev.ampoule.live.EventLog;
import dev.ampoule.live.LiveEvent;
import dev.ampoule.live.LiveUnavailableException;
import dev.ampoule.live.Presence;
import dev.ampoule.live.Topic;
import dev.ampoule.live.TopicPattern;
import dev.ampoule.live.Topics;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.policy.Action;
import dev.ampoule.policy.Decision;
import dev.ampoule.policy.Principal;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The REST calls on topics. A topic has slashes, so the last part of the path says what is meant:
 * {@code GET /v1/topics/ward/3/events}.
 */
public final class TopicsHandler
    extends ObservedHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> {
  static final String DATA_TOO_LARGE =
      "data: must have at most " + LiveEvent.DATA_BYTES_MAX + " bytes as JSON";
  static final String WARD_FULL =
      "topic: a ward has at most " + EventLog.WARD_TOPICS_MAX + " topics";

  private static final String EVENTS = "/events";
  private static final String PRESENCE = "/presence";
  private static final String PLUGIN = "/plugin";
  private static final String TOPIC_FORM = "topic: must be " + Topic.FORM;
  private static final int EVENTS_MAX = 100;

  /** Lambda answers with at most 6 MB. */
  private static final int EVENTS_CHARS_MAX = 2 * 1024 * 1024;

  private final Gatekeeper gatekeeper;
  private final TopicGate topicGate;
  private final Topics topics;
  private final Presence presence;
  private final Bindings bindings;
  private final BindingCache bindingCache;
  private final AuditLog audit;
  private final Clock clock;

  public TopicsHandler() {
    this(Wiring.ofProcess());
  }

  public TopicsHandler(Wiring wiring) {
    super(wiring);
    this.gatekeeper = wiring.gatekeeper();
    this.topicGate = wiring.topicGate();
    this.topics = wiring.topics();
    this.presence = wiring.presenceList();
    this.bindings = wiring.bindings();
    this.bindingCache = wiring.bindingCache();
    this.audit = wiring.auditLog();
    this.clock = wiring.clock();
  }

  @Override
  void prime() {
    var _ = topics.head(Topic.PLATFORM_PLUGINS);
  }

  @Override
  APIGatewayV2HTTPResponse handle(APIGatewayV2HTTPEvent event, Context context) {
    return switch (event.getRouteKey()) {
      case "POST /v1/topics/{topic+}" ->
          gatekeeper.authenticate(event, AuditAction.PUBLISH, this::publish);
      case "GET /v1/topics/{topic+}" ->
          gatekeeper.authenticate(event, AuditAction.SUBSCRIBE, this::read);
      case "GET /v1/topics" ->
          gatekeeper.permit(event, Action.BIND_TOPIC, AuditAction.BIND_TOPIC, this::bound);
      case "PUT /v1/topics/{topic+}" ->
          gatekeeper.permit(event, Action.BIND_TOPIC, AuditAction.BIND_TOPIC, this::bind);
      case "DELETE /v1/topics/{topic+}" ->
          gatekeeper.permit(event, Action.BIND_TOPIC, AuditAction.BIND_TOPIC, this::unbind);
      default ->
          Responses.problem(ProblemType.UNKNOWN_ROUTE, "This function does not serve the route.");
    };
  }

  private APIGatewayV2HTTPResponse publish(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var topic = Topic.parse(path(request));
    if (topic.isEmpty()) {
      return badRequest(request, principal, AuditAction.PUBLISH, TOPIC_FORM);
    }
    var data = Json.compact(request.body());
    if (data.isEmpty()) {
      return badRequest(
          request,
          principal,
          AuditAction.PUBLISH,
          "body: must be one JSON value, no field twice, at most 16 levels deep");
    }
    if (data.get().getBytes(StandardCharsets.UTF_8).length > LiveEvent.DATA_BYTES_MAX) {
      gatekeeper.append(request, principal, AuditAction.PUBLISH, AuditOutcome.TOO_LARGE);
      return Responses.problem(ProblemType.EVENT_BYTES_LIMIT, DATA_TOO_LARGE);
    }
    return switch (topicGate.publish(principal, topic.get(), request.requestId())) {
      case Decision.Forbid(String policyId) -> Gatekeeper.forbidden(policyId);
      case Decision.Permit _ ->
          audited(() ->
              switch (topics.publish(topic.get(), data.get())) {
                case EventLog.Appended.Stored(LiveEvent event) ->
                    Responses.json(
                        201,
                        Json.object()
                            .put("topic", event.topic().value())
                            .put("seq", event.seq())
                            .put("at", event.at().toString()));
                case EventLog.Appended.WardFull() ->
                    Responses.problem(ProblemType.WARD_TOPICS_LIMIT, WARD_FULL);
                case EventLog.Appended.SourceThere() ->
                    throw new IllegalStateException("an event of a source that was not named");
              });
    };
  }

  private APIGatewayV2HTTPResponse read(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var path = path(request);
    if (!path.endsWith(EVENTS) && !path.endsWith(PRESENCE)) {
      return badRequest(
          request, principal, AuditAction.SUBSCRIBE, "topic: must end with /events or /presence");
    }
    boolean events = path.endsWith(EVENTS);
    var topic = Topic.parse(without(path, events ? EVENTS : PRESENCE));
    if (topic.isEmpty()) {
      return badRequest(request, principal, AuditAction.SUBSCRIBE, TOPIC_FORM);
    }
    Optional<Long> after = request.query("after").flatMap(TopicsHandler::seq);
    if (after.isEmpty() && request.query("after").isPresent()) {
      return badRequest(
          request,
          principal,
          AuditAction.SUBSCRIBE,
          "after: must be the number of an event, 0 or more");
    }
    return switch (topicGate.subscribe(principal, topic.get(), request.requestId())) {
      case Decision.Forbid(String policyId) -> Gatekeeper.forbidden(policyId);
      case Decision.Permit _ ->
          audited(() ->
              Responses.json(
                  200, events ? events(topic.get(), after.orElse(0L)) : present(topic.get())));
    };
  }

  /** What has its entry gets no other one where the store of events fails. */
  private static APIGatewayV2HTTPResponse audited(Supplier<APIGatewayV2HTTPResponse> served) {
    try {
      return served.get();
    } catch (LiveUnavailableException e) {
      return Responses.unavailable("store of events", Gatekeeper.RETRY_AFTER);
    }
  }

  private ObjectNode events(Topic topic, long after) {
    var body = Json.object();
    body.put("topic", topic.value());
    body.put("head", topics.head(topic));
    var list = body.putArray("events");
    int chars = 0;
    for (LiveEvent event : topics.after(topic, after, EVENTS_MAX)) {
      chars += event.data().length();
      if (chars > EVENTS_CHARS_MAX) {
        break;
      }
      var item = list.addObject();
      item.put("seq", event.seq());
      item.put("at", event.at().toString());
      item.set("data", Json.tree(event.data()));
    }
    return body;
  }

  private ObjectNode present(Topic topic) {
    var body = Json.object();
    body.put("topic", topic.value());
    var list = body.putArray("present");
    presence
        .on(topic)
        .forEach(subscription ->
            list.addObject()
                .put("who", subscription.subject())
                .put("connection", subscription.connection().value()));
    return body;
  }

  private APIGatewayV2HTTPResponse bound(ApiRequest request, Principal principal) {
    var body = Json.object();
    var list = body.putArray("bindings");
    bindings.all().forEach(binding -> list.add(render(binding)));
    return Responses.json(200, body);
  }

  private APIGatewayV2HTTPResponse bind(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var pattern = pattern(request);
    if (pattern.isEmpty()) {
      return badRequest(
          request,
          principal,
          AuditAction.BIND_TOPIC,
          "topic: must be " + TopicPattern.FORM + ", then /plugin");
    }
    var body = Json.object(request.body()).orElseGet(Json::object);
    var plugin = Optional.ofNullable(body.get("plugin")).flatMap(n -> PluginName.parse(n.asText()));
    if (plugin.isEmpty()) {
      return badRequest(
          request,
          principal,
          AuditAction.BIND_TOPIC,
          "plugin" + ApiRequest.PLUGIN_FORM.substring("name".length()));
    }
    var named = Optional.ofNullable(body.get("function"));
    var function = named.flatMap(n -> FunctionName.parse(n.asText()));
    if (named.isPresent() && function.isEmpty()) {
      return badRequest(
          request,
          principal,
          AuditAction.BIND_TOPIC,
          "function: must be the name of an exported function");
    }
    audited(request, principal, plugin.get());
    var binding = new Binding(pattern.get(), plugin.get(), function);
    return audited(() -> {
      if (!bindings.put(binding)) {
        return Responses.problem(
            ProblemType.BINDINGS_LIMIT, "There are at most " + Bindings.BINDINGS_MAX + ".");
      }
      bindingCache.forget();
      return Responses.json(200, render(binding));
    });
  }

  private APIGatewayV2HTTPResponse unbind(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var pattern = pattern(request);
    var binding =
        bindings.all().stream()
            .filter(bound -> pattern.filter(bound.pattern()::equals).isPresent())
            .findFirst();
    if (binding.isEmpty()) {
      gatekeeper.append(request, principal, AuditAction.BIND_TOPIC, AuditOutcome.NOT_FOUND);
      return Responses.problem(ProblemType.NOT_BOUND, "topic: no plugin is bound to it");
    }
    audited(request, principal, binding.get().plugin());
    return audited(() -> {
      bindings.remove(binding.get().pattern());
      bindingCache.forget();
      return Responses.json(200, render(binding.get()));
    });
  }

  private void audited(ApiRequest request, Principal principal, PluginName plugin)
      throws AuditUnavailableException {
    audit.append(
        AuditEntry.of(
                clock.instant(),
                AuditAction.BIND_TOPIC,
                ApiRequest.actor(principal),
                AuditOutcome.SUCCESS)
            .plugin(plugin)
            .request(request.requestId())
            .build());
  }

  private static ObjectNode render(Binding binding) {
    var node = Json.object();
    node.put("topic", binding.pattern().value());
    node.put("plugin", binding.plugin().value());
    binding.function().ifPresent(function -> node.put("function", function.value()));
    return node;
  }

  private static Optional<TopicPattern> pattern(ApiRequest request) {
    var path = path(request);
    return path.endsWith(PLUGIN) ? TopicPattern.parse(without(path, PLUGIN)) : Optional.empty();
  }

  private static String path(ApiRequest request) {
    return request.path().getOrDefault("topic", "");
  }

  private static String without(String path, String suffix) {
    return path.substring(0, path.length() - suffix.length());
  }

  private static Optional<Long> seq(String text) {
    return text.matches("\\d{1,18}") ? Optional.of(Long.parseLong(text)) : Optional.empty();
  }

  private APIGatewayV2HTTPResponse badRequest(
      ApiRequest request, Principal principal, AuditAction audited, String detail)
      throws AuditUnavailableException {
    return gatekeeper.badRequest(request, principal, audited, detail);
  }
}
