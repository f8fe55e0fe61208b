package dev.ampoule.local.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class InvokeTest {
  private static final String REFUSED =
      """
      {"type":"https://ampoule.dev/problems/function-needed",
       "title":"The plugin has several functions and none was named","status":400,
       "detail":"Name one: ?function=…","functions":["adt","oru"]}\
      """;

  private final FakeAmpoule server = new FakeAmpoule();
  private final Shell shell = new Shell();

  @TempDir Path dir;

  @AfterEach
  void stop() {
    server.close();
  }

  private Shell.Result invoke(String... arguments) {
    shell.environment.put("AMPOULE_URL", server.url());
    return shell.run(
        Stream.concat(Stream.of("invoke"), Stream.of(arguments)).toArray(String[]::new));
  }

  private static byte[] everyByte() {
    byte[] bytes = new byte[512];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }

  @Test
  void bytesGoFromAFileToStandardOutputUnchanged() throws IOException {
    Path input = Files.write(dir.resolve("in"), everyByte());
    Shell.Result result = invoke("echo", "--input", input.toString());

    assertThat(result.exitCode()).isZero();
    assertThat(result.bytes()).isEqualTo(everyByte());
    assertThat(result.err()).isEmpty();
    assertThat(server.last().body()).isEqualTo(everyByte());
    assertThat(server.last().headers()).containsEntry("Content-type", "application/octet-stream");
  }

  @Test
  void bytesGoFromStandardInputToAFileUnchanged() throws IOException {
    shell.in = new ByteArrayInputStream(everyByte());
    Path output = Files.writeString(dir.resolve("out"), "x".repeat(1000));
    Shell.Result result = invoke("echo", "--input", "-", "--output", output.toString());

    assertThat(result.exitCode()).isZero();
    assertThat(result.bytes()).isEmpty();
    assertThat(Files.readAllBytes(output)).isEqualTo(everyByte());
  }

  @Test
  void withoutInputNothingIsSentAndStandardInputIsLeftAlone() {
    shell.in = new ByteArrayInputStream(everyByte());
    Shell.Result result = invoke("echo");

    assertThat(result.exitCode()).isZero();
    assertThat(result.bytes()).isEmpty();
    assertThat(server.last().body()).isEmpty();
  }

  static Stream<Arguments> calls() {
    return Stream.of(
        arguments(List.of("p"), "POST /v1/plugins/p/invoke", Map.of()),
        arguments(
            List.of("p", "--function", "a/b c&d"),
            "POST /v1/plugins/p/invoke",
            Map.of("function", "a/b c&d")),
        arguments(
            List.of("p", "--version", "1.0.0-rc.1"),
            "POST /v1/plugins/p/versions/1.0.0-rc.1/invoke",
            Map.of()),
        arguments(List.of("../p?x"), "POST /v1/plugins/..%2Fp%3Fx/invoke", Map.of()));
  }

  @ParameterizedTest
  @MethodSource("calls")
  void theCallNamesPluginVersionAndFunction(
      List<String> arguments, String call, Map<String, String> query) {
    assertThat(invoke(arguments.toArray(String[]::new)).exitCode()).isZero();
    assertThat(server.last().call()).isEqualTo(call);
    assertThat(server.last().query()).isEqualTo(query);
  }

  @Test
  void theContentTypeIsSentAsGiven() {
    invoke("p", "--content-type", "application/fhir+json; charset=utf-8");

    assertThat(server.last().headers())
        .containsEntry("Content-type", "application/fhir+json; charset=utf-8");
  }

  @Test
  void aProblemGoesToStandardErrorWithItsMembersAndLeavesTheOutputFileAlone() throws IOException {
    server.canned.put("POST /v1/plugins/p/invoke", FakeAmpoule.Canned.problem(400, REFUSED));
    Path output = Files.writeString(dir.resolve("out"), "before");
    Shell.Result result = invoke("p", "--output", output.toString());

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.bytes()).isEmpty();
    assertThat(result.err())
        .isEqualTo(
            """
            The plugin has several functions and none was named: Name one: ?function=…
              functions: adt, oru
            """);
    assertThat(output).hasContent("before");
  }

  @Test
  void inputOfExactlyTheLimitIsSent() {
    shell.in = new ByteArrayInputStream(new byte[6_291_456]);

    assertThat(invoke("p", "--input", "-").exitCode()).isZero();
    assertThat(server.last().body()).hasSize(6_291_456);
  }

  @Test
  void aByteMoreThanTheLimitIsNotSentAndTheErrorNamesTheLimit() {
    shell.in = new ByteArrayInputStream(new byte[6_291_457]);
    Shell.Result result = invoke("p", "--input", "-");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .isEqualTo(
            "--input -: more than 6291456 bytes; at most that many are sent\nTry: ampoule invoke --help\n");
    assertThat(server.seen).isEmpty();
  }

  static Stream<Arguments> usageErrors() {
    return Stream.of(
        arguments(List.of(), "Missing required parameter: 'NAME'"),
        arguments(List.of(""), "NAME: must not be empty, '.' or '..'"),
        arguments(List.of(".."), "NAME: must not be empty, '.' or '..'"),
        arguments(List.of("p", "--version", "."), "--version: must not be empty, '.' or '..'"),
        arguments(
            List.of("p", "--content-type", "text\r\nX: y"),
            "--content-type: not a media type (RFC 9110)"),
        arguments(
            List.of("p", "--input", "/no/such/file"),
            "--input /no/such/file: cannot be read, no such file or directory"),
        arguments(List.of("p", "--input", "/"), "--input /: is a directory"));
  }

  @ParameterizedTest
  @MethodSource("usageErrors")
  void wrongUsageIsExitCode2AndNothingIsSent(List<String> arguments, String error) {
    Shell.Result result = invoke(arguments.toArray(String[]::new));

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).isEqualTo(error + "\nTry: ampoule invoke --help\n");
    assertThat(server.seen).isEmpty();
  }

  @Test
  void aResultThatCannotBeWrittenIsAFailure() {
    Shell.Result result = invoke("p", "--output", "/no/such/dir/out");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo("--output /no/such/dir/out: cannot be written, no such file or directory\n");
  }
}
