package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.events.APIGatewayCustomAuthorizerEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketEvent;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An API Gateway WebSocket API with Lambda proxy integrations: authorizer, route selection and
 * errors as the service has them, without a network ({@link WebSocketServer} is that).
 */
public final class WebSocketApi implements AutoCloseable {
  static final String API_ID = "ampoule-live";

  private static final Logger LOG = LoggerFactory.getLogger(WebSocketApi.class);

  private final WebSocketRoutes routes;
  private final WebSocketLimits limits;
  private final RouteSelector selector;
  private final Map<String, FunctionRunner<APIGatewayV2WebSocketEvent, ?>> runners;
  private final Optional<FunctionRunner<APIGatewayCustomAuthorizerEvent, ?>> authorizerRunner;
  private final Clock clock;

  public WebSocketApi(WebSocketRoutes routes, WebSocketLimits limits) {
    this(routes, limits, Clock.systemUTC());
  }

  WebSocketApi(WebSocketRoutes routes, WebSocketLimits limits, Clock clock) {
    this.routes = Objects.requireNonNull(routes, "routes");
    this.limits = Objects.requireNonNull(limits, "limits");
    this.clock = Objects.requireNonNull(clock, "clock");
    this.selector = new RouteSelector(routes.selector());
    // Routes of one function share its concurrency.
    Map<
            LambdaFunction<APIGatewayV2WebSocketEvent, ?>,
            FunctionRunner<APIGatewayV2WebSocketEvent, ?>>
        byFunction = new HashMap<>();
    Map<String, FunctionRunner<APIGatewayV2WebSocketEvent, ?>> byRoute = new HashMap<>();
    routes
        .functions()
        .forEach((key, function) ->
            byRoute.put(key, byFunction.computeIfAbsent(function, f -> new FunctionRunner<>(f))));
    this.runners = Map.copyOf(byRoute);
    this.authorizerRunner = routes.authorizer().map(a -> new FunctionRunner<>(a.function()));
  }

  /** What becomes of an opening handshake. */
  sealed interface Connecting {
    /**
     * The connection is to be opened.
     *
     * @param subprotocol the one that the function chose, empty where it chose none
     */
    record Accepted(WebSocketConnection connection, Optional<String> subprotocol)
        implements Connecting {}

    record Refused(GatewayResponse response) implements Connecting {}
  }

  WebSocketLimits limits() {
    return limits;
  }

  Clock clock() {
    return clock;
  }

  String stage() {
    return routes.stage();
  }

  /** Asks the authorizer, then {@code $connect}; a connection without that route is accepted. */
  Connecting connect(GatewayRequest request) throws InterruptedException {
    Optional<WebSocketEvent.Handshake> parsed = WebSocketEvent.Handshake.parse(request);
    if (parsed.isEmpty()) {
      return new Connecting.Refused(GatewayResponse.error(400, "Bad Request"));
    }
    WebSocketEvent.Handshake handshake = parsed.get();
    String host = handshake.header("Host");
    String userAgent = handshake.header("User-Agent");
    WebSocketConnection connection =
        new WebSocketConnection(
            WebSocketConnection.newId(),
            clock.instant().truncatedTo(ChronoUnit.MILLIS),
            request.sourceIp(),
            userAgent == null ? "" : userAgent,
            HttpApiEvent.hostName(host == null ? "localhost" : host),
            null);
    if (authorizerRunner.isPresent()) {
      switch (authorize(handshake, connection)) {
        case Authorization.Granted(Map<String, Object> context) ->
            connection = connection.authorized(context);
        case Authorization.Refused(GatewayResponse response) -> {
          return new Connecting.Refused(response);
        }
      }
    }
    return call(handshake, connection);
  }

