package dev.ampoule.local.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for every command: which server, which token, how it fails. */
class RemoteCommandTest {
  private final FakeAmpoule server = new FakeAmpoule();
  private final Shell shell = new Shell();

  @TempDir Path dir;

  @AfterEach
  void stop() {
    server.close();
  }

  static Stream<Arguments> commands() {
    return Stream.of(
        arguments((Object) new String[] {"push"}),
        arguments((Object) new String[] {"invoke"}),
        arguments((Object) new String[] {"plugins"}),
        arguments((Object) new String[] {"activate"}),
        arguments((Object) new String[] {"audit"}),
        arguments((Object) new String[] {"audit", "show"}),
        arguments((Object) new String[] {"audit", "verify"}));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void theHelpOfEveryCommandHasOptionsAnExampleAndExitCodes(String[] command) {
    Shell.Result result =
        shell.run(Stream.concat(Stream.of(command), Stream.of("--help")).toArray(String[]::new));

    assertThat(result.exitCode()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .startsWith("Usage: ampoule " + String.join(" ", command) + " ")
        .contains("--url=URL")
        .contains("Default: $AMPOULE_URL,", "else http://localhost:8080.\n")
        .contains("--token=@FILE|TOKEN")
        .containsPattern("Example:\n( {2}ampoule " + String.join(" ", command) + "( .*)?\n)+$")
        .contains("Exit codes:\n  0   done\n  1   refused by the server, rejected, failed\n");
  }

  @Test
  void theUrlOfTheOptionGoesBeforeThatOfTheEnvironment() {
    shell.environment.put("AMPOULE_URL", "http://localhost:1");

    assertThat(shell.run("plugins", "--url", server.url()).exitCode()).isZero();
  }

  @Test
  void theUrlComesFromTheEnvironmentAndMayEndInASlash() {
    shell.environment.put("AMPOULE_URL", server.url() + "/");

    assertThat(shell.run("plugins").exitCode()).isZero();
    assertThat(server.calls()).containsExactly("GET /v1/plugins");
  }

  @Test
  void theUrlMayHaveAPath() {
    server.canned.put("GET /prod/v1/plugins", FakeAmpoule.Canned.json(200, "{\"plugins\":[]}"));

    assertThat(shell.run("plugins", "--url", server.url() + "/prod").exitCode()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost:8080",
        "ftp://localhost",
        "http://",
        "http://user:secret@localhost",
        "http://localhost/?a=secret",
        "http://localhost/#secret",
        "not a url"
      })
  void aUrlThatIsNoneIsWrongUsageAndNotRepeated(String url) {
    Shell.Result result = shell.run("plugins", "--url", url);

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .isEqualTo("--url: must be http(s)://host[:port][/path]\nTry: ampoule plugins --help\n");
  }

  @Test
  void aServerThatIsNotThereIsExitCode3WithAHint() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Shell.Result result = shell.run("plugins", "--url", "http://localhost:" + port + "/prod");

    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .isEqualTo(
            "cannot reach http://localhost:%d: connection refused; start it with ./ampoule up\n"
                .formatted(port));
  }

  @Test
  void aConnectionThatBreaksIsExitCode3() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(() -> {
            try (var accepted = socket.accept()) {
              accepted
                  .getOutputStream()
                  .write("HTTP/1.1 200 OK\r\nContent-Le".getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      Shell.Result result =
          shell.run("plugins", "--url", "http://127.0.0.1:" + socket.getLocalPort());

      assertThat(result.exitCode()).isEqualTo(3);
      assertThat(result.err())
          .isEqualTo(
              "cannot reach http://127.0.0.1:%d: the connection broke before the answer was complete; start it with ./ampoule up\n"
                  .formatted(socket.getLocalPort()));
    }
  }

  static Stream<Arguments> tokens() {
    return Stream.of(
        arguments(List.of("--token", "option.token.x"), "env.token.x", "option.token.x"),
        arguments(List.of("--token", "@FILE"), "env.token.x", "file.token.x"),
        arguments(List.of("--token=@FILE"), "", "file.token.x"),
        arguments(List.of(), "env.token.x", "env.token.x"),
        arguments(List.of(), "", "local.token.x"));
  }

  @ParameterizedTest
  @MethodSource("tokens")
  void theTokenComesFromTheOptionElseTheEnvironmentElseTheLocalIssuer(
      List<String> options, String environment, String expected) throws IOException {
    Path file = Files.writeString(dir.resolve("token"), "file.token.x\n");
    shell.environment.put("AMPOULE_TOKEN", environment);
    shell.localTokens = () -> Optional.of("local.token.x");

    shell.run(commandLine("plugins", options, file));

    assertThat(server.last().headers()).containsEntry("Authorization", "Bearer " + expected);
  }

  @Test
  void aTokenFileIsReadAlsoWhereTheTopCommandExpandsArgumentFiles() throws IOException {
    Path file = Files.writeString(dir.resolve("token"), "file.token.x\n");
    shell.expandAtFiles = true;

    shell.run("plugins", "--url", server.url(), "--token", "@" + file);

    assertThat(server.last().headers()).containsEntry("Authorization", "Bearer file.token.x");
  }

  @Test
  void theLocalIssuerIsNotAskedForAnotherMachine() {
    shell.localTokens =
        () -> {
          throw new AssertionError("asked");
        };
    // No such port: what counts is that the command got as far as the connection.
    assertThat(shell.run("plugins", "--url", "http://ampoule.invalid:1").exitCode()).isEqualTo(3);
  }

  static Stream<Arguments> badTokens() {
    return Stream.of(
        arguments(
            "two words",
            "--token: not a bearer token (RFC 6750) of at most 8192 characters; it has 9"),
        arguments(
            "a\nInjected: header",
            "--token: not a bearer token (RFC 6750) of at most 8192 characters; it has 18"),
        arguments(
            "x".repeat(8193),
            "--token: not a bearer token (RFC 6750) of at most 8192 characters; it has 8193"),
        arguments(
            "@/no/such/file", "--token @/no/such/file: cannot be read, no such file or directory"));
  }

  @ParameterizedTest
  @MethodSource("badTokens")
  void aTokenThatIsNoneIsWrongUsageAndNotRepeated(String token, String error) {
    Shell.Result result = shell.run("plugins", "--url", server.url(), "--token", token);

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).isEqualTo(error + "\nTry: ampoule plugins --help\n");
    assertThat(server.seen).isEmpty();
  }

  static Stream<Arguments> misplacedTokens() {
    String token = "eyJhbGciOi.eyJzdWIiOi.c2ln";
    return Stream.of(
        arguments(List.of("--tokn=" + token), "Unknown option: '--tokn=[token]'"),
        arguments(List.of("p", token), "Unmatched argument at index 2: '[token]'"));
  }

  @ParameterizedTest
  @MethodSource("misplacedTokens")
  void aTokenInTheWrongPlaceIsNotRepeated(List<String> arguments, String error) {
    Shell.Result result =
        shell.run(Stream.concat(Stream.of("plugins"), arguments.stream()).toArray(String[]::new));

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).isEqualTo(error + "\nTry: ampoule plugins --help\n");
  }

  @Test
  void withoutAnyTokenTheRefusalSaysHowToGiveOne() {
    shell.localTokens = Optional::empty;
    Shell.Result result = shell.run("plugins", "--url", server.url());

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            """
            No valid bearer token: Send a token: Authorization: Bearer …
              no token was sent: use --token @FILE or set AMPOULE_TOKEN
            """);
    assertThat(server.last().headers()).doesNotContainKey("Authorization");
  }

