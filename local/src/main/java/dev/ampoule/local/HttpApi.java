package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2CustomAuthorizerEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An API Gateway HTTP API with Lambda proxy integrations, payload format 2.0: routes, authorizer,
 * quotas and errors as the service has them, without a network.
 */
public final class HttpApi implements AutoCloseable {
  static final String ACCOUNT_ID = "000000000000";
  static final String API_ID = "ampoule";
  static final String STAGE = "$default";

  /** HTTP API quota "payload size", bytes. */
  static final int MAX_BODY_BYTES = 10 << 20;

  /** HTTP API quota "total combined size of request line and header values", bytes. */
  static final int MAX_REQUEST_LINE_AND_HEADER_BYTES = 10_240;

  /** Lambda quota "invocation payload, synchronous", bytes of JSON, for request and response. */
  static final int MAX_LAMBDA_PAYLOAD_BYTES = 6 << 20;

  /** HTTP API quota "maximum integration timeout". */
  static final Duration INTEGRATION_TIMEOUT = Duration.ofSeconds(30);

  /** HTTP API quota for a Lambda authorizer's answer. */
  static final Duration AUTHORIZER_TIMEOUT = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(HttpApi.class);

  private final List<Deployed> routes;
  private final Optional<Authorizer> authorizer;
  private final Optional<FunctionRunner<APIGatewayV2CustomAuthorizerEvent, ?>> authorizerRunner;
  private final Map<String, byte[]> documents;
  private final Duration integrationTimeout;
  private final Clock clock;

  /**
   * @param documents JSON answered to a GET of exactly that path, ahead of every route: what the
   *     local token issuer publishes
   */
  public HttpApi(
      List<Route> routes, Optional<Authorizer> authorizer, Map<String, byte[]> documents) {
    this(routes, authorizer, documents, INTEGRATION_TIMEOUT, Clock.systemUTC());
  }

  HttpApi(
      List<Route> routes,
      Optional<Authorizer> authorizer,
      Map<String, byte[]> documents,
      Duration integrationTimeout,
      Clock clock) {
    if (authorizer.isEmpty() && routes.stream().anyMatch(Route::authorized)) {
      throw new IllegalArgumentException("a route asks for an authorizer and there is none");
    }
    // Routes of one function share its concurrency.
    Map<LambdaFunction<APIGatewayV2HTTPEvent, ?>, FunctionRunner<APIGatewayV2HTTPEvent, ?>>
        runners = new HashMap<>();
    this.routes =
        routes.stream()
            .sorted(Comparator.comparing(Route::key, RouteKey.PRECEDENCE))
            .map(route ->
                new Deployed(
                    route,
                    runners.computeIfAbsent(
                        route.function(), function -> new FunctionRunner<>(function))))
            .toList();
    this.authorizer = Objects.requireNonNull(authorizer, "authorizer");
    this.authorizerRunner = authorizer.map(a -> new FunctionRunner<>(a.function()));
    this.documents = Map.copyOf(documents);
    this.integrationTimeout = integrationTimeout;
    this.clock = clock;
  }

  /** Answers every request; never throws but when the thread is interrupted. */
  GatewayResponse handle(GatewayRequest request) throws InterruptedException {
    if (request.body().length > MAX_BODY_BYTES) {
      return GatewayResponse.error(413, "Request Entity Too Large");
    }
    if (requestLineAndHeaderBytes(request) > MAX_REQUEST_LINE_AND_HEADER_BYTES) {
      return GatewayResponse.error(431, "Request Header Fields Too Large");
    }
    Optional<HttpApiEvent> parsed = HttpApiEvent.parse(request);
    if (parsed.isEmpty()) {
      return GatewayResponse.error(400, "Bad Request");
    }
    HttpApiEvent event = parsed.get();
    byte[] document = documents.get(event.path());
    if (document != null && request.method().equals("GET")) {
      return GatewayResponse.json(200, document);
    }
    for (Deployed deployed : routes) {
      Optional<Map<String, String>> parameters =
          deployed.route().key().match(request.method(), event.segments());
      if (parameters.isPresent()) {
        return call(deployed, event.routed(deployed.route().key(), parameters.get(), clock));
      }
    }
    return GatewayResponse.error(404, "Not Found");
  }

