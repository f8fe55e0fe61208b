package dev.ampoule.local.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.ampoule.local.cli.FakeAmpoule.Canned;
import dev.ampoule.local.cli.FakeAmpoule.Version;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PushTest {
  private static final byte[] MODULE = "\0asm module".getBytes(StandardCharsets.UTF_8);
  private static final String DIGEST = FakeAmpoule.digest(MODULE);
  private static final String OTHER = FakeAmpoule.digest(new byte[1]);
  private static final String UPLOADED =
      "uploaded 11 bytes, waiting for the registration, at most %d s\n";
  private static final String VERSION_CALL = "GET /v1/plugins/p/versions/1.0.0";

  private final FakeAmpoule server = new FakeAmpoule();
  private final Shell shell = new Shell();

  @TempDir Path dir;
  private Path file = Path.of("");

  @BeforeEach
  void writeModule() throws IOException {
    file = Files.write(dir.resolve("plugin.wasm"), MODULE);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Shell.Result push(String... further) {
    shell.environment.put("AMPOULE_URL", server.url());
    return shell.run(
        Stream.concat(
                Stream.of("push", file.toString(), "--name", "p", "--version", "1.0.0"),
                Stream.of(further))
            .toArray(String[]::new));
  }

  private void exists(Version version) {
    server.plugins.put("p", new LinkedHashMap<>(Map.of("1.0.0", version)));
  }

  @Test
  void theFirstVersionIsUploadedAndGoesLive() {
    Shell.Result result = push();

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEqualTo("p@1.0.0 is LIVE, " + DIGEST + "\n");
    assertThat(result.err()).isEqualTo(UPLOADED.formatted(60));
    assertThat(server.calls())
        .containsExactly(
            VERSION_CALL,
            "POST /v1/plugins/p/uploads",
            "PUT /bucket/plugins/p/1.0.0.wasm",
            VERSION_CALL);
    FakeAmpoule.Seen put = server.seen.get(2);
    assertThat(put.body()).isEqualTo(MODULE);
    assertThat(put.query()).containsEntry("X-Amz-Signature", "5ec4e7");
    assertThat(put.headers()).doesNotContainKeys("Authorization", "Content-type");
    assertThat(server.seen.get(1).text()).isEqualTo("{\"version\":\"1.0.0\"}");
  }

  @Test
  void aLaterVersionWaitsForItsActivationAndSaysHow() {
    server.plugins.put("p", new LinkedHashMap<>(Map.of("0.9.0", Version.live(OTHER))));
    Shell.Result result = push();

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEqualTo("p@1.0.0 is VALIDATED, " + DIGEST + "\n");
    assertThat(result.err())
        .isEqualTo(UPLOADED.formatted(60) + "make it live with: ampoule activate p 1.0.0\n");
  }

  @Test
  void theManifestGoesWithTheRequestForTheUpload() throws IOException {
    Path manifest =
        Files.writeString(dir.resolve("plugin.json"), "{ \"name\": \"p\",\n \"limits\": {} }\n");
    push("--manifest", manifest.toString());

    assertThat(server.seen.get(1).text())
        .isEqualTo("{\"version\":\"1.0.0\",\"manifest\":{\"name\":\"p\",\"limits\":{}}}");
  }

  @Test
  void theSignatureIsUploadedBeforeTheModule() throws IOException {
    Path signature = Files.write(dir.resolve("plugin.wasm.sig"), new byte[] {1, 2, 3});
    assertThat(push("--signature", signature.toString()).exitCode()).isZero();
    assertThat(server.calls())
        .containsExactly(
            VERSION_CALL,
            "POST /v1/plugins/p/uploads",
            "PUT /bucket/plugins/p/1.0.0.wasm.sig",
            "PUT /bucket/plugins/p/1.0.0.wasm",
            VERSION_CALL);
    assertThat(server.seen.get(2).body()).containsExactly(1, 2, 3);
  }

  @Test
  void theRegistrationIsAwaitedWithProgress() {
    server.pollsUntilRegistered = 15;
    Shell.Result result = push();

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEqualTo("p@1.0.0 is LIVE, " + DIGEST + "\n");
    assertThat(result.err())
        .isEqualTo(
            UPLOADED.formatted(60) + "still waiting, 5 of 60 s\nstill waiting, 10 of 60 s\n");
  }

  @Test
  void aRejectionIsExitCode1WithEveryReason() {
    server.registersAs =
        Version.live(DIGEST)
            .in("REJECTED")
            .because("imports env.foo, which no ABI provides", "two memories");
    Shell.Result result = push();

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .isEqualTo(
            UPLOADED.formatted(60)
                + """
                p@1.0.0 was rejected:
                  imports env.foo, which no ABI provides
                  two memories
                """);
  }

  @Test
  void anEarlierRejectionIsNotTakenForTheAnswer() {
    exists(Version.live(OTHER).in("REJECTED").because("old"));
    server.pollsUntilRegistered = 3;
    server.registersAs = Version.live(DIGEST).at("2026-11-23T11:00:00Z");
    Shell.Result result = push();

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEqualTo("p@1.0.0 is LIVE, " + DIGEST + "\n");
  }

  @Test
  void anEarlierRejectionOfTheSameModuleIsNotTakenForTheAnswer() {
    exists(Version.live(DIGEST).in("REJECTED").because("plugin.json: old"));
    server.pollsUntilRegistered = 3;
    server.registersAs =
        Version.live(DIGEST).in("REJECTED").because("new").at("2026-11-23T11:00:00Z");
    Shell.Result result = push();

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).isEqualTo(UPLOADED.formatted(60) + "p@1.0.0 was rejected:\n  new\n");
  }

  @Test
  void whatWasRejectedAndIsPushedUnchangedIsStillRejected() {
    Version rejected = Version.live(DIGEST).in("REJECTED").because("old");
    exists(rejected);
    server.registersAs = rejected;
    Shell.Result result = push("--wait", "3s");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            UPLOADED.formatted(3)
                + "p@1.0.0 was rejected before, and that has not changed within 3 s:\n  old\n");
  }

  @Test
  void otherContentUnderTheSameVersionIsAFailure() {
    server.registersAs = Version.live(OTHER);
    Shell.Result result = push();

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .isEqualTo(
            UPLOADED.formatted(60)
                + "p@1.0.0 is registered with other content: %s, not %s of %s\n"
                    .formatted(OTHER, DIGEST, file));
  }

  @Test
  void aVersionThatExistsIsRefusedBeforeAnythingIsUploaded() {
    exists(Version.live(DIGEST));
    Shell.Result result = push();

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            """
            The version exists already; versions are immutable: The version is LIVE; choose another version number.
              state: LIVE
            """);
    assertThat(server.calls()).containsExactly(VERSION_CALL, "POST /v1/plugins/p/uploads");
  }

  @Test
  void theManifestsFaultsAreListed() {
    server.canned.put(
        "POST /v1/plugins/p/uploads",
        Canned.problem(
            400,
            """
            {"title":"The request is not as it must be","detail":"manifest: nmae: unknown field",
             "faults":[{"field":"nmae","reason":"unknown field"},
                       {"field":"limits.timeoutMs","reason":"must be 1 to 30000"}]}\
            """));
    Shell.Result result = push();

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            """
            The request is not as it must be: manifest: nmae: unknown field
              faults: nmae: unknown field
              faults: limits.timeoutMs: must be 1 to 30000
            """);
  }

  @Test
  void anUploadThatS3RefusesNamesItsCodeAndNotTheUrl() {
    server.canned.put(
        "PUT /bucket/plugins/p/1.0.0.wasm",
        Canned.of(
            403,
            "application/xml",
            "<Error><Code>SignatureDoesNotMatch</Code><Message>5ec4e7</Message></Error>"));
    Shell.Result result = push();

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo("The upload was refused: HTTP status 403 SignatureDoesNotMatch\n");
  }

  @ParameterizedTest
  @MethodSource("unusableUrls")
  void anUploadUrlThatCannotBeUsedIsAFailureAndNotRepeated(String url) {
    server.canned.put(
        "POST /v1/plugins/p/uploads",
        Canned.json(
            201, "{\"uploads\":{\"module\":{\"method\":\"PUT\",\"url\":\"" + url + "\"}}}"));
    Shell.Result result = push();

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            "POST /v1/plugins/p/uploads was answered with an unusable url; is this the URL of an Ampoule server?\n");
  }

  static Stream<Arguments> unusableUrls() {
    return Stream.of(arguments("file:///etc/passwd"), arguments("/relative"), arguments("a b"));
  }

  @Test
  void anUploadThatCannotBeReachedIsExitCode3AndTheSignatureIsNotShown() {
    server.canned.put(
        "POST /v1/plugins/p/uploads",
        Canned.json(
            201,
            "{\"uploads\":{\"module\":{\"url\":\"http://localhost:1/b?X-Amz-Signature=5ec4e7\"}}}"));
    Shell.Result result = push();

    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.err())
        .isEqualTo(
            "cannot reach http://localhost:1: connection refused; start it with ./ampoule up\n");
  }

  @Test
  void theWaitIsBounded() {
    server.pollsUntilRegistered = Integer.MAX_VALUE;
    Shell.Result result = push("--wait", "2s");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            UPLOADED.formatted(2)
                + "p@1.0.0 was not registered within 2 s; look again with: ampoule plugins p\n");
    // Before the upload; then at 0, 0.1, 0.3, 0.7, 1.5 and 2.5 s.
    assertThat(server.calls()).filteredOn(VERSION_CALL::equals).hasSize(7);
  }

  @Test
  void aServerThatIsUnwellIsAskedAgainUntilTheWaitIsOver() {
    server.canned.put(
        VERSION_CALL, Canned.problem(503, "{\"title\":\"Down\",\"detail\":\"Wait.\"}"));
    Shell.Result result = push("--wait", "2s");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).isEqualTo(UPLOADED.formatted(2) + "Down: Wait.\n");
    assertThat(server.calls()).filteredOn(VERSION_CALL::equals).hasSize(7);
  }

  @Test
  void aRefusalWhileWaitingEndsTheWait() {
    server.canned.put(VERSION_CALL, Canned.problem(403, "{\"title\":\"No\"}"));
    Shell.Result result = push();

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).isEqualTo(UPLOADED.formatted(60) + "No\n");
    assertThat(server.calls()).filteredOn(VERSION_CALL::equals).hasSize(2);
  }

  static Stream<Arguments> usageErrors() {
    return Stream.of(
        arguments(
            List.of("push", "FILE"),
            "Missing required options: '--name=NAME', '--version=VERSION'"),
        arguments(
            List.of("push", "--name", "p", "--version", "1.0.0"),
            "Missing required parameter: 'FILE.wasm'"),
        arguments(
            List.of("push", "/no/such.wasm", "--name", "p", "--version", "1.0.0"),
            "/no/such.wasm: cannot be read, no such file or directory"),
        arguments(List.of("push", "EMPTY", "--name", "p", "--version", "1.0.0"), "EMPTY: is empty"),
        arguments(
            List.of("push", "FILE", "--name", " ", "--version", "1.0.0"),
            "--name: must not be empty, '.' or '..'"),
        arguments(
            List.of("push", "FILE", "--name", "p", "--version", "1.0.0", "--manifest", "FILE"),
            "--manifest FILE: is not one JSON object without repeated fields"),
        arguments(
            List.of("push", "FILE", "--name", "p", "--version", "1.0.0", "--wait", "0s"),
            "Invalid value for option '--wait': must be 1s to 1h in seconds or minutes, as 90s or 2m"),
        arguments(
            List.of("push", "FILE", "--name", "p", "--version", "1.0.0", "--wait", "61m"),
            "Invalid value for option '--wait': must be 1s to 1h in seconds or minutes, as 90s or 2m"));
  }

  @ParameterizedTest
  @MethodSource("usageErrors")
  void wrongUsageIsExitCode2AndNothingIsSent(List<String> arguments, String error)
      throws IOException {
    String empty = Files.write(dir.resolve("empty.wasm"), new byte[0]).toString();
    shell.environment.put("AMPOULE_URL", server.url());
    Shell.Result result =
        shell.run(
            arguments.stream()
                .map(a -> a.equals("FILE") ? file.toString() : a.equals("EMPTY") ? empty : a)
                .toArray(String[]::new));

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err().replace(file.toString(), "FILE").replace(empty, "EMPTY"))
        .isEqualTo(error + "\nTry: ampoule push --help\n");
    assertThat(server.seen).isEmpty();
  }

  @Test
  void aModuleOfMoreThanTheLimitIsNotSent() throws IOException {
    Files.write(file, new byte[Push.MODULE_BYTES_MAX + 1]);
    Shell.Result result = push();

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .isEqualTo(
            file
                + ": more than 67108864 bytes; at most that many are sent\nTry: ampoule push --help\n");
  }
}
