package dev.ampoule.sandbox;

import static dev.ampoule.sandbox.Modules.call;
import static dev.ampoule.sandbox.Modules.told;
import static dev.ampoule.sandbox.Modules.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.plugin.Capabilities;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SandboxExtismTest {
  private static final LoadedModule MODULE = Modules.extism(Modules.extismWat("extism.wat"));

  private final Sandbox sandbox = new Sandbox(SandboxLimits.DEFAULT, HttpAccess.NONE);

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "echo, abc, output abc",
        "echo, 0123456789abcdef, output 0123456789abcdef",
        "echo, 0123456789abcdefg, output 0123456789abcdefg",
        "echo, \"\", \"output \"",
        "echo_in_place, abc, output abc",
        "nothing, abc, \"output \"",
        "config, x, output value of key",
        "config_absent, x, \"output \"",
        "var_absent, x, \"output \"",
        "var_set_get, x, output a log line",
        "var_deleted, x, \"output \"",
        "fails_with_text, x, error 1 it went wrong",
        "fails_with_text_and_0, x, error 0 it went wrong",
        "fails_with_code, x, error 7 Returned non-zero exit code: 7",
        "fails_with_long, x, error 9 Returned non-zero exit code: 9",
        "takes_back_its_error, x, \"output \"",
        "traps_after_its_error, x, error -1 it went wrong",
        "log_level, x, error 2147483647 Returned non-zero exit code: 2147483647",
        "counts, x, error 11 Returned non-zero exit code: 11",
        "absent, x, error -1 Function not found: absent",
        "two_results, x, \"error -1 Function two_results has 2 results, expected 0 or 1\"",
        "takes_parameters, x, \"error -1 Function takes_parameters has 1 parameters, expected 0\"",
      })
  void aRunEndsAsExtismsRuntimeEndsIt(String function, String input, String told) {
    var call =
        call(function, utf8(input), Modules.config(Map.of("key", "value of key")), Limits.DEFAULT);

    assertThat(told(sandbox.run(MODULE, call).outcome())).isEqualTo(told);
  }

  @Test
  void everyLogLevelReachesTheSinkInOrder() {
    List<String> lines = new ArrayList<>();
    var call =
        new PluginCall(
            new FunctionName("logs"),
            new byte[0],
            Modules.logging(),
            Limits.DEFAULT,
            (level, text) -> lines.add(level + " " + text.forCaller()));

    var run = sandbox.run(MODULE, call);

    assertThat(told(run.outcome())).isEqualTo("output ");
    assertThat(lines)
        .containsExactly(
            "TRACE a log", "DEBUG a log ", "INFO a log l", "WARN a log li", "ERROR a log line");
    assertThat(run.stats().logBytes()).isEqualTo(5 + 6 + 7 + 8 + 10 + 5);
  }

  @Test
  void withoutTheCapabilityLinesAreCountedAndDropped() {
    List<String> lines = new ArrayList<>();
    var call =
        new PluginCall(
            new FunctionName("logs"),
            new byte[0],
            Capabilities.NONE,
            Limits.DEFAULT,
            (level, text) -> lines.add(text.forCaller()));

    var run = sandbox.run(MODULE, call);

    assertThat(lines).isEmpty();
    assertThat(run.stats().logBytes()).isEqualTo(41);
  }

  @Test
  void noRunSeesWhatAnotherLeft() {
    for (int i = 0; i < 3; i++) {
      assertThat(told(sandbox.run(MODULE, call("counts", "")).outcome()))
          .isEqualTo("error 11 Returned non-zero exit code: 11");
    }
  }

  @Test
  void oneModuleOnManyThreadsGivesEachItsOwnAnswer() throws Exception {
    try (var threads = Executors.newFixedThreadPool(4)) {
      List<Callable<String>> calls = new ArrayList<>();
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        String input = "input " + i + " " + "x".repeat(i);
        expected.add("output " + input);
        calls.add(() -> told(sandbox.run(MODULE, call("echo", input)).outcome()));
      }

      List<String> answers = new ArrayList<>();
      for (var answer : threads.invokeAll(calls)) {
        answers.add(answer.get());
      }

      assertThat(answers).isEqualTo(expected);
    }
  }

  @Test
  void aRunTellsWhatItUsed() {
    var run = sandbox.run(MODULE, call("echo", "0123456789"));

    assertThat(run.stats().memoryPagesPeak()).isEqualTo(2);
    // input_length, alloc, a load and a store for 8 bytes and for each of 2, output_set
    assertThat(run.stats().hostCalls()).isEqualTo(9);
    assertThat(run.stats().wall()).isPositive();
  }
}
