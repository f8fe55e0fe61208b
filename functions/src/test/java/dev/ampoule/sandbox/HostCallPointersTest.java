package dev.ampoule.sandbox;

import static dev.ampoule.sandbox.Modules.call;
import static dev.ampoule.sandbox.Modules.told;
import static org.assertj.core.api.Assertions.assertThat;

import com.dylibso.chicory.wasm.types.FunctionType;
import com.dylibso.chicory.wasm.types.ValType;
import dev.ampoule.plugin.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every host call with pointers and lengths that mean nothing. */
class HostCallPointersTest {
  private static final Sandbox SANDBOX =
      new Sandbox(
          new SandboxLimits(
              1024 * 1024, 1000, 1000, 1000, 10, 1000, 2, 1000, Duration.ofSeconds(5), 1),
          HttpAccess.NONE);

  private static final Limits LIMITS = new Limits(Duration.ofSeconds(20), 16, 1000, 1000);

  /** Where there is no block, no memory, or its very end. */
  private static final List<Long> OFFSETS =
      List.of(
          1L, 63L, 64L, 79L, 81L, 65_535L, 65_536L, 1L << 31, (1L << 32) + 80, 1L << 62, -1L, -8L);

  /** The calls for which the runtime raises an error on a bad offset; the others answer. */
  private static final Set<String> RAISE =
      Set.of("config_get", "var_get", "var_set", "http_request");

  static Stream<String> extismCalls() {
    return new TreeMap<>(HostImports.EXTISM).keySet().stream();
  }

  static Stream<String> wasiCalls() {
    return new TreeMap<>(HostImports.WASI).keySet().stream();
  }

  private static String wat(ValType type) {
    return type.equals(ValType.I32) ? "i32" : "i64";
  }

  private static String calling(String module, String name, FunctionType type, List<Long> args) {
    String params = type.params().stream().map(t -> wat(t)).collect(Collectors.joining(" "));
    String results = type.returns().stream().map(t -> wat(t)).collect(Collectors.joining(" "));
    var constants = new StringBuilder();
    for (int i = 0; i < args.size(); i++) {
      boolean isInt = type.params().get(i).equals(ValType.I32);
      constants
          .append(isInt ? " (i32.const " + args.get(i).intValue() : " (i64.const " + args.get(i))
          .append(')');
    }
    String drop = "(drop ".repeat(type.returns().size());
    return """
    (module (import "%s" "%s" (func $f (param %s) (result %s)))
      (memory 1)
      (func (export "f") %s(call $f%s)%s)
      (func (export "again") (loop $l %s(call $f%s)%s (br $l))))\
    """
        .formatted(
            module,
            name,
            params,
            results,
            drop,
            constants,
            ")".repeat(type.returns().size()),
            drop,
            constants,
            ")".repeat(type.returns().size()));
  }

