package dev.ampoule.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.dylibso.chicory.wabt.Wat2Wasm;
import dev.ampoule.plugin.Capabilities;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.Limits;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.Phi;
import dev.ampoule.sandbox.Rejection.Code;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModuleInspectorTest {
  private static final ModuleInspector INSPECTOR =
      new ModuleInspector(CompileLimits.DEFAULT.moduleBytes());

  private static final Optional<List<String>> NO_HTTP = Optional.empty();
  private static final String F = "(func (export \"f\"))";

  @Test
  void aThousandCallableFunctionsAreAcceptedAndOneMoreIsNot() {
    assertThat(INSPECTOR.inspect(exporting(1_000), Manifest.UNDECLARED))
        .isInstanceOf(Inspection.Accepted.class);
    assertThat(first(INSPECTOR.inspect(exporting(1_001), Manifest.UNDECLARED)))
        .isEqualTo(
            new Rejection(
                Code.TOO_MANY,
                "exports 1001 functions that can be called; at most 1000 are supported"));
  }

  private static byte[] exporting(int functions) {
    return Wat2Wasm.parse(
        IntStream.range(0, functions)
            .mapToObj(i -> "(export \"f" + i + "\" (func 0))")
            .collect(Collectors.joining("", "(module (func)", ")")));
  }

  static Stream<Arguments> refusedText() {
    return Stream.of(
        refused(
            "(import \"env\" \"foo\" (func))" + F,
            Code.IMPORT_UNKNOWN,
            "imports env.foo, which no ABI provides; it was left undefined when the module was"
                + " linked"),
        refused(
            "(import \"env\" \"extism_alloc\" (func))" + F,
            Code.IMPORT_UNKNOWN,
            "imports env.extism_alloc, which no ABI provides; it was built with an Extism PDK"
                + " older than 1.0, rebuild it with a current one"),
        refused(
            "(import \"extism:host/user\" \"now\" (func))" + F,
            Code.IMPORT_UNKNOWN,
            "imports extism:host/user.now, which no ABI provides; there are no functions of the"
                + " host's own"),
        refused(
            "(import \"wasi_unstable\" \"fd_write\" (func))" + F,
            Code.IMPORT_UNKNOWN,
            "imports wasi_unstable.fd_write, which no ABI provides; WASI preview 0 is not"
                + " supported, build for wasm32-wasip1"),
        refused(
            "(import \"wasi_snapshot_preview1\" \"fd_fly\" (func))" + F,
            Code.IMPORT_UNKNOWN,
            "imports wasi_snapshot_preview1.fd_fly, which no ABI provides; it is not in WASI"
                + " preview 1"),
        refused(
            "(import \"a\" \"c\" (func))" + F,
            Code.IMPORT_UNKNOWN,
            "imports a.c, which no ABI provides; minified names are Emscripten's for JavaScript,"
                + " link with -sSTANDALONE_WASM"),
        refused(
            "(import \"gojs\" \"runtime.wasmExit\" (func))" + F,
            Code.IMPORT_UNKNOWN,
            "imports gojs.runtime.wasmExit, which no ABI provides; GOOS=js needs a JavaScript"
                + " host, build with GOOS=wasip1"),
        refused(
            "(import \"a b\" \"\\00<x>\" (func))" + F,
            Code.IMPORT_UNKNOWN,
            "imports \"a b\".\"\\u0000<x>\", which no ABI provides"),
        refused(
            "(import \"extism:host/env\" \"alloc\" (func (param i32) (result i32)))" + F,
            Code.IMPORT_TYPE,
            "imports extism:host/env.alloc as (i32) -> (i32); it is (i64) -> (i64)"),
        refused(
            "(import \"extism:host/env\" \"http_request\" (func (param i64) (result i64)))" + F,
            Code.IMPORT_TYPE,
            "imports extism:host/env.http_request as (i64) -> (i64); it is (i64, i64) -> (i64)"),
        refused(
            "(import \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i64)))" + F,
            Code.IMPORT_TYPE,
            "imports wasi_snapshot_preview1.proc_exit as (i64) -> (); it is (i32) -> ()"),
        refused(
            "(import \"env\" \"memory\" (memory 1))" + F,
            Code.IMPORT_KIND,
            "imports the memory env.memory, which no ABI provides; a plugin defines its own"),
        refused(
            "(import \"extism:host/env\" \"memory\" (memory 1))" + F,
            Code.IMPORT_KIND,
            "imports the memory extism:host/env.memory, which no ABI provides; a plugin defines"
                + " its own"),
        refused(
            "(import \"env\" \"t\" (table 1 funcref))" + F,
            Code.IMPORT_KIND,
            "imports the table env.t, which no ABI provides; a plugin defines its own"),
        refused(
            "(import \"env\" \"g\" (global i32))" + F,
            Code.IMPORT_KIND,
            "imports the global env.g, which no ABI provides; a plugin defines its own"),
        refused(
            "(memory 1025)" + F,
            Code.MEMORY_PAGES,
            "starts with 1025 pages of memory (64 KiB each); the manifest's limits.memoryPages is"
                + " by default 1024"),
        refused(
            "(memory 65536)" + F,
            Code.MEMORY_PAGES,
            "starts with 65536 pages of memory (64 KiB each); the manifest's limits.memoryPages is"
                + " by default 1024"),
        refused(
            "(table 600000 funcref) (table 400001 funcref)" + F,
            Code.TABLE_ENTRIES,
            "tables hold 1000001 entries; at most 1000000 are supported"),
        refused(
            "(table 10000000 funcref)".repeat(16) + F,
            Code.TABLE_ENTRIES,
            "tables hold 160000000 entries; at most 1000000 are supported"),
        refused(
            "(table 1 funcref)".repeat(17) + F,
            Code.TABLES,
            "declares 17 tables; at most 16 are supported"),
        refused(
            "(func (export \"f\") (drop (v128.const i32x4 0 0 0 0)))",
            Code.SIMD,
            "uses SIMD, which the compiler does not support; build without it (clang -mno-simd128,"
                + " rustc -C target-feature=-simd128)"),
        refused(
            "(global v128 (v128.const i32x4 0 0 0 0))" + F,
            Code.SIMD,
            "uses SIMD, which the compiler does not support; build without it (clang -mno-simd128,"
                + " rustc -C target-feature=-simd128)"),
        refused(
            "(func (param v128))" + F,
            Code.SIMD,
            "uses SIMD, which the compiler does not support; build without it (clang -mno-simd128,"
                + " rustc -C target-feature=-simd128)"),
        refused(
            "",
            Code.NO_EXPORT,
            "exports nothing that can be called, so it fits no ABI: a plugin function takes no"
                + " parameters and returns nothing, an i32 or an i64; it exports no function"),
        refused(
            "(func (export \"add\") (param i32 i32) (result i32) (i32.const 0))"
                + "(func (export \"ratio\") (result f64) (f64.const 0))"
                + "(func (export \"__collect\"))(func (export \"_initialize\"))",
            Code.NO_EXPORT,
            "exports nothing that can be called, so it fits no ABI: a plugin function takes no"
                + " parameters and returns nothing, an i32 or an i64; it exports __collect () ->"
                + " (), _initialize () -> (), add (i32, i32) -> (i32), ratio () -> (f64)"),
        refused(
            "(func (export \"_start\") (result i32) (i32.const 0))",
            Code.EXPORT_TYPE,
            "exports _start as () -> (i32); _start of a WASI command takes no parameters and"
                + " returns nothing"));
  }

  private static Arguments refused(String fields, Code code, String reason) {
    return Arguments.of(fields, code, reason);
  }

  @ParameterizedTest
  @MethodSource("refusedText")
  void aModuleThatCannotRunIsRefusedInWordsItsAuthorCanActOn(
      String fields, Code code, String reason) {
    assertThat(inspect(fields, Manifest.UNDECLARED))
        .isEqualTo(rejected(new Rejection(code, reason)));
  }

  static Stream<Arguments> refusedBytes() {
    String notWasm = "not a WebAssembly module: ";
    String malformed = "not a valid WebAssembly module: ";
    return Stream.of(
        Arguments.of(bytes(), Code.NOT_WASM, notWasm + "it ends at byte 0, before its magic"),
        Arguments.of(bytes(0, 'a'), Code.NOT_WASM, notWasm + "it ends at byte 2, before its magic"),
        Arguments.of(
            bytes(0, 'a', 's', 'n', 1, 0, 0, 0),
            Code.NOT_WASM,
            notWasm + "byte 110 at byte 3, where the magic \\0asm has 109"),
        Arguments.of(
            bytes('(', 'm', 'o', 'd'),
            Code.NOT_WASM,
            notWasm
                + "byte 40 at byte 0, where the magic \\0asm has 0; this looks like WebAssembly"
                + " text, assemble it with wat2wasm"),
        Arguments.of(
            bytes(0x1f, 0x8b, 8, 0),
            Code.NOT_WASM,
            notWasm
                + "byte 31 at byte 0, where the magic \\0asm has 0; this looks like gzip, upload it"
                + " unpacked"),
        Arguments.of(
            bytes(0, 'a', 's', 'm', 1, 0),
            Code.NOT_WASM,
            notWasm + "it ends at byte 6, before its version"),
        Arguments.of(
            bytes(0, 'a', 's', 'm', 2, 0, 0, 0),
            Code.NOT_WASM,
            notWasm + "version 2, layer 0 at byte 4; only version 1, layer 0 is known"),
        Arguments.of(
            bytes(0, 'a', 's', 'm', 0x0d, 0, 1, 0),
            Code.COMPONENT,
            "a WebAssembly component (layer 1, version 13), not a core module; build for"
                + " wasm32-wasip1, or take the core module out of the component"),
        Arguments.of(
            WasmBytes.module().bytes(14, 0).toBytes(),
            Code.MALFORMED,
            malformed + "unknown section id 14 at byte 8"),
        Arguments.of(
            WasmBytes.module().bytes(1, 5, 0).toBytes(),
            Code.MALFORMED,
            malformed + "the type section at byte 8 declares 5 bytes, and 1 are left"),
        Arguments.of(
            WasmBytes.module().bytes(1, 0x80).toBytes(),
            Code.MALFORMED,
            malformed + "a number at byte 9 is cut off"),
        Arguments.of(
            WasmBytes.module().bytes(1, 0xff, 0xff, 0xff, 0xff, 0x1f).toBytes(),
            Code.MALFORMED,
            malformed + "the number at byte 9 has more than 32 bits"),
        Arguments.of(
            WasmBytes.module().bytes(3, 1, 0, 1, 1, 0).toBytes(),
            Code.MALFORMED,
            malformed + "the type section at byte 11 is twice or out of order"),
        Arguments.of(
            WasmBytes.module().bytes(1, 1, 0, 1, 1, 0).toBytes(),
            Code.MALFORMED,
            malformed + "the type section at byte 11 is twice or out of order"),
        Arguments.of(
            WasmBytes.module().bytes(1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f).toBytes(),
            Code.TOO_MANY,
            "the type section declares 4294967295 entries; at most 20000 are supported"),
        Arguments.of(
            WasmBytes.module().bytes(1, 2, 0x90, 0x4e).toBytes(),
            Code.MALFORMED,
            malformed + "the type section of 2 bytes at byte 10 declares 10000 entries"),
        Arguments.of(
            WasmBytes.module().bytes(5, 5, 2, 0, 1, 0, 1).toBytes(),
            Code.MEMORIES,
            "declares 2 memories; at most 1 is supported"),
        Arguments.of(
            WasmBytes.module().bytes(5, 4, 1, 3, 1, 1).toBytes(),
            Code.SHARED_MEMORY,
            "declares a shared memory; threads are not supported, every call runs on one thread"),
        Arguments.of(
            WasmBytes.functions(100_001, new WasmBytes().bytes(0, 0x41, 0, 0x0b)),
            Code.TOO_MANY,
            "the function section declares 100001 entries; at most 100000 are supported"),
        Arguments.of(
            WasmBytes.module()
                .section(
                    WasmSections.GLOBAL, new WasmBytes().u32(1).bytes(new int[2 * 1024 * 1024]))
                .toBytes(),
            Code.TOO_MANY,
            "the global section holds 2097153 bytes; at most 2097152 are supported"));
  }

  @ParameterizedTest
  @MethodSource("refusedBytes")
  void bytesThatAreNoModuleAreRefusedWithThePlaceAndTheNumbers(
      byte[] wasm, Code code, String reason) {
    assertThat(first(INSPECTOR.inspect(wasm, Manifest.UNDECLARED)))
        .isEqualTo(new Rejection(code, reason));
  }

  @Test
  void aModuleOverTheByteLimitIsRefusedWithBothNumbers() {
    assertThat(new ModuleInspector(7).inspect(new byte[8], Manifest.UNDECLARED))
        .isEqualTo(
            rejected(new Rejection(Code.MODULE_BYTES, "holds 8 bytes; at most 7 are accepted")));
  }

  @Test
  void codeThatDoesNotTypeCheckIsInvalid() {
    byte[] wasm = WasmBytes.functions(1, new WasmBytes().bytes(0, 0x42, 0, 0x0b));

    assertThat(first(INSPECTOR.inspect(wasm, Manifest.UNDECLARED)))
        .isEqualTo(
            new Rejection(
                Code.INVALID,
                "not a valid WebAssembly module: type mismatch: instruction requires [i32] but"
                    + " stack has [i64]"));
  }

  @Test
  void exportsThatPointNowhereAreInvalid() {
    WasmBytes types = new WasmBytes().bytes(1, 0x60, 0, 0);
    WasmBytes functions = new WasmBytes().bytes(1, 0);
    WasmBytes code = new WasmBytes().bytes(1, 2, 0, 0x0b);
    WasmBytes exports = new WasmBytes().u32(2).name("a").bytes(0, 1).name("b").bytes(2, 0);
    byte[] wasm =
        WasmBytes.module()
            .section(WasmSections.TYPE, types)
            .section(WasmSections.FUNCTION, functions)
            .section(WasmSections.EXPORT, exports)
            .section(WasmSections.CODE, code)
            .toBytes();

    assertThat(rejections(INSPECTOR.inspect(wasm, Manifest.UNDECLARED)))
        .extracting(Rejection::reason)
        .containsExactly(
            "not a valid WebAssembly module: the export a is function 1 of 1",
            "not a valid WebAssembly module: the export b is memory 0 of 0");
  }

  @Test
  void tooManyInitialiserInstructionsAreRefused() {
    // Each element is one byte of the module and an object or two on every heap that loads it.
    WasmBytes elements = new WasmBytes().u32(1).bytes(1, 0).u32(500_001);
    for (int i = 0; i < 500_001; i++) {
      elements.u32(0);
    }
    byte[] wasm =
        WasmBytes.module()
            .section(WasmSections.TYPE, new WasmBytes().bytes(1, 0x60, 0, 0))
            .section(WasmSections.FUNCTION, new WasmBytes().bytes(1, 0))
            .section(WasmSections.EXPORT, new WasmBytes().u32(1).name("f").bytes(0, 0))
            .section(WasmSections.ELEMENT, elements)
            .section(WasmSections.CODE, new WasmBytes().bytes(1, 2, 0, 0x0b))
            .toBytes();

    assertThat(first(INSPECTOR.inspect(wasm, Manifest.UNDECLARED)).code()).isEqualTo(Code.TOO_MANY);
  }

  @Test
  void everyFindingIsListedUpToTheTwentieth() {
    StringBuilder fields = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      fields.append("(import \"m\" \"n").append(i).append("\" (func))");
    }

    List<Rejection> rejections = rejections(inspect(fields + F, Manifest.UNDECLARED));

    assertThat(rejections).hasSize(20);
    assertThat(rejections.getFirst().reason()).isEqualTo("imports m.n0, which no ABI provides");
    assertThat(rejections.getLast())
        .isEqualTo(new Rejection(Code.MORE, "81 more findings are not listed"));
  }

  @Test
  void aLongNameIsCut() {
    String reason =
        first(inspect("(import \"" + "x".repeat(500) + "\" \"n\" (func))" + F, Manifest.UNDECLARED))
            .reason();

    assertThat(reason).isEqualTo("imports \"" + "x".repeat(80) + "...\".n, which no ABI provides");
  }

  @Test
  void aNameOverTheLimitIsRefused() {
    assertThat(inspect("(func (export \"" + "y".repeat(1025) + "\"))" + F, Manifest.UNDECLARED))
        .isEqualTo(
            rejected(
                new Rejection(
                    Code.NAME_TOO_LONG,
                    "the export \""
                        + "y".repeat(80)
                        + "...\" has a name of 1025 characters; at most 1024 are supported")));
  }

  static Stream<Arguments> declarations() {
    String http =
        "(import \"extism:host/env\" \"http_request\" (func (param i64 i64) (result i64)))";
    String status =
        "(import \"extism:host/env\" \"http_status_code\" (func (result i32)))"
            + "(import \"extism:host/env\" \"http_headers\" (func (result i64)))";
    return Stream.of(
        Arguments.of(
            "no manifest grants nothing, and a PDK imports all", http, Manifest.UNDECLARED, true),
        Arguments.of("a manifest that does not declare it", http, manifest("", NO_HTTP, 64), false),
        Arguments.of("declared, no host", http, manifest("", Optional.of(List.of()), 64), true),
        Arguments.of("declared", http, manifest("", Optional.of(List.of("a.example")), 64), true),
        Arguments.of("harmless ones", status, manifest("", NO_HTTP, 64), true));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("declarations")
  void httpMustBeDeclaredByAManifest(
      String why, String imports, Manifest manifest, boolean accepted) {
    Inspection inspection = inspect(imports + F, manifest);

    if (accepted) {
      assertThat(inspection).isInstanceOf(Inspection.Accepted.class);
    } else {
      assertThat(inspection)
          .isEqualTo(
              rejected(
                  new Rejection(
                      Code.CAPABILITY_UNDECLARED,
                      "imports extism:host/env.http_request, and the manifest does not declare"
                          + " capabilities.http.hosts; list the hosts it calls, or [] for none")));
    }
  }

  static Stream<Arguments> entries() {
    String run = "(func (export \"run\"))(func (export \"with space\"))";
    String start = "(func (export \"_start\"))";
    return Stream.of(
        Arguments.of(
            run,
            "go",
            Code.FUNCTION_NOT_EXPORTED,
            "the manifest's function go is not exported; what can be called is run"),
        Arguments.of(
            "(memory (export \"go\") 1)" + start,
            "go",
            Code.FUNCTION_NOT_EXPORTED,
            "the manifest's function go is not exported; what can be called is _start"),
        Arguments.of(
            "(func (export \"add\") (param i32 f32) (result i64) (i64.const 0))",
            "add",
            Code.EXPORT_TYPE,
            "the manifest's function add is exported as (i32, f32) -> (i64); a plugin function"
                + " takes no parameters and returns nothing, an i32 or an i64"),
        Arguments.of(
            run + start,
            "run",
            Code.FUNCTION_NOT_EXPORTED,
            "the manifest's function run cannot be called: the module is a WASI command, whose"
                + " only function is _start"),
        Arguments.of(
            "(func (export \"_initialize\"))" + run,
            "_initialize",
            Code.FUNCTION_NOT_EXPORTED,
            "the manifest's function _initialize cannot be called: the name belongs to the"
                + " toolchain"));
  }

  @ParameterizedTest
  @MethodSource("entries")
  void theManifestsFunctionMustBeCallable(
      String fields, String function, Code code, String reason) {
    assertThat(inspect(fields, manifest(function, NO_HTTP, 64)))
        .isEqualTo(rejected(new Rejection(code, reason)));
  }

  @Test
  void theManifestsMemoryLimitIsTheOneThatCounts() {
    assertThat(inspect("(memory 64)" + F, manifest("", NO_HTTP, 64)))
        .isInstanceOf(Inspection.Accepted.class);
    assertThat(inspect("(memory 65)" + F, manifest("", NO_HTTP, 64)))
        .isEqualTo(
            rejected(
                new Rejection(
                    Code.MEMORY_PAGES,
                    "starts with 65 pages of memory (64 KiB each); the manifest's"
                        + " limits.memoryPages is 64")));
  }

  static Stream<Arguments> abis() {
    String alloc = "(import \"extism:host/env\" \"alloc\" (func (param i64) (result i64)))";
    String exit = "(import \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i32)))";
    String start = "(func (export \"_start\"))";
    String others =
        "(func (export \"f\") (result i32) (i32.const 0))"
            + "(func (export \"g\") (result i64) (i64.const 0))"
            + "(func (export \"h\") (param i32))(func (export \"__wasm_call_ctors\"))"
            + "(func (export \"asyncify_stop_unwind\"))(func (export \"_initialize\"))";
    return Stream.of(
        Arguments.of(alloc + others, Abi.EXTISM, List.of("f", "g")),
        Arguments.of(alloc + exit + start + others, Abi.EXTISM, List.of("_start", "f", "g")),
        Arguments.of(exit + start + others, Abi.WASI_COMMAND, List.of("_start")),
        Arguments.of(start, Abi.WASI_COMMAND, List.of("_start")),
        Arguments.of(exit + others, Abi.EXTISM, List.of("f", "g")),
        Arguments.of(others, Abi.EXTISM, List.of("f", "g")));
  }

  @ParameterizedTest
  @MethodSource("abis")
  void theAbiIsFoundFromImportsAndExports(String fields, Abi abi, List<String> functions) {
    assertThat(inspect(fields, Manifest.UNDECLARED))
        .isEqualTo(
            new Inspection.Accepted(
                new ModuleFacts(
                    abi, new TreeSet<>(functions.stream().map(FunctionName::new).toList()))));
  }

  @Test
  void theSoleFunctionIsTheOneThatIsNotStart() {
    FunctionName run = new FunctionName("run");
    FunctionName go = new FunctionName("go");

    assertThat(facts(run).soleFunction()).contains(run);
    assertThat(facts(FunctionName.START).soleFunction()).contains(FunctionName.START);
    assertThat(facts(FunctionName.START, run).soleFunction()).contains(run);
    assertThat(facts(run, go).soleFunction()).isEmpty();
    assertThat(facts(FunctionName.START, run, go).soleFunction()).isEmpty();
  }

  private static ModuleFacts facts(FunctionName... functions) {
    return new ModuleFacts(Abi.EXTISM, new TreeSet<>(List.of(functions)));
  }

  @Test
  void everyHostFunctionMayBeImportedAtOnce() {
    StringBuilder fields = new StringBuilder();
    HostImports.EXTISM.forEach((name, type) -> fields.append(importing("extism:host/env", name)));
    HostImports.WASI.forEach(
        (name, type) -> fields.append(importing("wasi_snapshot_preview1", name)));

    assertThat(inspect(fields + "(memory 1)" + F, Manifest.UNDECLARED))
        .isInstanceOf(Inspection.Accepted.class);
  }

  private static String importing(String module, String name) {
    var type = HostImports.find(module, name).orElseThrow();
    StringBuilder text = new StringBuilder("(import \"" + module + "\" \"" + name + "\" (func");
    type.params()
        .forEach(
            p -> text.append(" (param ").append(p.name().toLowerCase(Locale.ROOT)).append(")"));
    type.returns()
        .forEach(
            r -> text.append(" (result ").append(r.name().toLowerCase(Locale.ROOT)).append(")"));
    return text + "))";
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void noMutationOfAModuleEscapesAsAnException(int seed) {
    byte[] module =
        Wat2Wasm.parse(
            """
            (module
              (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
              (table 4 funcref) (memory 1 2) (global (mut i32) (i32.const 7))
              (elem (i32.const 0) $f $g) (data (i32.const 8) "0123456789")
              (func $f (export "f") (result i32) (local i64 f32)
                (block $b (br_table $b $b (i32.const 1))) (i32.const 0))
              (func $g (loop $l (br_if $l (i32.const 0))) (drop (call $alloc (i64.const 1)))))
            """);
    Random random = new Random(seed);
    int accepted = 0;
    for (int i = 0; i < 1_000; i++) {
      byte[] mutated = module.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
      }
      if (random.nextInt(4) == 0) {
        mutated = Arrays.copyOf(mutated, random.nextInt(mutated.length + 1));
      }
      // Inspection, compilation and a first instance, all that the child process does.
      switch (CompilerProcess.reply(
          new CompilerProcess.Request(
              ModuleInspector.Declared.of(manifest("", NO_HTTP, 16)),
              module.length,
              CompileLimits.DEFAULT.artifactBytes(),
              mutated))) {
        case CompilerProcess.Reply.Compiled c -> accepted++;
        case CompilerProcess.Reply.Rejected(List<Rejection> all) ->
            assertThat(all).allSatisfy(r -> assertThat(r.reason()).hasSizeBetween(10, 1000));
      }
    }
    assertThat(accepted).isBetween(1, 999);
  }

  @Test
  void aBrokenNameSectionDoesNotMatter() {
    byte[] valid = WasmBytes.functions(1, new WasmBytes().bytes(0, 0x41, 0, 0x0b));
    byte[] wasm = Arrays.copyOf(valid, valid.length + 8);
    byte[] custom =
        new WasmBytes()
            .section(WasmSections.CUSTOM, new WasmBytes().name("name").bytes(1))
            .toBytes();
    System.arraycopy(custom, 0, wasm, valid.length, custom.length);

    assertThat(custom).hasSize(8);
    assertThat(INSPECTOR.inspect(wasm, Manifest.UNDECLARED))
        .isInstanceOf(Inspection.Accepted.class);
  }

  private static Inspection inspect(String fields, Manifest manifest) {
    return INSPECTOR.inspect(Wat2Wasm.parse("(module " + fields + ")"), manifest);
  }

  private static Inspection rejected(Rejection... rejections) {
    return new Inspection.Rejected(List.of(rejections));
  }

  private static List<Rejection> rejections(Inspection inspection) {
    assertThat(inspection).isInstanceOf(Inspection.Rejected.class);
    return ((Inspection.Rejected) inspection).rejections();
  }

  private static Rejection first(Inspection inspection) {
    return rejections(inspection).getFirst();
  }

  private static byte[] bytes(int... bytes) {
    return new WasmBytes().bytes(bytes).toBytes();
  }

  private static Manifest manifest(String function, Optional<List<String>> hosts, int pages) {
    return new Manifest(
        true,
        "",
        FunctionName.parse(function),
        Optional.empty(),
        Manifest.OUTPUT_DEFAULT,
        new Capabilities(Map.of(), hosts, Capabilities.VARS_BYTES_DEFAULT, List.of(), false),
        new Limits(
            Limits.DEFAULT.timeout(),
            pages,
            Limits.DEFAULT.inputBytes(),
            Limits.DEFAULT.outputBytes()),
        Phi.NONE,
        Manifest.OnFailure.CLOSED);
  }
}
