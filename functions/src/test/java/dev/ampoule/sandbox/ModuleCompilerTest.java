package dev.ampoule.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.dylibso.chicory.runtime.ByteArrayMemory;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.wabt.Wat2Wasm;
import com.dylibso.chicory.wasm.Parser;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.sandbox.Rejection.Code;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ModuleCompilerTest {
  private static final CompileLimits LIMITS = CompileLimits.DEFAULT;
  private static final ModuleCompiler COMPILER = new ModuleCompiler(LIMITS);
  private static final byte[] SMALL =
      Wat2Wasm.parse("(module (func (export \"f\") (result i32) (i32.const 42)))");

  @AfterEach
  void noChildIsLeftBehind() {
    assertThat(children()).isEmpty();
  }

  @Test
  void aModuleIsCompiledInAChildAndItsArtifactRunsAsTheModuleDoes() throws Exception {
    byte[] wasm =
        Wat2Wasm.parse(
            """
            (module
              (memory 1) (data (i32.const 8) "\\05\\06\\07")
              (table 2 funcref) (elem (i32.const 0) $double $square)
              (global $started (mut i32) (i32.const 0))
              (type $op (func (param i32) (result i32)))
              (func $start (global.set $started (i32.const 1000)))
              (start $start)
              (func $double (type $op) (i32.mul (local.get 0) (i32.const 2)))
              (func $square (type $op) (i32.mul (local.get 0) (local.get 0)))
              (func (export "sum") (result i32) (local $i i32) (local $sum i32)
                (loop $next
                  (local.set $sum
                    (i32.add (local.get $sum)
                      (call_indirect (type $op)
                        (i32.load8_u (i32.add (i32.const 8) (local.get $i)))
                        (i32.and (local.get $i) (i32.const 1)))))
                  (br_if $next
                    (i32.lt_u
                      (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
                (i32.add (global.get $started) (local.get $sum))))
            """);

    CompiledModule compiled = compiled(COMPILER.compile(wasm, Manifest.UNDECLARED));
    assertThat(compiled.wasmDigest()).isEqualTo(ContentDigest.of(wasm));
    assertThat(compiled.engine()).isEqualTo(EngineId.current());
    assertThat(compiled.facts().abi()).isEqualTo(Abi.EXTISM);
    assertThat(compiled.facts().functions()).containsExactly(new FunctionName("sum"));

    Instance direct = Instance.builder(Parser.parse(wasm)).build();
    LoadedModule loaded = ModuleLoader.load(compiled.jar(), compiled.wasmDigest());
    for (int i = 0; i < 2; i++) { // one machine factory serves many instances
      Instance instance =
          Instance.builder(loaded.module())
              .withMemoryFactory(ByteArrayMemory::new)
              .withMachineFactory(loaded.machineFactory())
              .build();
      assertThat(instance.export("sum").apply())
          .isEqualTo(direct.export("sum").apply())
          .containsExactly(1000 + 10 + 36 + 14);
    }
  }

  @Test
  void theSameModuleCompilesToTheSameBytes() throws Exception {
    CompiledModule first = compiled(COMPILER.compile(SMALL, Manifest.UNDECLARED));
    CompiledModule second = compiled(COMPILER.compile(SMALL, Manifest.UNDECLARED));

    assertThat(second.jar()).isEqualTo(first.jar());
  }

  @Test
  void aModuleThatInspectionRefusesIsRejectedWithItsReason() throws Exception {
    byte[] wasm = Wat2Wasm.parse("(module (import \"m\" \"foo\" (func)) (func (export \"f\")))");

    assertThat(COMPILER.compile(wasm, Manifest.UNDECLARED))
        .isEqualTo(rejected(Code.IMPORT_UNKNOWN, "imports m.foo, which no ABI provides"));
  }

  @Test
  void aModuleOverTheByteLimitStartsNoChild() throws Exception {
    ModuleCompiler compiler =
        new ModuleCompiler(limits(10, LIMITS.time(), LIMITS.heapMebibytes(), 1), List.of("none"));

    assertThat(compiler.compile(new byte[11], Manifest.UNDECLARED))
        .isEqualTo(rejected(Code.MODULE_BYTES, "holds 11 bytes; at most 10 are accepted"));
  }

  @Test
  void aFunctionTooBigForTheJvmIsNamedAfterItsExport() throws Exception {
    assertThat(COMPILER.compile(tooBigForTheJvm(), Manifest.UNDECLARED))
        .isEqualTo(
            rejected(
                Code.FUNCTION_TOO_BIG,
                "function 0 (f) compiles to more than the 65535 bytes that a JVM method may have;"
                    + " split it, or build with less inlining (-Os, -fno-inline)"));
  }

  @Test
  void aFunctionTooBigForTheJvmIsNamedAfterItsNameFirst() throws Exception {
    WasmBytes names = new WasmBytes().u32(1).u32(0).name("parse message");
    byte[] named =
        new WasmBytes()
            .bytes(toInts(tooBigForTheJvm()))
            .section(WasmSections.CUSTOM, new WasmBytes().name("name").bytes(1).sized(names))
            .toBytes();

    assertThat(COMPILER.compile(named, Manifest.UNDECLARED))
        .isInstanceOfSatisfying(
            Compilation.Rejected.class,
            r ->
                assertThat(r.rejections().getFirst().reason())
                    .startsWith("function 0 (\"parse message\") compiles to more than"));
  }

  private static byte[] tooBigForTheJvm() {
    WasmBytes body = new WasmBytes().u32(1).u32(1).bytes(0x7f);
    for (int i = 0; i < 20_000; i++) {
      body.bytes(0x20, 0, 0x41, 1, 0x6a, 0x21, 0);
    }
    return WasmBytes.functions(2, body.bytes(0x20, 0, 0x0b));
  }

  @Test
  void aModuleNoInstanceCanBeMadeOfIsRejected() throws Exception {
    byte[] wasm =
        Wat2Wasm.parse("(module (memory 1) (data (i32.const 65535) \"ab\") (func (export \"f\")))");

    assertThat(COMPILER.compile(wasm, Manifest.UNDECLARED))
        .isInstanceOfSatisfying(
            Compilation.Rejected.class,
            r -> {
              assertThat(r.rejections().getFirst().code()).isEqualTo(Code.INVALID);
              assertThat(r.rejections().getFirst().reason())
                  .startsWith("no instance can be made of it: out of bounds memory access");
            });
  }

  static Stream<Arguments> features() {
    String f =
        "(module (memory 1) (table 1 externref) (global $g (mut externref) (ref.null extern))";
    // The opcodes that the assembler does not know, in the body of () -> i32.
    WasmBytes tailCall = new WasmBytes().u32(0).bytes(0x12, 0, 0x0b);
    return Stream.of(
        Arguments.of(
            "multi-value",
            Wat2Wasm.parse(
                f
                    + "(func $g2 (result i32 i64) (i32.const 1) (i64.const 2))"
                    + "(func (export \"f\") (result i32) (call $g2) drop))")),
        Arguments.of(
            "bulk memory",
            Wat2Wasm.parse(
                f
                    + "(func (export \"f\")"
                    + " (memory.fill (i32.const 0) (i32.const 0) (i32.const 0x80000000))))")),
        Arguments.of(
            "reference types",
            Wat2Wasm.parse(
                f
                    + "(func (export \"f\") (global.set $g (ref.null extern))"
                    + " (drop (table.grow (ref.null extern) (i32.const 5)))))")),
        Arguments.of(
            "sign extension and saturating conversion",
            Wat2Wasm.parse(
                f
                    + "(func (export \"f\") (result i32)"
                    + " (i32.extend8_s (i32.trunc_sat_f64_s (f64.const 1e300)))))")),
        Arguments.of("tail calls", WasmBytes.functions(1, tailCall)),
        Arguments.of("atomics without a shared memory", unsharedAtomics()));
  }

  private static byte[] unsharedAtomics() {
    // i32.atomic.load, then memory.atomic.wait32 without a time-out.
    WasmBytes body =
        new WasmBytes()
            .u32(0)
            .bytes(0x41, 0, 0xfe, 0x10, 2, 0, 0x1a)
            .bytes(0x41, 0, 0x41, 0, 0x42, 0x7f, 0xfe, 0x01, 2, 0, 0x0b);
    return WasmBytes.module()
        .section(WasmSections.TYPE, new WasmBytes().bytes(1, 0x60, 0, 1, 0x7f))
        .section(WasmSections.FUNCTION, new WasmBytes().bytes(1, 0))
        .section(WasmSections.MEMORY, new WasmBytes().bytes(1, 0, 1))
        .section(WasmSections.EXPORT, new WasmBytes().u32(1).name("f").bytes(0, 0))
        .section(WasmSections.CODE, new WasmBytes().u32(1).sized(body))
        .toBytes();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("features")
  void whatCompilersPutOutIsAccepted(String feature, byte[] wasm) {
    CompilerProcess.Reply reply =
        CompilerProcess.reply(
            new CompilerProcess.Request(
                ModuleInspector.Declared.of(Manifest.UNDECLARED),
                LIMITS.moduleBytes(),
                LIMITS.artifactBytes(),
                wasm));

    assertThat(reply).isInstanceOf(CompilerProcess.Reply.Compiled.class);
  }

  @Test
  void noCodeOfTheModuleRunsWhileItIsCompiled() throws Exception {
    byte[] wasm = Wat2Wasm.parse("(module (func $f (export \"f\") (loop $l (br $l))) (start $f))");

    assertThat(COMPILER.compile(wasm, Manifest.UNDECLARED))
        .isInstanceOf(Compilation.Compiled.class);
  }

  @Test
  void blocksNestedDeepDoNotExhaustTheCompilersStack() throws Exception {
    assertThat(COMPILER.compile(WasmBytes.nestedBlocks(200_000), Manifest.UNDECLARED))
        .isInstanceOf(Compilation.Compiled.class);
  }

  @Test
  void aCompilationOutOfTimeIsKilled() throws Exception {
    ModuleCompiler compiler =
        new ModuleCompiler(
            limits(LIMITS.moduleBytes(), Duration.ofMillis(2500), LIMITS.heapMebibytes(), 1));

    assertThat(compiler.compile(WasmBytes.wideBranchTables(400), Manifest.UNDECLARED))
        .isEqualTo(
            rejected(Code.COMPILE_TIME, "takes longer to compile than the limit of 2500 ms"));
  }

  @Test
  void aCompilationOutOfMemoryIsRejected() throws Exception {
    ModuleCompiler compiler = new ModuleCompiler(limits(LIMITS.moduleBytes(), LIMITS.time(), 8, 1));

    assertThat(compiler.compile(WasmBytes.wideBranchTables(400), Manifest.UNDECLARED))
        .isEqualTo(
            rejected(Code.COMPILE_MEMORY, "takes more memory to compile than the limit of 8 MiB"));
  }

  @Test
  void anArtifactOverItsLimitIsRejected() throws Exception {
    CompileLimits limits = new CompileLimits(1000, 1000, LIMITS.time(), 256, 1);

    assertThat(new ModuleCompiler(limits).compile(SMALL, Manifest.UNDECLARED))
        .isInstanceOfSatisfying(
            Compilation.Rejected.class,
            r ->
                assertThat(r.rejections().getFirst().reason())
                    .matches("compiles to \\d+ bytes; at most 1000 is accepted"));
  }

  @Test
  void anInterruptKillsTheChild() throws Exception {
    try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
      Future<Compilation> call =
          executor.submit(
              () -> COMPILER.compile(WasmBytes.wideBranchTables(400), Manifest.UNDECLARED));
      while (children().isEmpty() && !call.isDone()) {
        Thread.sleep(10);
      }
      executor.shutdownNow();

      assertThatThrownBy(call::get)
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(InterruptedException.class);
    }
  }

  @Test
  void aChildWhoseParentIsGoneEnds() throws Exception {
    Process child =
        new ProcessBuilder(ModuleCompiler.command(LIMITS, CompilerProcess.class)).start();
    try {
      OutputStream stdin = child.getOutputStream();
      new CompilerProcess.Request(
              ModuleInspector.Declared.of(Manifest.UNDECLARED),
              LIMITS.moduleBytes(),
              LIMITS.artifactBytes(),
              WasmBytes.wideBranchTables(400))
          .write(stdin);
      assertThat(child.isAlive()).isTrue();

      stdin.close();

      assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(child.exitValue()).isEqualTo(CompilerProcess.EXIT_PARENT_GONE);
    } finally {
      child.destroyForcibly().waitFor();
    }
  }

  @Test
  void noMoreChildrenRunAtOnceThanTheLimit() throws Exception {
    ModuleCompiler compiler =
        new ModuleCompiler(limits(LIMITS.moduleBytes(), LIMITS.time(), 256, 1));
    int most = 0;
    try (ExecutorService executor = Executors.newFixedThreadPool(4)) {
      List<Future<Compilation>> calls = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        calls.add(executor.submit(() -> compiler.compile(SMALL, Manifest.UNDECLARED)));
      }
      while (!calls.stream().allMatch(Future::isDone)) {
        most = Math.max(most, children().size());
        Thread.sleep(5);
      }
      for (Future<Compilation> call : calls) {
        assertThat(call.get()).isInstanceOf(Compilation.Compiled.class);
      }
    }
    assertThat(most).isEqualTo(1);
  }

  @Test
  void aCompilerThatCrashesIsTheModulesFault() throws Exception {
    assertThat(fake(FakeCompiler.Crashes.class).compile(SMALL, Manifest.UNDECLARED))
        .isEqualTo(rejected(Code.COMPILE_CRASH, "makes the compiler crash (exit status 134)"));
  }

  @Test
  void aChildThatHangsAndReadsNothingIsKilled() throws Exception {
    ModuleCompiler hanging =
        new ModuleCompiler(
            limits(LIMITS.moduleBytes(), Duration.ofMillis(1500), 64, 1),
            ModuleCompiler.command(LIMITS, FakeCompiler.Hangs.class));

    assertThat(hanging.compile(new byte[8 * 1024 * 1024], Manifest.UNDECLARED))
        .isEqualTo(
            rejected(Code.COMPILE_TIME, "takes longer to compile than the limit of 1500 ms"));
  }

  static Stream<Arguments> brokenHosts() {
    return Stream.of(
        Arguments.of(
            FakeCompiler.NeverStarts.class,
            "running the compiler process failed with exit status 1: no such class"),
        Arguments.of(
            FakeCompiler.LacksAClass.class,
            "running the compiler process failed with exit status 5: NoClassDefFoundError"),
        Arguments.of(FakeCompiler.EndsWithoutAReply.class, "reading the compiler's reply"),
        Arguments.of(FakeCompiler.AnswersGarbage.class, "reading the compiler's reply"),
        Arguments.of(
            FakeCompiler.AnswersAnotherArtifact.class,
            "the compiler's artifact does not start with its properties"));
  }

  @ParameterizedTest
  @MethodSource("brokenHosts")
  void aBrokenHostIsAnException(Class<?> child, String message) {
    assertThatThrownBy(() -> fake(child).compile(SMALL, Manifest.UNDECLARED))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(message);
  }

  @Test
  void aHostWithoutTheProgramIsAnException() {
    ModuleCompiler compiler = new ModuleCompiler(LIMITS, List.of("/nonexistent/java"));

    assertThatThrownBy(() -> compiler.compile(SMALL, Manifest.UNDECLARED))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage("starting the compiler process");
  }

  private static ModuleCompiler fake(Class<?> main) {
    return new ModuleCompiler(LIMITS, ModuleCompiler.command(LIMITS, main));
  }

  private static CompileLimits limits(
      int moduleBytes, Duration time, int heapMebibytes, int children) {
    return new CompileLimits(moduleBytes, LIMITS.artifactBytes(), time, heapMebibytes, children);
  }

  private static List<ProcessHandle> children() {
    return ProcessHandle.current()
        .children()
        .filter(ProcessHandle::isAlive)
        .filter(p -> p.info().commandLine().orElse("").contains("dev.ampoule.sandbox."))
        .toList();
  }

  private static int[] toInts(byte[] bytes) {
    int[] ints = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      ints[i] = bytes[i];
    }
    return ints;
  }

  private static CompiledModule compiled(Compilation compilation) {
    assertThat(compilation).isInstanceOf(Compilation.Compiled.class);
    return ((Compilation.Compiled) compilation).module();
  }

  private static Compilation rejected(Code code, String reason) {
    return new Compilation.Rejected(List.of(new Rejection(code, reason)));
  }
}
