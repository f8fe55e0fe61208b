package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketEvent;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A gateway whose WebSocket API records every event that its functions get. */
final class LiveGateway implements AutoCloseable {
  static final String STAGE = "live";

  /** A generous bound: it is met in milliseconds. */
  static final Duration PATIENCE = Duration.ofSeconds(20);

  static final Map<String, Object> OK = Map.of("statusCode", 200);

  private final BlockingQueue<APIGatewayV2WebSocketEvent> events = new LinkedBlockingQueue<>();
  private final Gateway gateway;

  /**
   * @param handlers by route key; an answer for {@code $connect} and {@code $disconnect} is given
   *     where they are not there
   */
  LiveGateway(
      WebSocketLimits limits,
      Map<String, RequestHandler<APIGatewayV2WebSocketEvent, Object>> handlers,
      Optional<WebSocketAuthorizer> authorizer,
      Set<String> withRouteResponse)
      throws IOException {
    Map<String, LambdaFunction<APIGatewayV2WebSocketEvent, ?>> functions = new HashMap<>();
    functions.put(WebSocketRoutes.CONNECT, recorded("connect", (_, _) -> OK));
    functions.put(WebSocketRoutes.DISCONNECT, recorded("disconnect", (_, _) -> OK));
    handlers.forEach(
        (key, handler) -> functions.put(key, recorded(key.replaceAll("\\W", ""), handler)));
    gateway = Gateway.bind("127.0.0.1", 0, Duration.ofSeconds(1));
    gateway.serve(
        new HttpApi(
            List.of(
                new Route(
                    new RouteKey("GET /"),
                    new LambdaFunction<>("http", (_, _) -> "ok", Duration.ofSeconds(5), 16),
                    false)),
            Optional.empty(),
            Map.of()),
        Optional.of(
            new WebSocketApi(
                new WebSocketRoutes(
                    STAGE, "$request.body.action", functions, authorizer, withRouteResponse),
                limits)));
  }

  LiveGateway(
      WebSocketLimits limits,
      Map<String, RequestHandler<APIGatewayV2WebSocketEvent, Object>> handlers)
      throws IOException {
    this(limits, handlers, Optional.empty(), Set.of());
  }

  private LambdaFunction<APIGatewayV2WebSocketEvent, Object> recorded(
      String name, RequestHandler<APIGatewayV2WebSocketEvent, Object> handler) {
    return new LambdaFunction<>(
        name,
        (event, context) -> {
          events.add(event);
          return handler.handleRequest(event, context);
        },
        Duration.ofSeconds(20),
        64);
  }

  int port() {
    return gateway.port();
  }

  URI managementEndpoint() {
    return URI.create("http://localhost:" + gateway.port() + "/" + STAGE);
  }

  /** A connection counts until its {@code $disconnect} has been called, and a moment after. */
  void awaitNoneOpen() throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (gateway.webSockets() > 0) {
      assertThat(System.nanoTime()).as("%d open", gateway.webSockets()).isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  RawWebSocket connect(String... headerLines) throws IOException {
    return new RawWebSocket(port(), "/" + STAGE, headerLines);
  }

  /** The next event of that type; what comes before it is skipped. */
  APIGatewayV2WebSocketEvent next(String eventType) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      APIGatewayV2WebSocketEvent event =
          events.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      assertThat(event).as("a %s event", eventType).isNotNull();
      if (event.getRequestContext().getEventType().equals(eventType)) {
        return event;
      }
    }
  }

  /** The next {@code $disconnect}'s code and reason. */
  WebSocketEvent.Closing nextEnding() throws InterruptedException {
    var context = (WebSocketEvent.DisconnectContext) next("DISCONNECT").getRequestContext();
    return new WebSocketEvent.Closing(
        context.getDisconnectStatusCode(), context.getDisconnectReason());
  }

  int eventsLeft() {
    return events.size();
  }

  @Override
  public void close() {
    gateway.close();
  }
}
