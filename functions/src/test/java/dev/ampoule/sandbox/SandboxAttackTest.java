package dev.ampoule.sandbox;

import static dev.ampoule.sandbox.Modules.call;
import static dev.ampoule.sandbox.Modules.limits;
import static dev.ampoule.sandbox.Modules.told;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ampoule.plugin.Capabilities;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.Limits;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What an untrusted module may try, each with the outcome it gets instead. */
class SandboxAttackTest {
  private static final SandboxLimits SMALL =
      new SandboxLimits(
          1024 * 1024, 200_000, 1000, 1000, 100, 1000, 2, 100, Duration.ofSeconds(5), 1);

  private final Sandbox sandbox = new Sandbox(SMALL, HttpAccess.NONE);

  static Stream<Arguments> attacks() {
    return Stream.of(
        attack(
            "an endless loop",
            """
            (module (func (export "f") (loop $l (br $l))))\
            """,
            "timed out 100"),
        attack(
            "an endless start function",
            """
            (module (func $s (loop $l (br $l))) (start $s) (func (export "f")))\
            """,
            "timed out 100"),
        attack(
            "an endless initialiser",
            """
            (module (func (export "_initialize") (loop $l (br $l))) (func (export "f")))\
            """,
            "timed out 100"),
        attack(
            "an endless Haskell initialiser",
            """
            (module
              (func (export "hs_init") (param i32 i32) (loop $l (br $l)))
              (func (export "f")))\
            """,
            "timed out 100"),
        attack(
            "an endless loop around a host call",
            """
            (module
              (import "wasi_snapshot_preview1" "sched_yield" (func $y (result i32)))
              (func (export "f") (loop $l (drop (call $y)) (br $l))))\
            """,
            "limit HOST_CALLS 200000"),
        attack(
            "a sleep of a day",
            """
            (module
              (import "wasi_snapshot_preview1" "poll_oneoff"
                (func $poll (param i32 i32 i32 i32) (result i32)))
              (memory 1)
              (func (export "f")
                (i32.store (i32.const 16) (i32.const 1))
                (i64.store (i32.const 24) (i64.const 86400000000000))
                (drop (call $poll
                  (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))))\
            """,
            "timed out 100"),
        attack(
            "memory grown until it is refused",
            """
            (module (memory 1)
              (func (export "f")
                (loop $l
                  (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
                  (br $l))))\
            """,
            "limit MEMORY_PAGES 16"),
        attack(
            "memory refused by the module's own maximum",
            """
            (module (memory 1 2)
              (func (export "f")
                (if (i32.eq (memory.grow (i32.const 2)) (i32.const -1)) (then (unreachable)))))\
            """,
            "trap UNREACHABLE"),
        attack(
            "a refused growth that the plugin lives with",
            """
            (module (memory 1)
              (func (export "f") (drop (memory.grow (i32.const 2147483647)))))\
            """,
            "output "),
        attack(
            "growth by a negative number of pages",
            """
            (module (memory 1)
              (func (export "f")
                (if (i32.eq (memory.grow (i32.const -1)) (i32.const -1)) (then (unreachable)))))\
            """,
            "limit MEMORY_PAGES 16"),
        attack(
            "more memory at the start than the limit",
            """
            (module (memory 17) (func (export "f")))\
            """,
            "limit MEMORY_PAGES 16"),
        attack(
            "exactly the memory of the limit",
            """
            (module (memory 16) (func (export "f")))\
            """,
            "output "),
        attack(
            "memory in host blocks",
            """
            (module (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
              (memory 1)
              (func (export "f") (loop $l (drop (call $alloc (i64.const 60000))) (br $l))))\
            """,
            "limit MEMORY_PAGES 16"),
        attack(
            "memory half in host blocks, half its own",
            """
            (module (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
              (memory 1)
              (func (export "f")
                (drop (call $alloc (i64.const 600000)))
                (if (i32.eq (memory.grow (i32.const 10)) (i32.const -1)) (then (unreachable)))))\
            """,
            "limit MEMORY_PAGES 16"),
        attack(
            "one host block of 2^63 bytes",
            """
            (module (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
              (func (export "f") (drop (call $alloc (i64.const 0x8000000000000000)))))\
            """,
            "limit MEMORY_PAGES 16"),
        attack(
            "host blocks freed again, for ever",
            """
            (module (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
              (import "extism:host/env" "free" (func $free (param i64)))
              (func (export "f") (local $i i32)
                (loop $l
                  (call $free (call $alloc (i64.const 60000)))
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (br_if $l (i32.lt_u (local.get $i) (i32.const 50000))))))\
            """,
            "output "),
        attack(
            "deep recursion",
            """
            (module (func $r (export "f") (call $r)))\
            """,
            "limit CALL_DEPTH 1048576"),
        attack(
            "deep recursion through a table",
            """
            (module (type $t (func)) (table 1 funcref) (elem (i32.const 0) $r)
              (func $r (export "f") (call_indirect (type $t) (i32.const 0))))\
            """,
            "limit CALL_DEPTH 1048576"),
        attack(
            "recursion in a start function",
            """
            (module (func $r (call $r)) (start $r) (func (export "f")))\
            """,
            "limit CALL_DEPTH 1048576"),
        attack(
            "a fill that ends past 2^31",
            """
            (module (memory 1)
              (func (export "f")
                (memory.fill (i32.const 16) (i32.const 1) (i32.const 0x7fffffff))))\
            """,
            "trap OUT_OF_BOUNDS_MEMORY"),
        attack(
            "a fill of 2^32 - 1 bytes",
            """
            (module (memory 1)
              (func (export "f") (memory.fill (i32.const 1) (i32.const 1) (i32.const -1))))\
            """,
            "trap OUT_OF_BOUNDS_MEMORY"),
        attack(
            "a copy from past 2^31",
            """
            (module (memory 1)
              (func (export "f")
                (memory.copy (i32.const 0) (i32.const 0x7fffffff) (i32.const 0x7fffffff))))\
            """,
            "trap OUT_OF_BOUNDS_MEMORY"),
        attack(
            "a copy of 2^32 - 1 bytes",
            """
            (module (memory 1)
              (func (export "f")
                (memory.copy (i32.const 1) (i32.const 0) (i32.const -1))))\
            """,
            "trap OUT_OF_BOUNDS_MEMORY"),
        attack(
            "a data segment past its end",
            """
            (module (memory 1) (data $d "abc")
              (func (export "f")
                (memory.init $d (i32.const 0) (i32.const 2) (i32.const 2))))\
            """,
            "trap OUT_OF_BOUNDS_MEMORY"),
        attack(
            "a data segment outside the memory",
            """
            (module (memory 1) (data (i32.const 65535) "abc") (func (export "f")))\
            """,
            "trap OUT_OF_BOUNDS_MEMORY"),
        attack(
            "a load at the end of the memory",
            """
            (module (memory 1) (func (export "f") (drop (i32.load (i32.const 65533)))))\
            """,
            "trap OUT_OF_BOUNDS_MEMORY"),
        attack(
            "a load past 2^31",
            """
            (module (memory 1) (func (export "f") (drop (i64.load (i32.const -8)))))\
            """,
            "trap OUT_OF_BOUNDS_MEMORY"),
        attack(
            "a store whose address and offset pass 2^32",
            """
            (module (memory 1)
              (func (export "f") (i32.store offset=0x7fffffff (i32.const 0x7fffffff) (i32.const 1))))\
            """,
            "trap OUT_OF_BOUNDS_MEMORY"),
        attack(
            "a table larger than the limit",
            """
            (module (table 1001 funcref) (func (export "f")))\
            """,
            "limit TABLE_ELEMENTS 1000"),
        attack(
            "many tables that together pass the limit",
            """
            (module (table 600 funcref) (table 600 funcref) (func (export "f")))\
            """,
            "limit TABLE_ELEMENTS 1000"),
        attack(
            "a table grown until it is refused",
            """
            (module (table $t 1 funcref)
              (func (export "f")
                (loop $l
                  (if (i32.eq (table.grow $t (ref.null func) (i32.const 100)) (i32.const -1))
                    (then (unreachable)))
                  (br $l))))\
            """,
            "limit TABLE_ELEMENTS 1000"),
        attack(
            "a table grown by a negative number",
            """
            (module (table $t 1 funcref)
              (func (export "f") (drop (table.grow $t (ref.null func) (i32.const -1)))))\
            """,
            "output "),
        attack(
            "an index outside the table",
            """
            (module (type $t (func)) (table 1 funcref)
              (func (export "f") (call_indirect (type $t) (i32.const 7))))\
            """,
            "trap OUT_OF_BOUNDS_TABLE"),
        attack(
            "a null in the table",
            """
            (module (type $t (func)) (table 1 funcref)
              (func (export "f") (call_indirect (type $t) (i32.const 0))))\
            """,
            "trap INDIRECT_CALL"),
        attack(
            "a function of another type in the table",
            """
            (module (type $t (func)) (table 1 funcref) (elem (i32.const 0) $g)
              (func $g (param i64) (result i64) (local.get 0))
              (func (export "f") (call_indirect (type $t) (i32.const 0))))\
            """,
            "trap INDIRECT_CALL"),
        attack(
            "a division by zero",
            """
            (module (global $z (mut i32) (i32.const 0))
              (func (export "f") (drop (i32.div_u (i32.const 1) (global.get $z)))))\
            """,
            "trap INTEGER"),
        attack(
            "a quotient that overflows",
            """
            (module (global $z (mut i32) (i32.const -1))
              (func (export "f")
                (drop (i32.div_s (i32.const 0x80000000) (global.get $z)))))\
            """,
            "trap INTEGER"),
        attack(
            "a float that is no integer",
            """
            (module (global $z (mut f64) (f64.const nan))
              (func (export "f") (drop (i32.trunc_f64_s (global.get $z)))))\
            """,
            "trap INTEGER"),
        attack(
            "unreachable",
            """
            (module (func (export "f") (unreachable)))\
            """,
            "trap UNREACHABLE"),
        attack(
            "a trap in the start function",
            """
            (module (func $s (unreachable)) (start $s) (func (export "f")))\
            """,
            "trap UNREACHABLE"),
        attack(
            "a flood of output",
            """
            (module
              (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
              (import "extism:host/env" "output_set" (func $out (param i64 i64)))
              (func (export "f")
                (call $out (call $alloc (i64.const 1001)) (i64.const 1001))))\
            """,
            "limit OUTPUT_BYTES 1000"),
        attack(
            "output that nobody allocated",
            """
            (module
              (import "extism:host/env" "output_set" (func $out (param i64 i64)))
              (func (export "f") (call $out (i64.const 60000) (i64.const 4))))\
            """,
            "output \0\0\0\0"),
        attack(
            "output whose end passes 2^64",
            """
            (module
              (import "extism:host/env" "output_set" (func $out (param i64 i64)))
              (func (export "f") (call $out (i64.const 100) (i64.const -50))))\
            """,
            "output "),
        attack(
            "a flood of log lines",
            """
            (module
              (import "extism:host/env" "log_info" (func $log (param i64)))
              (func (export "f") (loop $l (call $log (i64.const 0)) (br $l))))\
            """,
            "limit LOG_BYTES 1000"),
        attack(
            "one long log line",
            """
            (module
              (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
              (import "extism:host/env" "log_info" (func $log (param i64)))
              (func (export "f") (call $log (call $alloc (i64.const 1000)))))\
            """,
            "limit LOG_BYTES 1000"),
        attack(
            "a flood of output to an Extism plugin's stdout",
            """
            (module
              (import "wasi_snapshot_preview1" "fd_write"
                (func $write (param i32 i32 i32 i32) (result i32)))
              (memory 1)
              (func (export "f")
                (i32.store (i32.const 4) (i32.const 100))
                (loop $l
                  (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                  (br $l))))\
            """,
            "limit LOG_BYTES 1000"),
        attack(
            "one variable larger than the limit",
            """
            (module
              (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
              (import "extism:host/env" "var_set" (func $set (param i64 i64)))
              (func (export "f")
                (call $set (call $alloc (i64.const 1)) (call $alloc (i64.const 1000)))))\
            """,
            "limit VARS_BYTES 1000"),
        attack(
            "many variables",
            """
            (module
              (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
              (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
              (import "extism:host/env" "var_set" (func $set (param i64 i64)))
              (func (export "f") (local $i i32) (local $key i64)
                (loop $l
                  (local.set $key (call $alloc (i64.const 1)))
                  (call $store (local.get $key) (local.get $i))
                  (call $set (local.get $key) (call $alloc (i64.const 1)))
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (br_if $l (i32.lt_u (local.get $i) (i32.const 120))))))\
            """,
            "limit VARS_BYTES 1000"),
        attack(
            "one variable set again and again",
            """
            (module
              (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
              (import "extism:host/env" "var_set" (func $set (param i64 i64)))
              (func (export "f") (local $i i32)
                (loop $l
                  (call $set (call $alloc (i64.const 1)) (call $alloc (i64.const 900)))
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (br_if $l (i32.lt_u (local.get $i) (i32.const 10000))))))\
            """,
            "output "),
        attack(
            "an import that no ABI provides",
            """
            (module (import "env" "foo" (func)) (func (export "f")))\
            """,
            "trap OTHER"),
        attack(
            "an import of another type than the ABI's",
            """
            (module (import "extism:host/env" "alloc" (func (param i32) (result i32)))
              (func (export "f")))\
            """,
            "trap OTHER"),
        attack(
            "an imported memory",
            """
            (module (import "env" "memory" (memory 1)) (func (export "f")))\
            """,
            "trap OTHER"),
        attack(
            "HTTP that was not declared",
            """
            (module
              (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
              (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
              (import "extism:host/env" "http_request" (func $http (param i64 i64) (result i64)))
              (memory 1) (data (i32.const 0) "{\\"url\\":\\"http://example.org/\\"}")
              (func (export "f") (local $i i32) (local $block i64)
                (local.set $block (call $alloc (i64.const 29)))
                (loop $l
                  (call $store
                    (i64.add (local.get $block) (i64.extend_i32_u (local.get $i)))
                    (i32.load8_u (local.get $i)))
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (br_if $l (i32.lt_u (local.get $i) (i32.const 29))))
                (drop (call $http (local.get $block) (i64.const 0)))))\
            """,
            "denied HTTP"));
  }