  private Connecting call(WebSocketEvent.Handshake handshake, WebSocketConnection connection)
      throws InterruptedException {
    FunctionRunner<APIGatewayV2WebSocketEvent, ?> runner = runners.get(WebSocketRoutes.CONNECT);
    if (runner == null) {
      return new Connecting.Accepted(connection, Optional.empty());
    }
    APIGatewayV2WebSocketEvent event =
        WebSocketEvent.connect(handshake, routes.stage(), connection, clock.instant());
    return switch (runner.invoke(event, newRequestId(), limits.integrationTimeout())) {
      case Invocation.Returned<?>(var value) -> {
        Optional<GatewayResponse> response = stated(runner, value);
        yield response.isEmpty()
            ? new Connecting.Refused(GatewayResponse.error(502, "Internal server error"))
            : answered(connection, response.get());
      }
      case Invocation.Failed<?>(String errorType) -> {
        LOG.error("{} failed: {}", runner.name(), errorType);
        yield new Connecting.Refused(GatewayResponse.error(502, "Internal server error"));
      }
      case Invocation.TimedOut<?> _ -> {
        LOG.error("{} timed out", runner.name());
        yield new Connecting.Refused(GatewayResponse.error(504, "Endpoint request timed out"));
      }
      case Invocation.Throttled<?> _ ->
          new Connecting.Refused(GatewayResponse.error(429, "Too Many Requests"));
    };
  }

  private static Connecting answered(WebSocketConnection connection, GatewayResponse response) {
    return response.status() >= 200 && response.status() < 300
        ? new Connecting.Accepted(
            connection,
            response.headers().stream()
                .filter(header -> header.name().equalsIgnoreCase("Sec-WebSocket-Protocol"))
                .map(HttpHeader::value)
                .findFirst())
        : new Connecting.Refused(response);
  }

  private Authorization authorize(
      WebSocketEvent.Handshake handshake, WebSocketConnection connection)
      throws InterruptedException {
    WebSocketAuthorizer configured = routes.authorizer().orElseThrow();
    if (!handshake.has(configured.identitySources())) {
      return new Authorization.Refused(GatewayResponse.error(401, "Unauthorized"));
    }
    FunctionRunner<APIGatewayCustomAuthorizerEvent, ?> runner = authorizerRunner.orElseThrow();
    var invocation =
        runner.invoke(
            WebSocketEvent.authorize(handshake, routes.stage(), connection),
            newRequestId(),
            HttpApi.AUTHORIZER_TIMEOUT);
    return switch (invocation) {
      case Invocation.Returned<?>(var value) -> decided(runner, LambdaPayload.toJson(value));
      case Invocation.Failed<?>(String errorType) -> authorizerFailed(runner, errorType);
      case Invocation.TimedOut<?> _ -> authorizerFailed(runner, "timed out");
      case Invocation.Throttled<?> _ ->
          new Authorization.Refused(GatewayResponse.error(429, "Too Many Requests"));
    };
  }

  private Authorization decided(FunctionRunner<?, ?> runner, JsonNode answer) {
    if (!answer.path("principalId").isTextual() || !answer.path("policyDocument").isObject()) {
      return authorizerFailed(runner, "no principalId or no policyDocument in its answer");
    }
    if (!IamPolicy.allows(
        answer.path("policyDocument"), WebSocketEvent.connectArn(routes.stage()))) {
      return new Authorization.Refused(GatewayResponse.error(403, "Forbidden"));
    }
    // API Gateway passes every value on as text, and the principal among them.
    Map<String, Object> context = new LinkedHashMap<>();
    answer
        .path("context")
        .properties()
        .forEach(entry -> {
          if (entry.getValue().isValueNode() && !entry.getValue().isNull()) {
            context.put(entry.getKey(), entry.getValue().asText());
          }
        });
    context.put("principalId", answer.path("principalId").textValue());
    return new Authorization.Granted(context);
  }

  private static Authorization authorizerFailed(FunctionRunner<?, ?> runner, String why) {
    LOG.error("authorizer {} failed: {}", runner.name(), why);
    return new Authorization.Refused(GatewayResponse.error(500, "Internal Server Error"));
  }

