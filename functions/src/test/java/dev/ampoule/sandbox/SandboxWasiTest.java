package dev.ampoule.sandbox;

import static dev.ampoule.sandbox.Modules.call;
import static dev.ampoule.sandbox.Modules.told;
import static dev.ampoule.sandbox.Modules.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import com.dylibso.chicory.wabt.Wat2Wasm;
import dev.ampoule.plugin.Capabilities;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SandboxWasiTest {
  private static final LoadedModule MODULE = Modules.command(Modules.wat("wasi.wat"));

  private final Sandbox sandbox =
      new Sandbox(
          new SandboxLimits(
              1024 * 1024, 1_000_000, 1000, 1000, 10, 1000, 2, 1000, Duration.ofSeconds(5), 1),
          HttpAccess.NONE);

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "_start, 0123456789, output 0123456789",
        "_start, \"\", \"output \"",
        "args, x, output args.",
        "environment, x, output A=b.",
        "exit_0, x, output out",
        "exit_3_with_words, x, error 3 it went wrong",
        "exit_4, x, error 4 WASI exit code: Exited with i32 exit status 4",
        "exit_out_of_memory, x, limit MEMORY_PAGES 16",
        "returns_5, x, error 5 Returned non-zero exit code: 5",
        "logs, x, \"output \"",
        "floods_stdout, x, limit OUTPUT_BYTES 2000",
        "floods_stderr, x, limit LOG_BYTES 1000",
        "closed, x, error 8 Returned non-zero exit code: 8",
        "renumbered, x, output out",
        "writes_to_stdin, x, error 8 Returned non-zero exit code: 8",
        "reads_from_stdout, x, error 8 Returned non-zero exit code: 8",
        "seeks, x, error 70 Returned non-zero exit code: 70",
        "has_a_preopened_directory, x, error 8 Returned non-zero exit code: 8",
        "opens_a_file, x, error 8 Returned non-zero exit code: 8",
        "opens_a_file_with_a_name_of_4_GiB, x, error 8 Returned non-zero exit code: 8",
        "reads_all_with_a_huge_vector, 0123456789, output 0123456789",
        "writes_more_than_it_has, x, trap BAD_HOST_CALL",
        "wall_clock, x, error 1 Returned non-zero exit code: 1",
        "clock_goes_back, x, \"output \"",
        "unknown_clock, x, error 28 Returned non-zero exit code: 28",
        "random_repeats, x, \"output \"",
        "sleeps, x, error 177 Returned non-zero exit code: 177",
        "polls_stdin, abc, error 103 Returned non-zero exit code: 103",
        "polls_stdin, \"\", error 100 Returned non-zero exit code: 100",
        "polls_too_much, x, error 28 Returned non-zero exit code: 28",
        "traps_with_words, x, trap UNREACHABLE",
      })
  void aCommandEndsAsItShould(String function, String input, String told) {
    var call =
        call(
            function,
            utf8(input),
            Modules.config(Map.of("A", "b")),
            new Limits(Duration.ofSeconds(20), 16, 1000, 2000));

    assertThat(told(sandbox.run(MODULE, call).outcome()).replace('\0', '.')).isEqualTo(told);
  }

  @Test
  void standardErrorIsTheLogLineByLine() {
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
    assertThat(lines).containsExactly("INFO a line", "INFO another", "INFO unfinished");
    assertThat(run.stats().logBytes()).isEqualTo(6 + 7 + 10 + 3);
  }

  @Test
  void theLastLineBeforeATrapIsLogged() {
    List<String> lines = new ArrayList<>();
    var call =
        new PluginCall(
            new FunctionName("traps_with_words"),
            new byte[0],
            Modules.logging(),
            Limits.DEFAULT,
            (level, text) -> lines.add(text.forCaller()));

    assertThat(told(sandbox.run(MODULE, call).outcome())).isEqualTo("trap UNREACHABLE");
    assertThat(lines).containsExactly("it went wrong");
  }

  @Test
  void anExtismPluginHasNoArgumentsNoEnvironmentAndAnEmptyStdin() {
    var module =
        Modules.load(
            Wat2Wasm.parse(
                """
                (module
                  (import "wasi_snapshot_preview1" "args_sizes_get"
                    (func $args (param i32 i32) (result i32)))
                  (import "wasi_snapshot_preview1" "environ_sizes_get"
                    (func $environment (param i32 i32) (result i32)))
                  (import "wasi_snapshot_preview1" "fd_read"
                    (func $read (param i32 i32 i32 i32) (result i32)))
                  (memory 1)
                  (func (export "f") (result i32)
                    (drop (call $args (i32.const 0) (i32.const 4)))
                    (drop (call $environment (i32.const 8) (i32.const 12)))
                    (i32.store (i32.const 24) (i32.const 100))
                    (i32.store (i32.const 28) (i32.const 100))
                    (i32.store (i32.const 16) (i32.const 9))
                    (drop (call $read (i32.const 0) (i32.const 24) (i32.const 1) (i32.const 16)))
                    (i32.or (i32.or (i32.load (i32.const 0)) (i32.load (i32.const 8)))
                      (i32.load (i32.const 16)))))\
                """),
            Abi.EXTISM);
    var call = call("f", utf8("input"), Modules.config(Map.of("A", "b")), Limits.DEFAULT);

    assertThat(told(sandbox.run(module, call).outcome())).isEqualTo("output ");
  }

  @Test
  void longWordsOfAFailureAreCutAtTheirBeginning() {
    var module =
        Modules.command(
            """
            (module
              (import "wasi_snapshot_preview1" "fd_write"
                (func $write (param i32 i32 i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              (memory 1)
              (func (export "f")
                (i32.store (i32.const 0) (i32.const 100))
                (i32.store (i32.const 4) (i32.const 5000))
                (memory.fill (i32.const 100) (i32.const 97) (i32.const 4998))
                (i32.store8 (i32.const 5098) (i32.const 121))
                (i32.store8 (i32.const 5099) (i32.const 122))
                (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
                (call $exit (i32.const 1))))\
            """);
    var capabilities = new Capabilities(Map.of(), Optional.empty(), 0, List.of(), false);

    var outcome =
        new Sandbox(SandboxLimits.DEFAULT, HttpAccess.NONE)
            .run(module, call("f", new byte[0], capabilities, Limits.DEFAULT))
            .outcome();

    assertThat(told(outcome)).isEqualTo("error 1 " + "a".repeat(4094) + "yz");
  }
}
