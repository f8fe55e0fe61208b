package dev.ampoule.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  private record Ran(int exitCode, String out, String err) {}

  @Test
  void helpNamesEverySubcommand() {
    Ran ran = run("--help");
    assertThat(ran.exitCode()).isZero();
    assertThat(ran.out()).contains("Usage: ampoule").contains("  up ").contains("  token ");
  }

  @Test
  void helpOfUpNamesEveryOption() {
    assertThat(run("up", "--help").out())
        .contains(
            "--port",
            "--aws-port",
            "--data",
            "--host",
            "--dynamodb",
            "--template",
            "--no-samples",
            "--websocket-idle",
            "--websocket-lifetime",
            "--fault",
            "--trust",
            "--require-signature");
  }

  @ParameterizedTest
  @CsvSource({
    "token --role author --expires PT25H, 'token: expires: 1 s to 24 h, got 90000 s'",
    "token, Missing required option: '--role=ROLE'",
    "token --role author --expires soon, 'must be 1s to 24h, as 90s, 30m or 8h'",
    "token --role author --expires 25h, 'token: expires: 1 s to 24 h, got 90000 s'",
    "up --port eighty, Invalid value for option '--port'",
    "up --port 99999, '--port: must be 0 (any free one) to 65535, not 99999'",
    "up --aws-port -1, '--aws-port: must be 0 (any free one) to 65535, not -1'",
    "up --port 9001 --aws-port 9001, '--aws-port: must not be the port of the gateway, 9001'",
    "up --dynamodb localhost:8000, '--dynamodb: must be http(s)://host[:port], not localhost:8000'",
    "up --websocket-idle soon, 'must be a time, as 500ms, 20s, 10m or 2h'",
    "up --websocket-idle 11m, '--websocket-idle: must be 100 ms to 600 s, not 660000 ms'",
    "up --websocket-lifetime 99ms, '--websocket-lifetime: must be 100 ms to 7200 s, not 99 ms'",
    "up --fault dynamodb=late, '--fault: must be SERVICE=FAULT with one of dynamodb, s3 and one of"
        + " down, slow, throttle, not dynamodb=late'",
    "up --fault sqs=down, 'not sqs=down'",
    "'up --fault s3=down,s3=slow', '--fault: has s3 more than once'",
    "up --dynamodb http://localhost:8000 --fault dynamodb=down, cannot break the DynamoDB",
    "up --require-signature, '--require-signature: needs --trust'",
    "up --trust no-such-file, '--trust no-such-file: cannot be read'",
    "up --trust pom.xml, '--trust pom.xml: not a public key of Ed25519'",
    "down, Unmatched argument at index 0: 'down'"
  })
  void wrongUsageExitsWith2AndSaysWhy(String arguments, String why) {
    Ran ran = run(arguments.split(" ", -1));
    assertThat(ran.exitCode()).isEqualTo(2);
    assertThat(ran.err()).contains(why);
  }

  @Test
  void aDataFolderThatCannotBeMadeIsToldInOneLine(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("taken"), "");
    Ran ran = run("up", "--port", "0", "--aws-port", "0", "--data", file.toString());
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.err())
        .isEqualTo("up: --data " + file + ": cannot make the folder dynamodb in it\n");
  }

  @Test
  void aDynamoDbThatDoesNotAnswerIsToldInOneLine() throws IOException {
    String nobody;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = "http://127.0.0.1:" + socket.getLocalPort();
    }
    Ran ran = run("up", "--port", "0", "--aws-port", "0", "--dynamodb", nobody);
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.err())
        .isEqualTo(
            "up: --dynamodb "
                + nobody
                + ": no tables could be made there; is it a DynamoDB, and does it answer?\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"@/srv/a b/m.hl7", "@/srv/Dr O'Hara/$HOME/`id`", "''"})
  void aQuotedWordComesOutOfAShellAsItWas(String word) throws IOException {
    Process shell =
        new ProcessBuilder("sh", "-c", "printf %s " + TemplateApplication.quoted(word)).start();
    assertThat(shell.getInputStream().readAllBytes()).asString(UTF_8).isEqualTo(word);
  }

  private static Ran run(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int exitCode =
        Main.commandLine(TemplateApplication::of)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new Ran(exitCode, out.toString(), err.toString());
  }
}
