package dev.ampoule.local;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayCustomAuthorizerEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketResponse;
import com.amazonaws.services.lambda.runtime.events.IamPolicyResponse;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contract of API Gateway's WebSocket APIs, over a socket. */
final class WebSocketApiTest {
  private static final JsonMapper JSON = new JsonMapper();

  private @Nullable LiveGateway gateway;

  @AfterEach
  void stop() {
    if (gateway != null) {
      gateway.close();
    }
  }

  @Test
  void aHandshakeBecomesTheConnectEventThatAwsDocuments() throws Exception {
    var live = start(Map.of());
    try (var client =
        new RawWebSocket(
            live.port(),
            "/live?token=a%2Bb&tag=1&tag=2",
            "User-Agent: agent",
            "X-Custom: one",
            "X-Custom: two")) {
      assertThat(client.status()).isEqualTo(101);
      ObjectNode event = (ObjectNode) JSON.valueToTree(live.next("CONNECT"));
      assertThat(event.path("headers").path("Host").asText()).isEqualTo("localhost");
      assertThat(event.path("headers").path("Sec-WebSocket-Version").asText()).isEqualTo("13");
      assertThat(event.path("headers").path("X-Custom").asText()).isEqualTo("two");
      assertThat(event.path("headers").path("X-Forwarded-For").asText()).isEqualTo("127.0.0.1");
      assertThat(event.path("headers").has("Upgrade")).isFalse();
      assertThat(event.path("multiValueHeaders").path("X-Custom").toString())
          .isEqualTo("[\"one\",\"two\"]");
      assertThat(event.path("queryStringParameters"))
          .isEqualTo(JSON.readTree("{\"token\":\"a+b\",\"tag\":\"2\"}"));
      assertThat(event.path("multiValueQueryStringParameters"))
          .isEqualTo(JSON.readTree("{\"token\":[\"a+b\"],\"tag\":[\"1\",\"2\"]}"));
      assertThat(event.path("isBase64Encoded").booleanValue()).isFalse();
      JsonNode context = event.path("requestContext");
      assertThat(context.path("routeKey").asText()).isEqualTo("$connect");
      assertThat(context.path("stage").asText()).isEqualTo("live");
      assertThat(context.path("apiId").asText()).isEqualTo("ampoule-live");
      assertThat(context.path("domainName").asText()).isEqualTo("localhost");
      assertThat(context.path("connectionId").asText()).matches("[A-Za-z0-9_-]{15}=");
      assertThat(context.path("requestId").asText()).matches("[A-Za-z0-9_-]{15}=");
      assertThat(context.path("messageDirection").asText()).isEqualTo("IN");
      assertThat(context.path("messageId").isNull()).isTrue();
      assertThat(context.path("identity").path("sourceIp").asText()).isEqualTo("127.0.0.1");
      assertThat(context.path("identity").path("userAgent").asText()).isEqualTo("agent");
      assertThat(context.path("connectedAt").asLong())
          .isPositive()
          .isLessThanOrEqualTo(context.path("requestTimeEpoch").asLong());
    }
  }