  private static Arguments attack(String name, String wat, String told) {
    return Arguments.of(name, wat, told);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("attacks")
  void everyAttackHasItsOutcome(String name, String wat, String told) {
    var module = Modules.extism(wat);
    var limits = new Limits(Duration.ofMillis(timeout(told)), 16, 1000, 1000);

    var run = sandbox.run(module, call("f", new byte[0], Modules.vars(1000), limits));

    assertThat(told(run.outcome())).isEqualTo(told);
    assertThat(run.stats().memoryPagesPeak()).isBetween(0, 16);
  }

  /** Short where the deadline is what is tested, long where it must not be what ends the run. */
  private static int timeout(String told) {
    return told.startsWith("timed out") ? 100 : 20_000;
  }

  @AfterEach
  void noThreadIsGivenUp() {
    assertThat(sandbox.abandonedThreads()).isZero();
  }

  @Test
  void tooMuchInputDoesNotReachThePlugin() {
    var module = Modules.extism("(module (func (export \"f\") (unreachable)))");
    var limits = new Limits(Duration.ofSeconds(1), 16, 10, 10);

    var run = sandbox.run(module, call("f", new byte[11], Capabilities.NONE, limits));

    assertThat(told(run.outcome())).isEqualTo("limit INPUT_BYTES 10");
  }

  /**
   * {@code (module (memory 1 1 shared) (func (export "f") (drop (memory.atomic.wait32 (i32.const 0)
   * (i32.const 0) (i64.const -1)))))}, which wabt 1.0.0 does not assemble.
   */
  @Test
  void aWaitForANotificationThatNeverComesEndsAtTheDeadline() {
    byte[] wasm =
        Base64.getDecoder()
            .decode("AGFzbQEAAAABBAFgAAADAgEABQQBAwEBBwUBAWYAAAoPAQ0AQQBBAEJ//gECABoL");
    var module = Modules.load(wasm, Abi.EXTISM);

    assertThat(told(sandbox.run(module, call("f", limits(100, 16))).outcome()))
        .isEqualTo("timed out 100");
  }

  /**
   * {@code (module (type (array (mut i64))) (func (export "f") (drop (array.new 0 (i64.const 0)
   * (i32.const 0x7fffffff)))))}
   */
  @Test
  void garbageCollectedTypesAreRefused() {
    byte[] wasm =
        HexFormat.of()
            .parseHex(
                "0061736d01000000"
                    + "0107025e7e01600000"
                    + "03020101"
                    + "07050101660000"
                    + "0a10010e00420041ffffffff07fb06001a0b");
    var module = Modules.load(wasm, Abi.EXTISM);

    assertThat(told(sandbox.run(module, call("f", limits(20_000, 16))).outcome()))
        .isEqualTo("trap OTHER");
  }

  @Test
  void theInputCountsAsMemory() {
    var module = Modules.extism("(module (memory 1) (func (export \"f\")))");

    var run = sandbox.run(module, call("f", new byte[200_000], Capabilities.NONE, limits(1000, 3)));

    assertThat(told(run.outcome())).isEqualTo("limit MEMORY_PAGES 3");
  }

  @Test
  void aTableThatOneCallGrewStartsSmallInTheNext() {
    var module =
        Modules.extism(
            """
            (module (table $t 1 funcref)
              (func (export "f") (result i32)
                (drop (table.grow $t (ref.null func) (i32.const 10)))
                (table.size $t)))\
            """);

    for (int i = 0; i < 2; i++) {
      assertThat(told(sandbox.run(module, call("f", limits(1000, 16))).outcome()))
          .isEqualTo("error 11 Returned non-zero exit code: 11");
    }
  }

  @Test
  void aDroppedSegmentIsThereAgainInTheNextCall() {
    var module =
        Modules.extism(
            """
            (module (memory 1) (data $d "abc") (table $t 1 funcref) (elem $e func $g) (func $g)
              (func (export "f")
                (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3))
                (data.drop $d)
                (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))
                (elem.drop $e)))\
            """);

    for (int i = 0; i < 2; i++) {
      assertThat(told(sandbox.run(module, call("f", limits(1000, 16))).outcome()))
          .isEqualTo("output ");
    }
  }

  @Test
  void aRunThatEndedBadlyLeavesNothingToTheNext() {
    var module =
        Modules.extism(
            """
            (module (memory 1) (global $g (mut i32) (i32.const 0))
              (func (export "spoil")
                (global.set $g (i32.const 9))
                (i32.store (i32.const 0) (i32.const 9))
                (drop (memory.grow (i32.const 1)))
                (unreachable))
              (func (export "look") (result i32)
                (i32.add (i32.add (global.get $g) (i32.load (i32.const 0))) (memory.size))))\
            """);

    assertThat(told(sandbox.run(module, call("spoil", limits(1000, 16))).outcome()))
        .isEqualTo("trap UNREACHABLE");
    assertThat(told(sandbox.run(module, call("look", limits(1000, 16))).outcome()))
        .isEqualTo("error 1 Returned non-zero exit code: 1");
  }

  @Test
  void otherRunsGoOnWhileOneIsEndless() throws Exception {
    var endless = Modules.extism("(module (func (export \"f\") (loop $l (br $l))))");
    var recursive = Modules.extism("(module (func $r (export \"f\") (call $r)))");
    var good = Modules.extism("(module (func (export \"f\") (result i32) (i32.const 3)))");
    try (var threads = Executors.newFixedThreadPool(2)) {
      var stuck =
          threads.submit(() -> told(sandbox.run(endless, call("f", limits(500, 16))).outcome()));
      var deep =
          threads.submit(() -> told(sandbox.run(recursive, call("f", limits(9000, 16))).outcome()));
      for (int i = 0; i < 50; i++) {
        assertThat(told(sandbox.run(good, call("f", limits(9000, 16))).outcome()))
            .isEqualTo("error 3 Returned non-zero exit code: 3");
      }
      assertThat(stuck.get()).isEqualTo("timed out 500");
      assertThat(deep.get()).isEqualTo("limit CALL_DEPTH 1048576");
    }
  }

  @Test
  void anInterruptedCallerGetsItsAnswerAndKeepsItsInterrupt() {
    var module = Modules.extism("(module (func (export \"f\") (loop $l (br $l))))");

    Thread.currentThread().interrupt();
    var run = sandbox.run(module, call("f", limits(20_000, 16)));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(told(run.outcome())).isEqualTo("timed out 20000");
  }

  @Test
  void aLogSinkThatFailsIsItsOwnersBug() {
    var module =
        Modules.extism(
            """
            (module (import "extism:host/env" "log_info" (func $log (param i64)))
              (func (export "f") (call $log (i64.const 0))))\
            """);
    var call =
        new PluginCall(
            new FunctionName("f"),
            new byte[0],
            Modules.logging(),
            Limits.DEFAULT,
            (level, text) -> {
              throw new IllegalStateException("sink");
            });

    assertThatThrownBy(() -> sandbox.run(module, call)).hasRootCauseMessage("sink");
  }

  @Test
  void aThreadThatCannotBeStoppedIsAnsweredForAndCounted() {
    var module = Modules.extism("(module (memory 1) (func (export \"f\")))");
    var release = new CountDownLatch(1);
    var stuck =
        new LoadedModule(
            module.digest(),
            module.facts(),
            module.weightBytes(),
            module.module(),
            instance -> {
              awaitUninterruptibly(release);
              return module.machineFactory().apply(instance);
            });
    var impatient =
        new Sandbox(
            new SandboxLimits(1024 * 1024, 1, 1, 1, 1, 1, 1, 1, Duration.ofMillis(30), 1),
            HttpAccess.NONE);

    assertThat(told(impatient.run(stuck, call("f", limits(30, 16))).outcome()))
        .isEqualTo("timed out 30");
    assertThat(impatient.abandonedThreads()).isEqualTo(1);
    assertThatThrownBy(() -> impatient.run(module, call("f", limits(1000, 16))))
        .isInstanceOf(Sandbox.ExhaustedException.class);

    release.countDown();
    while (impatient.abandonedThreads() > 0) {
      Thread.onSpinWait();
    }
    assertThat(told(impatient.run(module, call("f", limits(1000, 16))).outcome()))
        .isEqualTo("output ");
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException e) {
        // this is what makes it stuck
      }
    }
  }

  @Test
  void initialisersRunInExtismsOrder() {
    String body =
        """
        (global $order (mut i32) (i32.const 0))
        (func $note (param $n i32)
          (global.set $order (i32.add (i32.mul (global.get $order) (i32.const 10)) (local.get $n))))
        (func $start (call $note (i32.const 1)))
        (start $start)
        (func (export "f") (result i32) (global.get $order))
        """;
    String reactor = "(func (export \"_initialize\") (call $note (i32.const 2)))";
    String constructors = "(func (export \"__wasm_call_ctors\") (call $note (i32.const 3)))";
    String haskell = "(func (export \"hs_init\") (param i32 i32) (call $note (i32.const 4)))";
    String wrongType =
        "(func (export \"_initialize\") (result i32) (call $note (i32.const 5)) (i32.const 0))";

    for (var expected :
        List.of(
            List.of("", "1"),
            List.of(reactor, "12"),
            List.of(constructors, "13"),
            List.of(reactor + constructors, "13"),
            List.of(haskell, "14"),
            List.of(reactor + haskell, "124"),
            List.of(wrongType, "1"))) {
      var module = Modules.extism("(module " + body + expected.getFirst() + ")");

      assertThat(told(sandbox.run(module, call("f", limits(1000, 16))).outcome()))
          .isEqualTo(
              "error "
                  + expected.getLast()
                  + " Returned non-zero exit code: "
                  + expected.getLast());
    }
  }
}
