package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code kill -9} leaves. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class KillTest {
  private static final int KILLS = 3;

  @TempDir private Path home;
  @TempDir private Path data;

  @Test
  void everyAcknowledgedCallHasItsEntryAndTheChainsVerify() throws Exception {
    var calls = new ArrayList<Load.Call>();
    var input =
        Files.readAllBytes(Stack.ROOT.resolve("plugins/news2/testdata/input/sepsis-high.json"));
    for (int kill = 0; kill < KILLS; kill++) {
      var up = up(kill);
      try (var out = up.inputReader(StandardCharsets.UTF_8)) {
        var url = url(out.lines().iterator());
        var token =
            LocalIssuer.open(home).issue("tester", List.of("integration"), Duration.ofMinutes(10));
        // Inputs of this round are longer than all before.
        int longest = calls.stream().mapToInt(Load.Call::inputBytes).max().orElse(input.length);
        var padded = Arrays.copyOf(input, longest);
        Arrays.fill(padded, input.length, longest, (byte) ' ');
        var load = new Load(url.resolve("/v1/plugins/news2/invoke"), token, padded);
        try (load) {
          load.moreAnswered(40);
          up.toHandle().destroyForcibly(); // SIGKILL
          up.waitFor();
        }
        calls.addAll(load.calls());
      } finally {
        up.destroyForcibly();
      }
      assertThat(up.waitFor()).as("ended by SIGKILL").isEqualTo(128 + 9);
    }
    assertThat(calls.stream().filter(Load.Call::answered).count())
        .isGreaterThanOrEqualTo(40 * KILLS);
    assertThat(calls.stream().filter(Load.Call::answered))
        .allMatch(call -> call.auditId().isPresent());

    try (var stack = new Stack(home, Optional.of(data))) {
      AuditTable.assertAgrees(calls, AuditTable.entries(stack));
      var verification = Stack.json(stack.get("/v1/audit/verification", stack.token("auditor")));
      assertThat(verification.path("ok").asBoolean()).as(verification.toString()).isTrue();
    }
  }

  private Process up(int round) throws Exception {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dampoule.root=" + Stack.ROOT,
            "-cp",
            System.getProperty("java.class.path"),
            "dev.ampoule.local.Main",
            "up",
            "--port",
            "0",
            "--aws-port",
            "0",
            "--data",
            data.toString());
    builder.environment().put("AMPOULE_HOME", home.toString());
    return builder.redirectError(home.resolve("stderr" + round + ".txt").toFile()).start();
  }

  /** Of the line that {@code up} prints when all samples are live. */
  private static URI url(Iterator<String> lines) {
    var printed = new ArrayList<String>();
    while (lines.hasNext()) {
      var line = lines.next();
      printed.add(line);
      if (line.startsWith("Ampoule ")) {
        return URI.create(line.substring("Ampoule ".length()).strip());
      }
    }
    throw new AssertionError("it did not start: " + printed);
  }
}
