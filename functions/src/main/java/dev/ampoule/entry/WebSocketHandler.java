package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketResponse;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.entry.SocketDesk.Message;
import dev.ampoule.entry.SocketFrame.BadFrame;
import dev.ampoule.live.Connections;
import dev.ampoule.live.EventLog;
import dev.ampoule.live.HandOver;
import dev.ampoule.live.LiveEvent;
import dev.ampoule.live.LiveUnavailableException;
import dev.ampoule.live.Presence;
import dev.ampoule.live.Push;
import dev.ampoule.live.Topic;
import dev.ampoule.live.Topics;
import dev.ampoule.live.View;
import dev.ampoule.policy.Decision;
import dev.ampoule.policy.Principal;
import dev.ampoule.policy.TokenCheck;
import dev.ampoule.privacy.Redacted;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The WebSocket routes but {@code invoke}: who comes and goes, subscriptions, and events from
 * clients.
 */
public final class WebSocketHandler
    extends ObservedHandler<APIGatewayV2WebSocketEvent, APIGatewayV2WebSocketResponse> {
  /** What a client offers first in {@code Sec-WebSocket-Protocol}. */
  static final String PROTOCOL = "ampoule.v1";

  private static final Logger LOG = LoggerFactory.getLogger(WebSocketHandler.class);
  private static final String PROTOCOLS = "Sec-WebSocket-Protocol";

  /** Before the function's own time limit, to say how far it came. */
  private static final int MILLIS_LEFT_MIN = 3_000;

  private final TopicGate topicGate;
  private final AuditLog audit;
  private final Connections connections;
  private final Presence presence;
  private final HandOver handOver;
  private final Topics topics;
  private final Push push;
  private final Clock clock;

  public WebSocketHandler() {
    this(Wiring.ofProcess());
  }

  public WebSocketHandler(Wiring wiring) {
    super(wiring);
    this.topicGate = wiring.topicGate();
    this.audit = wiring.auditLog();
    this.connections = wiring.connections();
    this.presence = wiring.presence();
    this.handOver = wiring.handOver();
    this.topics = wiring.topics();
    this.push = wiring.push();
    this.clock = wiring.clock();
  }

  @Override
  void prime() {
    var _ = topics.head(Topic.PLATFORM_PLUGINS);
  }

  @Override
  APIGatewayV2WebSocketResponse handle(APIGatewayV2WebSocketEvent event, Context context) {
    return switch (event.getRequestContext().getRouteKey()) {
      case "$connect" -> connect(event);
      case "$disconnect" -> {
        presence.closed(SocketDesk.connection(event));
        yield SocketDesk.response(200, Map.of());
      }
      case "subscribe" -> {
        // Its answers are pushed, so that they come before the events that are.
        SocketDesk.serve(event, message -> subscribe(message, until(context)))
            .ifPresent(frame -> push.send(SocketDesk.connection(event), Json.write(frame)));
        yield SocketDesk.response(200, Map.of());
      }
      case "unsubscribe" -> SocketDesk.response(SocketDesk.serve(event, this::unsubscribe));
      case "publish" -> SocketDesk.response(SocketDesk.serve(event, this::publish));
      case "ping" -> SocketDesk.response(SocketDesk.serve(event, this::ping));
      default -> SocketDesk.response(SocketDesk.serve(event, WebSocketHandler::unknown));
    };
  }

  private APIGatewayV2WebSocketResponse connect(APIGatewayV2WebSocketEvent event) {
    try {
      return switch (SocketDesk.caller(event)) {
        case ApiRequest.Caller.Unauthenticated(TokenCheck.Reason reason) -> {
          audit.append(
              AuditEntry.of(
                      clock.instant(),
                      AuditAction.AUTHENTICATE,
                      Actor.ANONYMOUS,
                      AuditOutcome.UNAUTHENTICATED)
                  .detail(Redacted.of(reason))
                  .request(SocketDesk.requestId(event))
                  .build());
          yield SocketDesk.response(Gatekeeper.unauthenticated(reason).getStatusCode(), Map.of());
        }
        case ApiRequest.Caller.Authenticated(Principal principal) -> {
          audit.append(
              AuditEntry.of(
                      clock.instant(),
                      AuditAction.AUTHENTICATE,
                      ApiRequest.actor(principal),
                      AuditOutcome.SUCCESS)
                  .request(SocketDesk.requestId(event))
                  .build());
          connections.open(SocketDesk.connection(event), principal.subject(), clock.instant());
          yield SocketDesk.response(200, chosen(event));
        }
      };
    } catch (AuditUnavailableException | LiveUnavailableException e) {
      return SocketDesk.response(503, Map.of());
    } catch (RuntimeException e) {
      LOG.error("a connection could not be opened: {}", e.getClass().getName());
      return SocketDesk.response(500, Map.of());
    }
  }

  /** A browser hangs up unless one of the protocols that it offered is chosen. */
  private static Map<String, String> chosen(APIGatewayV2WebSocketEvent event) {
    return WebSocketAuthorizerHandler.header(event.getHeaders(), PROTOCOLS).isPresent()
        ? Map.of(PROTOCOLS, PROTOCOL)
        : Map.of();
  }

  private Instant until(Context context) {
    return clock.instant().plusMillis(context.getRemainingTimeInMillis() - MILLIS_LEFT_MIN);
  }

  private Optional<ObjectNode> subscribe(Message message, Instant until)
      throws AuditUnavailableException, BadFrame {
    var frame = message.frame();
    frame.only(Set.of("topic", "after", "view", "present"));
    var filter = frame.filter();
    var after = frame.after(filter);
    Optional<View> view = frame.text("view").flatMap(View::parse);
    if (view.isEmpty() && frame.text("view").isPresent()) {
      throw new BadFrame("view: must be the name of a view, such as ward.en");
    }
    boolean present = frame.flag("present");
    if (present && filter.below()) {
      throw new BadFrame("present: is for a topic, not for a wildcard");
    }
    if (topicGate.subscribe(message.principal(), filter.base(), message.requestId())
        instanceof Decision.Forbid(String policyId)) {
      return Optional.of(SocketDesk.forbidden(frame.id(), policyId));
    }
    connections.heard(message.connection(), clock.instant());
    var result =
        handOver.subscribe(
            new HandOver.Request(
                message.connection(),
                filter,
                after,
                view,
                message.principal().subject(),
                present,
                until));
    return switch (result) {
      case HandOver.Result.Live(), HandOver.Result.Closed() -> Optional.empty();
      case HandOver.Result.TooMany(int max) ->
          Optional.of(
              SocketDesk.error(
                  frame.id(),
                  ProblemType.SUBSCRIPTIONS_LIMIT,
                  "A connection has at most " + max + " subscriptions."));
      case HandOver.Result.Missed(Topic topic, long oldest) ->
          Optional.of(
              SocketDesk.error(
                  frame.id(),
                  Responses.problemJson(
                      ProblemType.REPLAY_MISSED,
                      "Load the current state, then subscribe after the event before the oldest.",
                      Json.object().put("topic", topic.value()).put("oldest", oldest))));
      case HandOver.Result.Unfinished(Topic topic, long last) ->
          Optional.of(
              SocketDesk.error(
                  frame.id(),
                  Responses.problemJson(
                      ProblemType.REPLAY_UNFINISHED,
                      "Subscribe again after the last event that came.",
                      Json.object().put("topic", topic.value()).put("after", last))));
    };
  }

  private Optional<ObjectNode> unsubscribe(Message message) throws BadFrame {
    var frame = message.frame();
    frame.only(Set.of("topic"));
    var filter = frame.filter();
    return Optional.of(
        presence.unsubscribed(message.connection(), filter)
            ? SocketDesk.frame("unsubscribed", frame.id()).put("topic", filter.toString())
            : SocketDesk.error(
                frame.id(),
                ProblemType.NOT_SUBSCRIBED,
                "topic: the connection is not subscribed to it"));
  }

  private Optional<ObjectNode> publish(Message message) throws AuditUnavailableException, BadFrame {
    var frame = message.frame();
    frame.only(Set.of("topic", "data"));
    var topic = frame.topic();
    var data = Json.write(frame.value("data"));
    if (data.getBytes(StandardCharsets.UTF_8).length > LiveEvent.DATA_BYTES_MAX) {
      throw new BadFrame(ProblemType.EVENT_BYTES_LIMIT, TopicsHandler.DATA_TOO_LARGE);
    }
    return Optional.of(
        switch (topicGate.publish(message.principal(), topic, message.requestId())) {
          case Decision.Forbid(String policyId) -> SocketDesk.forbidden(frame.id(), policyId);
          case Decision.Permit _ ->
              switch (topics.publish(topic, data)) {
                case EventLog.Appended.Stored(LiveEvent event) ->
                    SocketDesk.frame("published", frame.id())
                        .put("topic", topic.value())
                        .put("seq", event.seq());
                case EventLog.Appended.WardFull() ->
                    SocketDesk.error(
                        frame.id(), ProblemType.WARD_TOPICS_LIMIT, TopicsHandler.WARD_FULL);
                case EventLog.Appended.SourceThere() ->
                    throw new IllegalStateException("an event of a source that was not named");
              };
        });
  }

  /** Also tells that the client is there, for as long as it says nothing else. */
  private Optional<ObjectNode> ping(Message message) throws BadFrame {
    message.frame().only(Set.of());
    connections.heard(message.connection(), clock.instant());
    return Optional.of(SocketDesk.frame("pong", message.frame().id()));
  }

  private static Optional<ObjectNode> unknown(Message message) throws BadFrame {
    throw new BadFrame(
        ProblemType.UNKNOWN_ACTION,
        "action: must be subscribe, unsubscribe, publish, invoke or ping");
  }
}
