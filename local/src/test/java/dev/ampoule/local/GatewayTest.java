package dev.ampoule.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2CustomAuthorizerEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("StringConcatToTextBlock") // HTTP ends its lines with CR LF
class GatewayTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2020-03-12T19:03:58.390Z"), ZoneOffset.UTC);

  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable Gateway gateway;

  @AfterEach
  void stop() {
    http.close();
    if (gateway != null) {
      gateway.close();
    }
  }

  @Test
  void aRequestBecomesTheEventThatAwsDocuments() throws Exception {
    int port = serve(route("POST /my/{path}/here", echoEvent()));
    String response =
        raw(
            port,
            "POST /my/p%C3%A4th/here?parameter1=value1&parameter1=value2&parameter2=a+b%26c HTTP/1.1\r\n"
                + "Host: id.example.com:8080\r\n"
                + "User-Agent: agent\r\n"
                + "Cookie: cookie1=a; cookie2=b\r\n"
                + "Header1: value1\r\n"
                + "Header2: value1\r\n"
                + "header2: value2\r\n"
                + "X-Amzn-Trace-Id: Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e\r\n"
                + "Content-Type: application/json\r\n"
                + "Content-Length: 18\r\n"
                + "Connection: close\r\n"
                + "\r\n"
                + "Hello from Lambda!");
    ObjectNode event = (ObjectNode) JSON.readTree(body(response));
    JsonNode requestId = ((ObjectNode) event.get("requestContext")).remove("requestId");
    assertThat(requestId.textValue()).matches("[A-Za-z0-9_-]{15}=");
    assertThat(event)
        .isEqualTo(
            JSON.readTree(
                """
                {
                  "version": "2.0",
                  "routeKey": "POST /my/{path}/here",
                  "rawPath": "/my/päth/here",
                  "rawQueryString":
                    "parameter1=value1&parameter1=value2&parameter2=a+b%%26c",
                  "cookies": ["cookie1=a", "cookie2=b"],
                  "headers": {
                    "host": "id.example.com:8080",
                    "user-agent": "agent",
                    "header1": "value1",
                    "header2": "value1,value2",
                    "x-amzn-trace-id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
                    "content-type": "application/json",
                    "content-length": "18",
                    "x-forwarded-for": "127.0.0.1",
                    "x-forwarded-port": "%d",
                    "x-forwarded-proto": "http"
                  },
                  "queryStringParameters":
                    {"parameter1": "value1,value2", "parameter2": "a b&c"},
                  "pathParameters": {"path": "päth"},
                  "requestContext": {
                    "accountId": "000000000000",
                    "apiId": "ampoule",
                    "domainName": "id.example.com",
                    "domainPrefix": "id",
                    "http": {
                      "method": "POST",
                      "path": "/my/päth/here",
                      "protocol": "HTTP/1.1",
                      "sourceIp": "127.0.0.1",
                      "userAgent": "agent"
                    },
                    "routeKey": "POST /my/{path}/here",
                    "stage": "$default",
                    "time": "12/Mar/2020:19:03:58 +0000",
                    "timeEpoch": 1584039838390
                  },
                  "body": "Hello from Lambda!",
                  "isBase64Encoded": false
                }
                """
                    .formatted(port)));
  }

  @Test
  void whatARequestDoesNotHaveIsAbsentFromItsEvent() throws Exception {
    int port = serve(route("GET /", echoEvent()));
    JsonNode event = JSON.readTree(get(port, "/").body());
    assertThat(event.fieldNames())
        .toIterable()
        .doesNotContain("body", "cookies", "queryStringParameters", "pathParameters");
    assertThat(event.get("rawQueryString").textValue()).isEmpty();
    assertThat(event.get("isBase64Encoded").booleanValue()).isFalse();
    assertThat(event.get("requestContext").has("authorizer")).isFalse();
    assertThat(event.get("headers").get("x-amzn-trace-id").textValue())
        .matches("Root=1-[0-9a-f]{8}-[0-9a-f]{24}");
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {
        "text/plain, false",
        "text/x-hl7-ft; charset=utf-8, false",
        "application/json, false",
        "Application/JSON;charset=UTF-8, false",
        "application/xml, false",
        "application/javascript, false",
        "application/fhir+json, true",
        "application/problem+json, true",
        "application/x-www-form-urlencoded, true",
        "application/octet-stream, true",
        "none, true"
      })
  void onlyTheTypesThatAwsTakesForTextArePassedAsText(String contentType, boolean base64)
      throws Exception {
    int port = serve(route("POST /", echoEvent()));
    var request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/"))
            .POST(HttpRequest.BodyPublishers.ofString("é\r"));
    if (contentType != null) {
      request.header("Content-Type", contentType);
    }
    JsonNode event =
        JSON.readTree(http.send(request.build(), HttpResponse.BodyHandlers.ofString()).body());
    assertThat(event.get("isBase64Encoded").booleanValue()).isEqualTo(base64);
    assertThat(event.get("body").textValue())
        .isEqualTo(base64 ? Base64.getEncoder().encodeToString("é\r".getBytes(UTF_8)) : "é\r");
  }

  @Test
  void aBinaryBodyComesBackAsItWent() throws Exception {
    int port =
        serve(
            route(
                "POST /",
                (event, _) ->
                    APIGatewayV2HTTPResponse.builder()
                        .withStatusCode(201)
                        .withHeaders(Map.of("content-type", "application/wasm"))
                        .withBody(event.getBody())
                        .withIsBase64Encoded(true)
                        .build()));
    byte[] bytes = new byte[256];
    for (int i = 0; i < 256; i++) {
      bytes[i] = (byte) i;
    }
    HttpResponse<byte[]> response =
        http.send(
            HttpRequest.newBuilder(URI.create("http://localhost:" + port))
                .POST(HttpRequest.BodyPublishers.ofByteArray(bytes))
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    assertThat(response.statusCode()).isEqualTo(201);
    assertThat(response.headers().firstValue("content-type")).contains("application/wasm");
    assertThat(response.body()).isEqualTo(bytes);
  }

  @Test
  void headersAndCookiesOfTheResponseAreSent() throws Exception {
    int port =
        serve(
            route(
                "GET /",
                (_, _) ->
                    APIGatewayV2HTTPResponse.builder()
                        .withStatusCode(200)
                        .withHeaders(Map.of("Ampoule-Plugin", "x@1.0.0", "Content-Length", "999"))
                        .withMultiValueHeaders(Map.of("Server-Timing", List.of("a;dur=1", "b")))
                        .withCookies(List.of("c1=1; HttpOnly", "c2=2"))
                        .withBody("é")
                        .build()));
    HttpResponse<String> response = get(port, "/");
    assertThat(response.headers().firstValue("ampoule-plugin")).contains("x@1.0.0");
    assertThat(response.headers().allValues("server-timing")).containsExactly("a;dur=1", "b");
    assertThat(response.headers().allValues("set-cookie"))
        .containsExactly("c1=1; HttpOnly", "c2=2");
    assertThat(response.headers().firstValue("content-type")).contains("text/plain;charset=UTF-8");
    assertThat(response.headers().allValues("content-length")).containsExactly("2");
    assertThat(response.body()).isEqualTo("é");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text     | 200 | Hello",
        "map      | 200 | {\"a\":1}",
        "status   | 418 | teapot",
        "bad      | 500 | {\"message\":\"Internal Server Error\"}",
        "inject   | 500 | {\"message\":\"Internal Server Error\"}",
        "base64   | 500 | {\"message\":\"Internal Server Error\"}",
        "object   | 500 | {\"message\":\"Internal Server Error\"}",
        "throw    | 500 | {\"message\":\"Internal Server Error\"}",
        "overflow | 500 | {\"message\":\"Internal Server Error\"}",
        "big      | 500 | {\"message\":\"Internal Server Error\"}",
      })
  void aResultIsInferredOrRefused(String path, int status, String body) throws Exception {
    int port =
        serve(
            route(
                "GET /{case}",
                (event, _) ->
                    switch (event.getPathParameters().getOrDefault("case", "")) {
                      case "text" -> "Hello";
                      case "map" -> Map.of("a", 1);
                      case "status" -> Map.of("statusCode", 418, "body", "teapot");
                      case "bad" -> Map.of("statusCode", 1000);
                      case "inject" ->
                          Map.of("statusCode", 200, "headers", Map.of("x", "a\r\nSet-Cookie: b"));
                      case "base64" ->
                          Map.of("statusCode", 200, "isBase64Encoded", true, "body", "?");
                      case "object" -> new Object();
                      case "overflow" -> throw new StackOverflowError();
                      case "big" -> "x".repeat((6 << 20) + 1);
                      default -> throw new IllegalStateException("Maria da Silva");
                    }));
    HttpResponse<String> response = get(port, "/" + path);
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.body()).isEqualTo(body);
  }

  @Test
  void anUnknownRouteIs404() throws Exception {
    int port = serve(route("GET /here", echoEvent()));
    assertThat(get(port, "/there").statusCode()).isEqualTo(404);
    assertThat(get(port, "/there").body()).isEqualTo("{\"message\":\"Not Found\"}");
  }

  @ParameterizedTest
  @CsvSource({
    // What fits Lambda's 6 MB as text does not as Base64, a third larger.
    "text/plain, 6000000, 200",
    "text/plain, 6291456, 413",
    "application/octet-stream, 4700000, 200",
    "application/octet-stream, 4720000, 413",
    "application/octet-stream, 10485760, 413",
    "application/octet-stream, 10485761, 413"
  })
  void aBodyOverLambdasOrTheGatewaysLimitIs413(String type, int bytes, int status)
      throws Exception {
    int port = serve(route("POST /", (_, _) -> Map.of("statusCode", 200, "body", "taken")));
    byte[] body = new byte[bytes];
    java.util.Arrays.fill(body, (byte) 'x');
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(URI.create("http://localhost:" + port))
                .header("Content-Type", type)
                .expectContinue(true)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.body())
        .isEqualTo(status == 200 ? "taken" : "{\"message\":\"Request Entity Too Large\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "header, 10000, 200",
    "header, 10300, 431",
    "target, 10000, 200",
    "target, 10300, 431"
  })
  void requestLineAndHeadersOver10240BytesAre431(String where, int length, int status)
      throws Exception {
    int port = serve(route("GET /", echoEvent()));
    String filler = "a".repeat(length);
    String response =
        raw(
            port,
            "GET /%s HTTP/1.1\r\nHost: localhost\r\n%sConnection: close\r\n\r\n"
                .formatted(
                    where.equals("target") ? "?" + filler : "",
                    where.equals("header") ? "X-Filler: " + filler + "\r\n" : ""));
    assertThat(response).startsWith("HTTP/1.1 " + status + " ");
  }

  @Test
  void aFunctionThatTakesTooLongIs503AndIsInterrupted() throws Exception {
    var interrupted = new CountDownLatch(1);
    int port =
        serve(
            new HttpApi(
                List.of(
                    route(
                        "GET /",
                        (_, _) -> {
                          try {
                            Thread.sleep(Duration.ofMinutes(1));
                          } catch (InterruptedException e) {
                            interrupted.countDown();
                          }
                          return "late";
                        })),
                Optional.empty(),
                Map.of(),
                Duration.ofMillis(200),
                CLOCK));
    HttpResponse<String> response = get(port, "/");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body()).isEqualTo("{\"message\":\"Service Unavailable\"}");
    interrupted.await();
  }

  @Test
  void aCallOverTheFunctionsConcurrencyIs429AndTheNextIsServed() throws Exception {
    var entered = new CountDownLatch(1);
    var leave = new CountDownLatch(1);
    int port =
        serve(
            new Route(
                new RouteKey("GET /{proxy+}"),
                new LambdaFunction<>(
                    "one-at-a-time",
                    (event, _) -> {
                      entered.countDown();
                      await(leave);
                      return "done";
                    },
                    Duration.ofSeconds(20),
                    1),
                false));
    var first =
        http.sendAsync(
            HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/1")).build(),
            HttpResponse.BodyHandlers.ofString());
    entered.await();
    HttpResponse<String> second = get(port, "/2");
    assertThat(second.statusCode()).isEqualTo(429);
    assertThat(second.body()).isEqualTo("{\"message\":\"Too Many Requests\"}");
    leave.countDown();
    assertThat(first.get().body()).isEqualTo("done");
    assertThat(get(port, "/3").body()).isEqualTo("done");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "none    | 401 | {\"message\":\"Unauthorized\"}",
        "allow   | 200 | {\"roles\":\"author\",\"sub\":\"ana\"}",
        "deny    | 403 | {\"message\":\"Forbidden\"}",
        "crash   | 500 | {\"message\":\"Internal Server Error\"}",
        "garbage | 500 | {\"message\":\"Internal Server Error\"}",
      })
  void theAuthorizerDecides(String authorization, int status, String body) throws Exception {
    var called = new AtomicBoolean();
    RequestHandler<APIGatewayV2CustomAuthorizerEvent, Map<String, Object>> authorizer =
        (event, _) -> {
          assertThat(event.getType()).isEqualTo("REQUEST");
          assertThat(event.getRouteArn())
              .isEqualTo("arn:aws:execute-api:us-east-1:000000000000:ampoule/$default/GET/a b");
          Map<String, Object> context = new LinkedHashMap<>();
          context.put("roles", "author");
          context.put("sub", "ana");
          return switch (event.getIdentitySource().getFirst()) {
            case "allow" -> Map.of("isAuthorized", true, "context", context);
            case "deny" -> Map.of("isAuthorized", false);
            case "garbage" -> Map.of("isAuthorized", "yes");
            default -> throw new IllegalStateException();
          };
        };
    RequestHandler<APIGatewayV2HTTPEvent, Object> handler =
        (event, _) -> {
          called.set(true);
          return event.getRequestContext().getAuthorizer().getLambda();
        };
    int port =
        serve(
            new HttpApi(
                List.of(
                    new Route(
                        new RouteKey("GET /{name}"),
                        new LambdaFunction<>("f", handler, Duration.ofSeconds(5), 8),
                        true)),
                Optional.of(
                    new Authorizer(
                        new LambdaFunction<>("authorizer", authorizer, Duration.ofSeconds(5), 8),
                        List.of("Authorization"))),
                Map.of()));
    var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/a%20b"));
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    HttpResponse<String> response =
        http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.body()).isEqualTo(body);
    assertThat(called.get()).isEqualTo(status == 200);
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws Exception {
    int port =
        serve(
            route(
                "GET /{wait}",
                (event, _) -> {
                  String wait = event.getPathParameters().get("wait");
                  sleep(Long.parseLong(wait));
                  return wait;
                }));
    var requests = new StringBuilder();
    for (String wait : List.of("300", "100", "0")) {
      requests.append("GET /" + wait + " HTTP/1.1\r\nHost: x\r\n");
      requests.append(wait.equals("0") ? "Connection: close\r\n\r\n" : "\r\n");
    }
    assertThat(raw(port, requests.toString()).lines().filter(line -> line.matches("\\d+.*")))
        .satisfiesExactly(
            line -> assertThat(line).startsWith("300HTTP"),
            line -> assertThat(line).startsWith("100HTTP"),
            line -> assertThat(line).isEqualTo("0"));
  }

  @Test
  void aChunkedUploadIsOneBody() throws Exception {
    int port = serve(route("POST /", (event, _) -> event.getBody()));
    String response =
        raw(
            port,
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
                + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                + "5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n");
    assertThat(body(response)).isEqualTo("hello, world");
  }

  @Test
  void aClientThatAsksFirstIsToldToContinue() throws Exception {
    int port = serve(route("POST /", (event, _) -> event.getBody()));
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket
          .getOutputStream()
          .write(
              ("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"
                      + "Expect: 100-continue\r\nConnection: close\r\n\r\n")
                  .getBytes(ISO_8859_1));
      InputStream in = socket.getInputStream();
      assertThat(new String(in.readNBytes(25), ISO_8859_1))
          .isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      socket.getOutputStream().write("ok".getBytes(ISO_8859_1));
      assertThat(body(new String(in.readAllBytes(), UTF_8))).isEqualTo("ok");
    }
  }

  @Test
  void aClientOfHttp10IsAnsweredAndLetGo() throws Exception {
    int port = serve(route("GET /", (_, _) -> "ok"));
    String response = raw(port, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assertThat(response).contains("connection: close\r\n").endsWith("\r\n\r\nok");
  }

  @Test
  void aHeadRequestGetsTheLengthAndNoBody() throws Exception {
    int port = serve(route("ANY /", (_, _) -> "12345"));
    String response = raw(port, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assertThat(response).startsWith("HTTP/1.1 200 OK\r\n").contains("content-length: 5\r\n");
    assertThat(body(response)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NONSENSE\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /?a=%z HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET http://x/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
      })
  void malformedHttpIs400AndHarmsNobodyElse(String bytes) throws Exception {
    int port = serve(route("GET /", (_, _) -> "ok"));
    assertThat(raw(port, bytes)).startsWith("HTTP/1.1 400 ");
    assertThat(get(port, "/").body()).isEqualTo("ok");
  }

  @Test
  void aStopLetsTheRequestInFlightEnd() throws Exception {
    var entered = new CountDownLatch(1);
    int port =
        serve(
            route(
                "GET /",
                (_, _) -> {
                  entered.countDown();
                  sleep(500);
                  return "finished";
                }));
    var response =
        http.sendAsync(
            HttpRequest.newBuilder(URI.create("http://localhost:" + port)).build(),
            HttpResponse.BodyHandlers.ofString());
    entered.await();
    Objects.requireNonNull(gateway).close();
    assertThat(response.get().body()).isEqualTo("finished");
    assertThatThrownBy(() -> get(port, "/")).isInstanceOf(IOException.class);
  }

  @Test
  void aPortInUseIsNamedWithTheOptionThatChangesIt() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> Gateway.bind("127.0.0.1", port))
          .isInstanceOf(PortInUse.class)
          .hasMessage(
              "port %d is in use by another process; stop it or choose another port with --port"
                  .formatted(port));
    }
  }

  @Test
  void anAddressOfAnotherMachineIsNamed() {
    assertThatThrownBy(() -> Gateway.bind("192.0.2.1", 0))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(PortInUse.class)
        .hasMessage("cannot listen on host 192.0.2.1");
  }

  private int serve(Route route) throws IOException {
    return serve(
        new HttpApi(
            List.of(route), Optional.empty(), Map.of(), HttpApi.INTEGRATION_TIMEOUT, CLOCK));
  }

  private int serve(HttpApi api) throws IOException {
    gateway = Gateway.bind("127.0.0.1", 0);
    gateway.serve(api);
    return gateway.port();
  }

  private static Route route(String key, RequestHandler<APIGatewayV2HTTPEvent, ?> handler) {
    return new Route(
        new RouteKey(key), new LambdaFunction<>("f", handler, Duration.ofSeconds(20), 16), false);
  }

  private static RequestHandler<APIGatewayV2HTTPEvent, String> echoEvent() {
    return (event, _) -> LambdaPayload.toText(event);
  }

  private HttpResponse<String> get(int port, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** Everything the server sends until it closes the connection. */
  @Test
  void aLaterRequestOfAConnectionMayArriveInPieces() throws Exception {
    int port = serve(route("POST /", echoEvent()));
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(20_000);
      var reader =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      for (int round = 0; round < 3; round++) {
        var pieces =
            List.of(
                "POST / HTTP/1.1\r\nHost: localhost\r\n",
                "Content-Length: 40000\r\n\r\n",
                "x".repeat(15_000),
                "x".repeat(25_000));
        for (var piece : pieces) {
          socket.getOutputStream().write(piece.getBytes(StandardCharsets.US_ASCII));
          socket.getOutputStream().flush();
          Thread.sleep(50); // so that each piece is a read of its own
        }
        assertThat(reader.readLine()).isEqualTo("HTTP/1.1 200 OK");
        int length = 0;
        for (String line = reader.readLine(); !line.isEmpty(); line = reader.readLine()) {
          if (line.toLowerCase(Locale.ROOT).startsWith("content-length: ")) {
            length = Integer.parseInt(line.substring("content-length: ".length()));
          }
        }
        assertThat(reader.skip(length)).isEqualTo(length);
      }
    }
  }

  private static String raw(int port, String request) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      var received = new ByteArrayOutputStream();
      socket.getInputStream().transferTo(received);
      return received.toString(UTF_8);
    }
  }

  private static String body(String response) {
    return response.substring(response.indexOf("\r\n\r\n") + 4);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