  /**
   * Handles one message.
   *
   * @return what the client is sent: an error of the gateway's, or the body of a route that has a
   *     response; else nothing
   */
  Optional<String> message(WebSocketConnection connection, String body)
      throws InterruptedException {
    String routeKey =
        selector
            .select(body)
            .filter(key -> !key.startsWith("$") && runners.containsKey(key))
            .orElse(WebSocketRoutes.DEFAULT);
    FunctionRunner<APIGatewayV2WebSocketEvent, ?> runner = runners.get(routeKey);
    if (runner == null) {
      return Optional.of(error(connection, "Forbidden"));
    }
    APIGatewayV2WebSocketEvent event =
        WebSocketEvent.message(routeKey, routes.stage(), connection, body, clock.instant());
    return switch (runner.invoke(event, newRequestId(), limits.integrationTimeout())) {
      case Invocation.Returned<?>(var value) -> {
        Optional<GatewayResponse> response = stated(runner, value);
        if (response.isEmpty()) {
          yield Optional.of(error(connection, "Internal server error"));
        }
        byte[] answer = response.get().body();
        yield routes.withRouteResponse().contains(routeKey) && answer.length > 0
            ? Optional.of(new String(answer, StandardCharsets.UTF_8))
            : Optional.empty();
      }
      case Invocation.Failed<?>(String errorType) -> {
        LOG.error("{} failed: {}", runner.name(), errorType);
        yield Optional.of(error(connection, "Internal server error"));
      }
      case Invocation.TimedOut<?> _ -> {
        LOG.error("{} timed out", runner.name());
        yield Optional.of(error(connection, "Endpoint request timed out"));
      }
      case Invocation.Throttled<?> _ -> Optional.of(tooManyRequests(connection));
    };
  }

  /** To a message beyond what the connection or the function may have in flight. */
  static String tooManyRequests(WebSocketConnection connection) {
    return error(connection, "Too Many Requests");
  }

  /** Waits for a free slot of the function, so that no disconnection is lost to a throttle. */
  void disconnected(WebSocketConnection connection, WebSocketEvent.Closing closing)
      throws InterruptedException {
    FunctionRunner<APIGatewayV2WebSocketEvent, ?> runner = runners.get(WebSocketRoutes.DISCONNECT);
    if (runner == null) {
      return;
    }
    APIGatewayV2WebSocketEvent event =
        WebSocketEvent.disconnect(routes.stage(), connection, closing, clock.instant());
    switch (runner.invokeQueued(event, newRequestId())) {
      case Invocation.Returned<?> _ -> {}
      case Invocation.Failed<?>(String errorType) ->
          LOG.error("{} failed: {}", runner.name(), errorType);
      case Invocation.TimedOut<?> _ -> LOG.error("{} timed out", runner.name());
      case Invocation.Throttled<?> _ -> throw new IllegalStateException("throttled in the queue");
    }
  }

  private static Optional<GatewayResponse> stated(
      FunctionRunner<?, ?> runner, @Nullable Object value) {
    Optional<GatewayResponse> response =
        LambdaPayload.toStatedResponse(value, HttpApi.MAX_LAMBDA_PAYLOAD_BYTES);
    if (response.isEmpty()) {
      LOG.error("{}: malformed or oversized response", runner.name());
    }
    return response;
  }

  /** API Gateway's own frame; neither id needs escaping, and the message is a constant. */
  private static String error(WebSocketConnection connection, String message) {
    return "{\"message\":\"%s\",\"connectionId\":\"%s\",\"requestId\":\"%s\"}"
        .formatted(message, connection.id(), WebSocketConnection.newId());
  }

  private static String newRequestId() {
    return UUID.randomUUID().toString();
  }

  /** Lets the calls in flight end for as long as {@code patience}, then interrupts them. */
  void close(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    runners.values().stream()
        .distinct()
        .forEach(
            runner -> runner.close(Duration.ofNanos(Math.max(0, deadline - System.nanoTime()))));
    authorizerRunner.ifPresent(FunctionRunner::close);
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }

  private sealed interface Authorization {
    record Granted(Map<String, Object> context) implements Authorization {}

    record Refused(GatewayResponse response) implements Authorization {}
  }
}