  @Test
  void aMessageBecomesAnEventOfTheSameConnection() throws Exception {
    var live = start(Map.of("greet", (_, _) -> LiveGateway.OK));
    try (var client = live.connect()) {
      var connected = live.next("CONNECT").getRequestContext();
      client.text("{\"action\":\"greet\",\"name\":\"Zoë\"}");
      APIGatewayV2WebSocketEvent event = live.next("MESSAGE");
      assertThat(event.getBody()).isEqualTo("{\"action\":\"greet\",\"name\":\"Zoë\"}");
      assertThat(event.isIsBase64Encoded()).isFalse();
      assertThat(event.getHeaders()).isNull();
      var context = event.getRequestContext();
      assertThat(context.getRouteKey()).isEqualTo("greet");
      assertThat(context.getConnectionId()).isEqualTo(connected.getConnectionId());
      assertThat(context.getConnectedAt()).isEqualTo(connected.getConnectedAt());
      assertThat(context.getMessageId()).matches("[A-Za-z0-9_-]{15}=");
      assertThat(context.getRequestId()).isNotEqualTo(connected.getRequestId());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"action\":\"greet\"}              | greet",
        "{\"x\":[{\"action\":\"a\"}],\"action\":\"greet\"} | greet",
        "{\"action\":\"unknown\"}            | $default",
        "{\"action\":\"$connect\"}           | $default",
        "{\"action\":\"$disconnect\"}        | $default",
        "{\"action\":7}                      | $default",
        "{\"action\":null}                   | $default",
        "{\"action\":{\"action\":\"greet\"}} | $default",
        "{\"nested\":{\"action\":\"greet\"}} | $default",
        "[\"action\",\"greet\"]              | $default",
        "{\"action\":\"greet\"               | $default",
        "{\"action\":\"greet\"} trailing     | $default",
        "greet                               | $default",
        "``                                  | $default",
      })
  void theActionSelectsTheRoute(String message, String routeKey) throws Exception {
    var live =
        start(Map.of("greet", (_, _) -> LiveGateway.OK, "$default", (_, _) -> LiveGateway.OK));
    try (var client = live.connect()) {
      client.text(message);
      APIGatewayV2WebSocketEvent event = live.next("MESSAGE");
      assertThat(event.getRequestContext().getRouteKey()).isEqualTo(routeKey);
      assertThat(event.getBody()).isEqualTo(message);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "nothing",
      value = {
        "answer   | {\"said\":\"hello\"}",
        "silent   | nothing",
        "quiet    | nothing",
        "throw    | Internal server error",
        "overflow | Internal server error",
        "null     | Internal server error",
        "stateless| Internal server error",
        "slow     | Endpoint request timed out",
        "missing  | Forbidden",
      })
  void whatAFunctionAnswersIsSentAsAwsSendsIt(String action, @Nullable String frame)
      throws Exception {
    Map<String, RequestHandler<APIGatewayV2WebSocketEvent, Object>> handlers = new HashMap<>();
    handlers.put("answer", (_, _) -> response(200, "{\"said\":\"hello\"}"));
    handlers.put("silent", (_, _) -> response(200, "no route response"));
    handlers.put("quiet", (_, _) -> LiveGateway.OK);
    handlers.put(
        "throw",
        (_, _) -> {
          throw new IllegalStateException("Maria da Silva");
        });
    handlers.put(
        "overflow",
        (_, _) -> {
          throw new StackOverflowError();
        });
    handlers.put("null", (_, _) -> null);
    handlers.put("stateless", (_, _) -> Map.of("body", "no statusCode"));
    handlers.put(
        "slow",
        (_, _) -> {
          try {
            Thread.sleep(Duration.ofMinutes(1));
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return LiveGateway.OK;
        });
    handlers.put("after", (_, _) -> response(200, "the next"));
    gateway =
        new LiveGateway(
            limits(Duration.ofMillis(200), 16),
            handlers,
            Optional.empty(),
            Set.of("answer", "quiet", "after"));
    try (var client = gateway.connect()) {
      String connectionId = gateway.next("CONNECT").getRequestContext().getConnectionId();
      client.text("{\"action\":\"" + action + "\"}");
      if (frame == null) {
        gateway.next("MESSAGE");
      } else if (frame.startsWith("{")) {
        assertThat(client.read().text()).isEqualTo(frame);
      } else {
        JsonNode error = JSON.readTree(client.read().text());
        assertThat(error.path("message").asText()).isEqualTo(frame);
        assertThat(error.path("connectionId").asText()).isEqualTo(connectionId);
        assertThat(error.path("requestId").asText()).matches("[A-Za-z0-9_-]{15}=");
        assertThat(error.size()).isEqualTo(3);
      }
      client.text("{\"action\":\"after\"}");
      assertThat(client.read().text()).as("the connection goes on").isEqualTo("the next");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "403     | 403 | no entry",
        "500     | 500 | no entry",
        "302     | 302 | no entry",
        "throw   | 502 | {\"message\":\"Internal server error\"}",
        "null    | 502 | {\"message\":\"Internal server error\"}",
      })
  void aConnectThatDoesNotSucceedRefusesTheHandshake(String how, int status, String body)
      throws Exception {
    var live =
        start(
            Map.of(
                "$connect",
                (_, _) ->
                    switch (how) {
                      case "throw" -> throw new IllegalStateException("Maria da Silva");
                      case "null" -> null;
                      default -> response(Integer.parseInt(how), "no entry");
                    }));
    try (var client = live.connect()) {
      assertThat(client.status()).isEqualTo(status);
      assertThat(client.refusal()).isEqualTo(body);
    }
    live.next("CONNECT");
    live.awaitNoneOpen();
    assertThat(live.eventsLeft()).as("no $disconnect of what never connected").isZero();
  }

  @Test
  void theSubprotocolThatConnectChoseIsEchoed() throws Exception {
    var live =
        start(
            Map.of(
                "$connect",
                (event, _) ->
                    requireNonNull(event.getHeaders().get("Sec-WebSocket-Protocol"))
                            .startsWith("ampoule.v1")
                        ? Map.of(
                            "statusCode",
                            200,
                            "headers",
                            Map.of("Sec-WebSocket-Protocol", "ampoule.v1"))
                        : LiveGateway.OK));
    try (var chosen = live.connect("Sec-WebSocket-Protocol: ampoule.v1, a.b.c");
        var none = live.connect("Sec-WebSocket-Protocol: other")) {
      assertThat(chosen.responseHead())
          .containsIgnoringCase("\r\nsec-websocket-protocol: ampoule.v1\r\n");
      assertThat(none.status()).isEqualTo(101);
      assertThat(none.responseHead()).doesNotContainIgnoringCase("sec-websocket-protocol");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/live           | 401 | {\"message\":\"Unauthorized\"}",
        "/live?token=    | 401 | {\"message\":\"Unauthorized\"}",
        "/live?token=no  | 403 | {\"message\":\"Forbidden\"}",
        "/live?token=other | 403 | {\"message\":\"Forbidden\"}",
        "/live?token=bad | 500 | {\"message\":\"Internal Server Error\"}",
        "/live?token=die | 500 | {\"message\":\"Internal Server Error\"}",
        "/live?token=%zz | 400 | {\"message\":\"Bad Request\"}",
      })
  void theAuthorizerRefuses(String target, int status, String body) throws Exception {
    var live = startAuthorized();
    try (var client = new RawWebSocket(live.port(), target)) {
      assertThat(client.status()).isEqualTo(status);
      assertThat(client.refusal()).isEqualTo(body);
    }
    assertThat(live.eventsLeft()).as("$connect is not called").isZero();
  }

  @Test
  void whatTheAuthorizerFoundOutIsInEveryEventOfTheConnection() throws Exception {
    var live = startAuthorized();
    try (var client = new RawWebSocket(live.port(), "/live?token=yes")) {
      assertThat(client.status()).isEqualTo(101);
      client.text("{}");
      for (String type : List.of("CONNECT", "MESSAGE")) {
        assertThat(live.next(type).getRequestContext().getAuthorizer())
            .as(type)
            .isEqualTo(Map.of("principalId", "ana", "roles", "nurse", "level", "3"));
      }
    }
    assertThat(live.next("DISCONNECT").getRequestContext().getAuthorizer())
        .isEqualTo(Map.of("principalId", "ana", "roles", "nurse", "level", "3"));
  }

  private LiveGateway startAuthorized() throws IOException {
    RequestHandler<APIGatewayCustomAuthorizerEvent, Object> authorizer =
        (event, _) -> {
          assertThat(event.getType()).isEqualTo("REQUEST");
          assertThat(event.getMethodArn())
              .isEqualTo("arn:aws:execute-api:us-east-1:000000000000:ampoule-live/live/$connect");
          return switch (requireNonNull(event.getQueryStringParameters().get("token"))) {
            case "yes" -> policy(IamPolicyResponse.allowStatement(event.getMethodArn()));
            case "no" -> policy(IamPolicyResponse.denyStatement(event.getMethodArn()));
            case "other" ->
                policy(
                    IamPolicyResponse.allowStatement(event.getMethodArn().replace("live/", "x/")));
            case "bad" -> Map.of("isAuthorized", true);
            default -> throw new IllegalStateException();
          };
        };
    var live =
        new LiveGateway(
            WebSocketLimits.AWS,
            Map.of("$default", (_, _) -> LiveGateway.OK),
            Optional.of(
                new WebSocketAuthorizer(
                    new LambdaFunction<>("authorizer", authorizer, Duration.ofSeconds(5), 8),
                    List.of("route.request.querystring.token"))),
            Set.of());
    gateway = live;
    return live;
  }

  private static IamPolicyResponse policy(IamPolicyResponse.Statement statement) {
    return IamPolicyResponse.builder()
        .withPrincipalId("ana")
        .withPolicyDocument(
            IamPolicyResponse.PolicyDocument.builder()
                .withVersion(IamPolicyResponse.VERSION_2012_10_17)
                .withStatement(List.of(statement))
                .build())
        .withContext(Map.of("roles", "nurse", "level", 3))
        .build();
  }

  @Test
  void messagesOfOneConnectionRunSideBySide() throws Exception {
    var both = new CountDownLatch(2);
    var live =
        start(
            Map.of(
                "meet",
                (_, _) -> {
                  both.countDown();
                  await(both); // one alone would wait for ever
                  return LiveGateway.OK;
                }));
    try (var client = live.connect()) {
      client.text("{\"action\":\"meet\"}");
      client.text("{\"action\":\"meet\"}");
      both.await();
    }
  }

  @Test
  void aFloodIsThrottledAndTheRestIsHandled() throws Exception {
    var leave = new CountDownLatch(1);
    gateway =
        new LiveGateway(
            limits(Duration.ofSeconds(20), 4),
            Map.of(
                "wait",
                (_, _) -> {
                  await(leave);
                  return response(200, "handled");
                }),
            Optional.empty(),
            Set.of("wait"));
    try (var client = gateway.connect()) {
      for (int i = 0; i < 10; i++) {
        client.text("{\"action\":\"wait\"}");
      }
      for (int i = 0; i < 6; i++) {
        assertThat(JSON.readTree(client.read().text()).path("message").asText())
            .isEqualTo("Too Many Requests");
      }
      leave.countDown();
      for (int i = 0; i < 4; i++) {
        assertThat(client.read().text()).isEqualTo("handled");
      }
      client.text("{\"action\":\"wait\"}");
      assertThat(client.read().text()).isEqualTo("handled");
    }
  }

  @Test
  void aDisconnectWaitsForItsFunctionRatherThanBeLost() throws Exception {
    var leave = new CountDownLatch(1);
    var ended = new CountDownLatch(200);
    var live =
        start(
            Map.of(
                "$disconnect",
                (_, _) -> {
                  await(leave); // 64 of them fill the function's concurrency
                  ended.countDown();
                  return LiveGateway.OK;
                }));
    for (int i = 0; i < 200; i++) {
      live.connect().close();
    }
    leave.countDown();
    ended.await();
  }

  @Test
  void aStopSaysSoToEveryClientAndRunsItsDisconnect() throws Exception {
    var live = start(Map.of());
    try (var one = live.connect();
        var two = live.connect()) {
      var stopping = Thread.ofVirtual().start(live::close);
      for (RawWebSocket client : List.of(one, two)) {
        var frame = client.read();
        assertThat(frame.opcode()).isEqualTo(RawWebSocket.CLOSE);
        assertThat(frame.closeCode()).isEqualTo(1001);
        client.send(client.frame(true, RawWebSocket.CLOSE, frame.payload(), true));
      }
      stopping.join();
      for (int i = 0; i < 2; i++) {
        assertThat(live.nextEnding()).isEqualTo(WebSocketEvent.Closing.GOING_AWAY);
      }
    }
  }

  @Test
  void httpAndWebSocketShareThePort() throws Exception {
    var live = start(Map.of());
    try (var client = live.connect();
        var http = java.net.http.HttpClient.newHttpClient()) {
      var request =
          java.net.http.HttpRequest.newBuilder(
              java.net.URI.create("http://localhost:" + live.port() + "/"));
      assertThat(
              http.send(request.build(), java.net.http.HttpResponse.BodyHandlers.ofString()).body())
          .isEqualTo("ok");
      assertThat(client.status()).isEqualTo(101);
    }
  }

  private LiveGateway start(
      Map<String, RequestHandler<APIGatewayV2WebSocketEvent, Object>> handlers) throws IOException {
    gateway = new LiveGateway(WebSocketLimits.AWS, handlers);
    return gateway;
  }

  private static WebSocketLimits limits(Duration integrationTimeout, int inFlight) {
    var aws = WebSocketLimits.AWS;
    return new WebSocketLimits(
        aws.frameBytesMax(),
        aws.messageBytesMax(),
        aws.idle(),
        aws.lifetime(),
        integrationTimeout,
        inFlight,
        aws.bufferedBytesMax(),
        aws.stalled());
  }

  private static APIGatewayV2WebSocketResponse response(int status, String body) {
    var response = new APIGatewayV2WebSocketResponse();
    response.setStatusCode(status);
    response.setBody(body);
    return response;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