  private GatewayResponse call(Deployed deployed, HttpApiEvent.Routed event)
      throws InterruptedException {
    @Nullable Map<String, Object> authorizerContext = null;
    if (deployed.route().authorized()) {
      switch (authorize(event)) {
        case Authorization.Granted(Map<String, Object> context) -> authorizerContext = context;
        case Authorization.Refused(GatewayResponse response) -> {
          return response;
        }
      }
    }
    APIGatewayV2HTTPEvent payload = event.payload(authorizerContext);
    if (LambdaPayload.exceeds(payload, MAX_LAMBDA_PAYLOAD_BYTES)) {
      return GatewayResponse.error(413, "Request Entity Too Large");
    }
    String requestId = UUID.randomUUID().toString();
    return switch (deployed.runner().invoke(payload, requestId, integrationTimeout)) {
      case Invocation.Returned<?>(var value) ->
          LambdaPayload.toResponse(value, MAX_LAMBDA_PAYLOAD_BYTES)
              .orElseGet(() -> {
                LOG.error("{}: malformed or oversized response", deployed.runner().name());
                return GatewayResponse.error(500, "Internal Server Error");
              });
      case Invocation.Failed<?>(String errorType) -> {
        LOG.error("{} failed: {}", deployed.runner().name(), errorType);
        yield GatewayResponse.error(500, "Internal Server Error");
      }
      case Invocation.TimedOut<?> _ -> {
        LOG.error("{} timed out", deployed.runner().name());
        yield GatewayResponse.error(503, "Service Unavailable");
      }
      case Invocation.Throttled<?> _ -> GatewayResponse.error(429, "Too Many Requests");
    };
  }

  private Authorization authorize(HttpApiEvent.Routed event) throws InterruptedException {
    Authorizer configured = authorizer.orElseThrow();
    Optional<List<String>> identity = event.identity(configured.identityHeaders());
    if (identity.isEmpty()) {
      return new Authorization.Refused(GatewayResponse.error(401, "Unauthorized"));
    }
    FunctionRunner<APIGatewayV2CustomAuthorizerEvent, ?> runner = authorizerRunner.orElseThrow();
    var invocation =
        runner.invoke(
            event.authorizerPayload(identity.get()),
            UUID.randomUUID().toString(),
            AUTHORIZER_TIMEOUT);
    return switch (invocation) {
      case Invocation.Returned<?>(var value) -> {
        JsonNode answer = LambdaPayload.toJson(value);
        if (!answer.path("isAuthorized").isBoolean()) {
          yield authorizerFailed(runner, "no boolean isAuthorized in its answer");
        }
        yield answer.path("isAuthorized").booleanValue()
            ? new Authorization.Granted(LambdaPayload.toMap(answer.path("context")))
            : new Authorization.Refused(GatewayResponse.error(403, "Forbidden"));
      }
      case Invocation.Failed<?>(String errorType) -> authorizerFailed(runner, errorType);
      case Invocation.TimedOut<?> _ -> authorizerFailed(runner, "timed out");
      case Invocation.Throttled<?> _ ->
          new Authorization.Refused(GatewayResponse.error(429, "Too Many Requests"));
    };
  }

  private static Authorization authorizerFailed(FunctionRunner<?, ?> runner, String why) {
    LOG.error("authorizer {} failed: {}", runner.name(), why);
    return new Authorization.Refused(GatewayResponse.error(500, "Internal Server Error"));
  }

  private static int requestLineAndHeaderBytes(GatewayRequest request) {
    int bytes =
        request.method().length() + request.target().length() + request.protocol().length() + 2;
    for (HttpHeader header : request.headers()) {
      bytes += header.name().length() + header.value().length();
    }
    return bytes;
  }

  /** Lets the calls in flight end for as long as {@code patience}, then interrupts them. */
  void close(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    routes.stream()
        .map(Deployed::runner)
        .distinct()
        .forEach(
            runner -> runner.close(Duration.ofNanos(Math.max(0, deadline - System.nanoTime()))));
    authorizerRunner.ifPresent(FunctionRunner::close);
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }

  private record Deployed(Route route, FunctionRunner<APIGatewayV2HTTPEvent, ?> runner) {}

  private sealed interface Authorization {
    record Granted(Map<String, Object> context) implements Authorization {}

    record Refused(GatewayResponse response) implements Authorization {}
  }
}