  @Test
  void aRefusedTokenIsNotShown() {
    Shell.Result result = shell.run("plugins", "--url", server.url(), "--token", "bad.token.x");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo("No valid bearer token: Send a token: Authorization: Bearer …\n");
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        arguments(
            FakeAmpoule.Canned.problem(
                403,
                """
                {"type":"t","title":"Policy does not permit this","status":403,
                 "detail":"Policy p1 does not permit this.","policy":"p1"}\
                """),
            "Policy does not permit this: Policy p1 does not permit this.\n  policy: p1\n"),
        arguments(
            new FakeAmpoule.Canned(
                503,
                Map.of("Content-Type", "application/problem+json", "Retry-After", "2"),
                "{\"title\":\"Down\",\"detail\":\"Nothing was done.\"}"
                    .getBytes(StandardCharsets.UTF_8)),
            "Down: Nothing was done.\n  retry after: 2\n"),
        arguments(FakeAmpoule.Canned.problem(400, "{\"title\":\"No detail\"}"), "No detail\n"),
        arguments(
            FakeAmpoule.Canned.problem(
                422,
                "{\"title\":\"T\",\"detail\":\"a\\u001b[31m\\nb\",\"n\":3,\"list\":[\"x\",\"y\"]}"),
            "T: a [31m b\n  n: 3\n  list: x, y\n"),
        arguments(
            FakeAmpoule.Canned.json(413, "{\"message\":\"Request Entity Too Large\"}"),
            "HTTP status 413 to GET /v1/plugins: Request Entity Too Large\n"),
        arguments(
            FakeAmpoule.Canned.of(502, "text/html", "<html>"),
            "HTTP status 502 to GET /v1/plugins\n"),
        arguments(
            new FakeAmpoule.Canned(302, Map.of("Location", "http://localhost:1/"), new byte[0]),
            "HTTP status 302 to GET /v1/plugins\n"),
        arguments(
            FakeAmpoule.Canned.of(200, "text/html", "<html>"),
            "GET /v1/plugins was not answered with JSON; is this the URL of an Ampoule server?\n"),
        arguments(
            FakeAmpoule.Canned.json(200, "{\"items\":[]}"),
            "GET /v1/plugins was answered without the field plugins; is this the URL of an Ampoule server?\n"),
        arguments(
            FakeAmpoule.Canned.of(
                200, "application/json", new byte[ApiClient.ANSWER_BYTES_MAX + 1]),
            "GET /v1/plugins was answered with more than 16777216 bytes; is this the URL of an Ampoule server?\n"));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void aRefusalIsExitCode1AndItsReasonOnStandardError(FakeAmpoule.Canned answer, String err) {
    server.canned.put("GET /v1/plugins", answer);
    Shell.Result result = shell.run("plugins", "--url", server.url());

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).isEqualTo(err);
  }

  @Test
  void anIssuersKeyThatCannotBeReadIsExitCode1() {
    shell.localTokens =
        () -> {
          throw new IOException("no EC key in issuer.jwk; delete it to have a new one made");
        };
    Shell.Result result = shell.run("plugins", "--url", server.url());

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            "no token of the local issuer: no EC key in issuer.jwk; delete it to have a new one made\n");
  }

  @Test
  void aBugIsOneLineWithoutItsMessage() {
    shell.localTokens =
        () -> {
          throw new IllegalStateException("secret");
        };
    Shell.Result result = shell.run("plugins", "--url", server.url());

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .startsWith("a bug in ampoule: java.lang.IllegalStateException at dev.ampoule.local.cli.")
        .hasLineCount(1)
        .doesNotContain("secret");
  }

  private String[] commandLine(String command, List<String> options, Path file) {
    return Stream.concat(
            Stream.of(command, "--url", server.url()),
            options.stream().map(option -> option.replace("@FILE", "@" + file)))
        .toArray(String[]::new);
  }
}
