package dev.ampoule.sandbox;

import static dev.ampoule.sandbox.Modules.call;
import static dev.ampoule.sandbox.Modules.told;
import static dev.ampoule.sandbox.Modules.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.ampoule.plugin.Capabilities;
import dev.ampoule.plugin.Limits;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SandboxHttpTest {
  private static final LoadedModule MODULE = Modules.extism(Modules.extismWat("http.wat"));
  private static final SandboxLimits LIMITS =
      new SandboxLimits(
          1024 * 1024, 1_000_000, 1000, 1000, 10, 1000, 2, 1000, Duration.ofSeconds(5), 1);

  private final PinnedHttpAccess loopbackToo =
      new PinnedHttpAccess(
          new AddressPolicy(Set.of(IpRange.parse("127.0.0.0/8"), IpRange.parse("::1/128"))));
  private final Sandbox sandbox = new Sandbox(LIMITS, loopbackToo);
  private final CountDownLatch release = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;
  private String base;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    base = "http://localhost:" + server.getAddress().getPort();
    server.createContext("/hello", e -> answer(e, 200, "hello"));
    server.createContext("/missing", e -> answer(e, 404, "not here"));
    server.createContext("/empty", e -> answer(e, 204, ""));
    server.createContext(
        "/echo",
        e ->
            answer(
                e,
                200,
                e.getRequestMethod()
                    + " "
                    + e.getRequestURI()
                    + " "
                    + e.getRequestHeaders().getFirst("X-Given")
                    + " "
                    + e.getRequestHeaders().getFirst("Authorization")
                    + " "
                    + e.getRequestHeaders().getFirst("Host")
                    + " "
                    + new String(e.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
    server.createContext("/long", e -> answer(e, 200, "x".repeat(1001)));
    server.createContext(
        "/long-in-chunks",
        e -> {
          try (e) {
            e.sendResponseHeaders(200, 0);
            for (int i = 0; i < 100; i++) {
              e.getResponseBody().write(new byte[1 << 16]);
            }
          } catch (IOException tooLong) {
            // The client hung up, as it should.
          }
        });
    server.createContext("/longest", e -> answer(e, 200, "x".repeat(1000)));
    server.createContext("/loop", e -> redirect(e, 302, "/loop"));
    server.createContext("/twice", e -> redirect(e, 302, "/once"));
    server.createContext("/once", e -> redirect(e, 307, "echo?from=once"));
    server.createContext("/see-other", e -> redirect(e, 303, "/echo"));
    server.createContext("/nowhere", e -> redirect(e, 302, ""));
    server.createContext("/file", e -> redirect(e, 302, "file:///etc/passwd"));
    server.createContext(
        "/away",
        e -> redirect(e, 302, "http://127.0.0.1:" + server.getAddress().getPort() + "/echo"));
    server.createContext("/other", e -> redirect(e, 302, "http://other.example/"));
    server.createContext(
        "/slow",
        e -> {
          awaitRelease();
          answer(e, 200, "late");
        });
    server.createContext(
        "/drip",
        e -> {
          e.sendResponseHeaders(200, 0);
          try (OutputStream body = e.getResponseBody()) {
            while (release.getCount() > 0) {
              body.write('x');
              body.flush();
              Thread.sleep(20);
            }
          } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
          }
        });
    server.start();
  }

  @AfterEach
  void stop() throws IOException {
    release.countDown();
    server.stop(0);
    threads.shutdownNow();
    loopbackToo.close();
  }

  private void awaitRelease() {
    try {
      release.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = utf8(body);
    exchange.getResponseHeaders().set("X-Answer", "yes");
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static void redirect(HttpExchange exchange, int status, String to) throws IOException {
    if (!to.isEmpty()) {
      exchange.getResponseHeaders().set("Location", to);
    }
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  private String run(String function, String input, List<String> hosts) {
    return run(function, input, Modules.http(hosts), 10_000);
  }

  private String run(String function, String input, Capabilities capabilities, int timeoutMs) {
    var limits = new Limits(Duration.ofMillis(timeoutMs), 100, 10_000, 10_000);
    return told(sandbox.run(MODULE, call(function, utf8(input), capabilities, limits)).outcome());
  }

  private String get(String path) {
    return "{\"url\":\"" + base + path + "\"}";
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "body, /hello, output hello",
        "status, /hello, error 200 Returned non-zero exit code: 200",
        "body, /missing, output not here",
        "status, /missing, error 404 Returned non-zero exit code: 404",
        "body, /empty, \"output \"",
        "status, /empty, error 204 Returned non-zero exit code: 204",
        "before, /hello, output {}",
        "body, /longest, x1000",
        "body, /long, limit HTTP_RESPONSE_BYTES 1000",
        "body, /long-in-chunks, limit HTTP_RESPONSE_BYTES 1000",
        "body, /loop, error -1 HTTP request failed: more than 2 redirects",
        "body, /nowhere, error -1 HTTP request failed: a redirect without a location",
        "body, /file, error -1 HTTP request failed: a redirect to what is not an HTTP URL",
        "body, /other, denied HTTP",
        "body, /away, denied HTTP",
      })
  void anAnswerReachesThePlugin(String function, String path, String told) {
    String expected = told.equals("x1000") ? "output " + "x".repeat(1000) : told;

    assertThat(run(function, get(path), List.of("localhost"))).isEqualTo(expected);
  }

  @Test
  void headersComeInLowerCaseAndSorted() {
    assertThat(run("headers", get("/hello"), List.of("localhost")))
        .matches("output \\{\"content-length\":\"5\",\"date\":\"[^\"]+\",\"x-answer\":\"yes\"}");
  }

  @Test
  void methodHeadersAndBodyAreSent() {
    String request =
        "{\"url\":\""
            + base
            + "/echo?a=b c|d\",\"method\":\"PUT\",\"headers\":{\"X-Given\":\"v\",\"Host\":\"evil\","
            + "\"Content-Length\":\"3\"}}";

    assertThat(run("body", request + "\0the body", List.of("localhost")))
        .isEqualTo("output PUT /echo?a=b%20c%7Cd v null " + base.substring(7) + " the body");
  }

  @Test
  void aRedirectKeepsMethodBodyAndCredentialsOnTheSameHost() {
    String request =
        "{\"url\":\""
            + base
            + "/twice\",\"method\":\"PUT\",\"headers\":{\"authorization\":\"secret\"}}";

    assertThat(run("body", request + "\0b", List.of("localhost")))
        .isEqualTo("output PUT /echo?from=once null secret " + base.substring(7) + " b");
  }

  @Test
  void aRedirectToAnotherHostLosesItsCredentials() {
    String request = "{\"url\":\"" + base + "/away\",\"headers\":{\"Authorization\":\"secret\"}}";

    assertThat(run("body", request, List.of("localhost", "127.0.0.1")))
        .isEqualTo("output GET /echo null null 127.0.0.1:" + server.getAddress().getPort() + " ");
  }

  @Test
  void seeOtherBecomesAGetWithoutBody() {
    String request = "{\"url\":\"" + base + "/see-other\",\"method\":\"POST\"}";

    assertThat(run("body", request + "\0b", List.of("localhost")))
        .isEqualTo("output GET /echo null null " + base.substring(7) + " ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/slow", "/drip"})
  void aSlowAnswerEndsAtTheDeadline(String path) {
    assertThat(run("body", get(path), Modules.http(List.of("*")), 300)).isEqualTo("timed out 300");
    assertThat(sandbox.abandonedThreads()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "not json",
        "{}",
        "{\"url\":7}",
        "",
      })
  void aRequestThatIsNoneEndsAsInExtism(String json) {
    assertThat(run("body", json, List.of("*"))).isEqualTo("trap BAD_HOST_CALL");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "ftp://localhost/, the URL is not valid",
        "file:///etc/passwd, the URL is not valid",
        "http://, the URL is not valid",
        "//localhost/, the URL is not valid",
        "http://user:pw@localhost/, the URL is not valid",
        "http://localhost:99999/, the URL is not valid",
      })
  void onlyHttpUrlsAreAsked(String url, String why) {
    assertThat(run("body", "{\"url\":\"" + url + "\"}", List.of("*")))
        .isEqualTo("error -1 HTTP request failed: " + why);
  }

  @Test
  void aHeaderCannotSmuggle() {
    assertThat(
            run(
                "body",
                "{\"url\":\"" + base + "/echo\",\"headers\":{\"X\":\"a\\r\\nB: c\"}}",
                List.of("*")))
        .isEqualTo("error -1 HTTP request failed: a header cannot be sent");
  }

  @Test
  void withoutTheCapabilityNothingIsAsked() {
    assertThat(run("body", get("/hello"), Capabilities.NONE, 1000)).isEqualTo("denied HTTP");
    assertThat(run("body", get("/hello"), List.of())).isEqualTo("denied HTTP");
  }

  @Test
  void aPrivateAddressIsRefusedUnlessTheOperatorAllowsIt() throws IOException {
    try (var publicOnly = new PinnedHttpAccess(AddressPolicy.PUBLIC_ONLY)) {
      var strict = new Sandbox(LIMITS, publicOnly);
      var call = call("body", utf8(get("/hello")), Modules.http(List.of("*")), Limits.DEFAULT);

      assertThat(told(strict.run(MODULE, call).outcome())).isEqualTo("denied HTTP");
    }
  }

  @Test
  void noServerIsNoConnection() throws IOException {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }

    assertThat(run("body", "{\"url\":\"http://localhost:" + port + "/\"}", List.of("*")))
        .isEqualTo("error -1 HTTP request failed: no connection");
  }

  @Test
  void anAnswerThatIsNotHttpIsToldAsSuch() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      threads.execute(() -> {
        try (var connection = socket.accept()) {
          connection.getOutputStream().write(utf8("SSH-2.0-x\r\n\r\n"));
        } catch (IOException e) {
          throw new IllegalStateException(e);
        }
      });

      assertThat(
              run(
                  "body",
                  "{\"url\":\"http://localhost:" + socket.getLocalPort() + "/\"}",
                  List.of("*")))
          .isEqualTo("error -1 HTTP request failed: the answer broke off or is not HTTP");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "api.example.org, https://api.example.org/, true",
    "API.example.org, https://api.EXAMPLE.org/, true",
    "api.example.org, https://api.example.org:8443/, true",
    "api.example.org, https://api.example.org./, true",
    "api.example.org, https://example.org/, false",
    "api.example.org, https://api.example.org.evil.test/, false",
    "api.example.org:443, https://api.example.org/, true",
    "api.example.org:443, http://api.example.org/, false",
    "api.example.org:80, http://api.example.org/, true",
    "*.example.org, https://api.example.org/, true",
    "*.example.org, https://a.b.example.org/, true",
    "*.example.org, https://example.org/, false",
    "*.example.org, https://evilexample.org/, false",
    "*.example.org:443, https://api.example.org/, true",
    "*.example.org:443, https://api.example.org:444/, false",
    "*, https://anything.test/, true",
    "[::1]:80, http://[::1]/, true",
    "[::1], http://[::1]:9/, true",
    "127.0.0.1, http://localhost/, false",
  })
  void aGrantIsANameAPortOrASuffix(String granted, URI uri, boolean isGranted) {
    assertThat(HttpRequests.isGranted(granted, uri)).isEqualTo(isGranted);
  }

  @ParameterizedTest
  @CsvSource({
    "8.8.8.8, true",
    "1.1.1.1, true",
    "2606:4700:4700::1111, true",
    "0.0.0.0, false",
    "10.1.2.3, false",
    "100.64.0.1, false",
    "127.0.0.1, false",
    "127.255.255.255, false",
    "169.254.169.254, false",
    "172.16.0.1, false",
    "172.31.255.255, false",
    "172.32.0.1, true",
    "192.168.1.1, false",
    "198.18.0.1, false",
    "224.0.0.1, false",
    "255.255.255.255, false",
    "::, false",
    "::1, false",
    "::ffff:127.0.0.1, false",
    "::ffff:10.0.0.1, false",
    "::ffff:8.8.8.8, true",
    "64:ff9b::a00:1, false",
    "fe80::1, false",
    "fc00::1, false",
    "fd00:ec2::254, false",
    "ff02::1, false",
    "2001:db8::1, false",
    "2001::1, false",
    "2002:7f00:1::, false",
  })
  void onlyGlobalUnicastAddressesArePublic(String address, boolean isPublic) {
    assertThat(AddressPolicy.PUBLIC_ONLY.permits(InetAddress.ofLiteral(address)))
        .isEqualTo(isPublic);
  }

  @Test
  void anOperatorOpensARange() {
    var policy = new AddressPolicy(Set.of(IpRange.parse("10.1.0.0/17")));

    assertThat(policy.permits(InetAddress.ofLiteral("10.1.127.255"))).isTrue();
    assertThat(policy.permits(InetAddress.ofLiteral("10.1.128.0"))).isFalse();
    assertThat(Optional.of(policy))
        .contains(new AddressPolicy(Set.of(IpRange.parse("10.1.0.0/17"))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "localhost/8", "/8", "::/x"})
  void whatIsNotCidrIsNoRange(String text) {
    assertThatThrownBy(() -> IpRange.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not a CIDR range: " + text);
  }
}