  @ParameterizedTest
  @MethodSource("extismCalls")
  void aBadOffsetHasTheAnswerOfExtism(String name) {
    var type = HostImports.find(HostImports.EXTISM_MODULE, name).orElseThrow();
    for (long offset : OFFSETS) {
      List<Long> args = new ArrayList<>();
      type.params().forEach(param -> args.add(offset));
      var module = Modules.extism(calling(HostImports.EXTISM_MODULE, name, type, args));

      String told = told(SANDBOX.run(module, call("f", Modules.limits(20_000, 16))).outcome());

      String expected =
          RAISE.contains(name)
              ? "trap BAD_HOST_CALL"
              : name.equals("alloc") && (offset < 0 || offset > 1_000_000)
                  ? "limit MEMORY_PAGES 16"
                  : name.equals("output_set") && offset >= 64 && offset <= 1000
                      ? "output " + "\0".repeat((int) offset) // in the memory, if in no block
                      : "output ";
      assertThat(told).as("%s(%d)", name, offset).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("extismCalls")
  void everyExtismCallIsCounted(String name) {
    var type = HostImports.find(HostImports.EXTISM_MODULE, name).orElseThrow();
    List<Long> args = new ArrayList<>();
    type.params().forEach(param -> args.add(0L));
    var module = Modules.extism(calling(HostImports.EXTISM_MODULE, name, type, args));

    String told =
        told(SANDBOX.run(module, call("again", new byte[0], Modules.vars(10), LIMITS)).outcome());

    assertThat(told)
        .isEqualTo(
            name.equals("http_request")
                ? "trap BAD_HOST_CALL" // no bytes are no JSON
                : "limit HOST_CALLS 1000");
  }

  /** What a call answers when every argument is 0, so that its pointers are good. */
  @ParameterizedTest
  @MethodSource("wasiCalls")
  void everyWasiCallLinksAndIsCounted(String name) {
    var type = HostImports.find(HostImports.WASI_MODULE, name).orElseThrow();
    List<Long> args = new ArrayList<>();
    type.params().forEach(param -> args.add(0L));
    var module = Modules.command(calling(HostImports.WASI_MODULE, name, type, args));

    String told = told(SANDBOX.run(module, call("again", Modules.limits(20_000, 16))).outcome());

    assertThat(told).isEqualTo(name.equals("proc_exit") ? "output " : "limit HOST_CALLS 1000");
  }

  static Stream<Arguments> badWasiPointers() {
    Map<String, List<List<Long>>> calls =
        Map.ofEntries(
            Map.entry(
                "args_get", List.of(List.of(65_533L, 0L), List.of(0L, 65_535L), List.of(-4L, 0L))),
            Map.entry("args_sizes_get", List.of(List.of(65_533L, 0L), List.of(0L, -1L))),
            Map.entry("environ_get", List.of(List.of(65_533L, 0L), List.of(0L, 65_535L))),
            Map.entry("environ_sizes_get", List.of(List.of(65_533L, 0L), List.of(0L, -1L))),
            Map.entry("clock_res_get", List.of(List.of(0L, 65_529L), List.of(1L, -1L))),
            Map.entry("clock_time_get", List.of(List.of(0L, 0L, 65_529L), List.of(1L, 0L, -8L))),
            Map.entry("fd_fdstat_get", List.of(List.of(0L, 65_520L), List.of(2L, -24L))),
            Map.entry("fd_filestat_get", List.of(List.of(0L, 65_500L), List.of(1L, -64L))),
            Map.entry(
                "fd_read",
                List.of(
                    List.of(0L, 65_530L, 1L, 0L),
                    List.of(0L, 0L, 0x7fff_ffffL, 0L),
                    List.of(0L, 0L, -1L, 0L),
                    List.of(0L, 0L, 1L, 65_533L))),
            Map.entry(
                "fd_write",
                List.of(
                    List.of(1L, 65_530L, 1L, 0L),
                    List.of(1L, 0L, 0x7fff_ffffL, 0L),
                    List.of(2L, 0L, -1L, 0L),
                    List.of(2L, -8L, 1L, 0L),
                    List.of(1L, 0L, 1L, 65_533L))),
            Map.entry(
                "poll_oneoff",
                List.of(
                    List.of(65_500L, 0L, 1L, 0L),
                    List.of(0L, 65_510L, 1L, 0L),
                    List.of(0L, 0L, 1L, 65_533L))),
            Map.entry(
                "random_get",
                List.of(
                    List.of(0L, 65_537L),
                    List.of(-1L, 1L),
                    List.of(0L, 0x7fff_ffffL),
                    List.of(1L, -1L))));
    return calls.entrySet().stream()
        .flatMap(e -> e.getValue().stream().map(args -> Arguments.of(e.getKey(), args)));
  }

  @ParameterizedTest
  @MethodSource("badWasiPointers")
  void aWasiPointerOutsideTheMemoryIsABadHostCall(String name, List<Long> args) {
    var module =
        Modules.command(
            calling(
                HostImports.WASI_MODULE,
                name,
                HostImports.find(HostImports.WASI_MODULE, name).orElseThrow(),
                args));
    var call = call("f", Modules.utf8("stdin"), Modules.config(Map.of("A", "b")), LIMITS);

    assertThat(told(SANDBOX.run(module, call).outcome())).isEqualTo("trap BAD_HOST_CALL");
  }

  @Test
  void aWasiCallWithoutAnyMemoryIsABadHostCall() {
    var module =
        Modules.command(
            """
            (module (import "wasi_snapshot_preview1" "random_get"
                (func $f (param i32 i32) (result i32)))
              (func (export "f") (drop (call $f (i32.const 0) (i32.const 1)))))\
            """);

    assertThat(told(SANDBOX.run(module, call("f", LIMITS)).outcome()))
        .isEqualTo("trap BAD_HOST_CALL");
  }
}
