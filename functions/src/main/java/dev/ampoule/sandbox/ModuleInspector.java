package dev.ampoule.sandbox;

import com.dylibso.chicory.wasm.ChicoryException;
import com.dylibso.chicory.wasm.Parser;
import com.dylibso.chicory.wasm.WasmModule;
import com.dylibso.chicory.wasm.types.ActiveDataSegment;
import com.dylibso.chicory.wasm.types.ActiveElement;
import com.dylibso.chicory.wasm.types.AnnotatedInstruction;
import com.dylibso.chicory.wasm.types.DataSegment;
import com.dylibso.chicory.wasm.types.Element;
import com.dylibso.chicory.wasm.types.Export;
import com.dylibso.chicory.wasm.types.ExternalType;
import com.dylibso.chicory.wasm.types.FunctionBody;
import com.dylibso.chicory.wasm.types.FunctionImport;
import com.dylibso.chicory.wasm.types.FunctionType;
import com.dylibso.chicory.wasm.types.Global;
import com.dylibso.chicory.wasm.types.Import;
import com.dylibso.chicory.wasm.types.MemoryLimits;
import com.dylibso.chicory.wasm.types.Table;
import com.dylibso.chicory.wasm.types.ValType;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.Manifest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Decides whether a module may be compiled and run, and finds out how. Pure: it runs nothing of the
 * module. What it takes to parse is not bounded by time, so {@link ModuleCompiler} calls it in a
 * process that can be killed.
 */
public final class ModuleInspector {
  public static final int REJECTIONS_MAX = 20;

  /** Entries of one section. Well above what compilers put out, below what costs memory to load. */
  static final int TYPES_MAX = 20_000;

  static final int IMPORTS_MAX = 1_000;
  static final int FUNCTIONS_MAX = 100_000;
  static final int GLOBALS_MAX = 20_000;
  static final int EXPORTS_MAX = 20_000;

  /**
   * The catalogue keeps their names in one item with the manifest: 1 000 of 128 characters and 64
   * KiB are half of the 400 KB that DynamoDB takes.
   */
  static final int CALLABLE_MAX = 1_000;

  static final int ELEMENT_SEGMENTS_MAX = 20_000;
  static final int DATA_SEGMENTS_MAX = 100_000;
  static final int TAGS_MAX = 1_000;
  static final int TABLES_MAX = 16;

  /** Bytes of the type, import, global and export section: each becomes many objects. */
  static final int INDEX_SECTION_BYTES_MAX = 2 * 1024 * 1024;

  /** Entries that all tables hold together from the start. */
  static final int TABLE_ENTRIES_MAX = 1_000_000;

  /** Instructions of all initialisers of globals, tables, elements and data together. */
  static final int CONSTANT_INSTRUCTIONS_MAX = 500_000;

  static final int MEMORIES_MAX = 1;

  /** Characters of the name of an import or export. */
  static final int NAME_CHARS_MAX = 1_024;

  private static final int NAMES_SHOWN_MAX = 8;
  private static final int PARSER_MESSAGE_CHARS_MAX = 300;

  private final int moduleBytesMax;

  public ModuleInspector(int moduleBytesMax) {
    this.moduleBytesMax = moduleBytesMax;
  }

  /** What inspection needs of a manifest. */
  record Declared(
      boolean manifest, Optional<FunctionName> function, boolean http, int memoryPages) {
    Declared {
      Objects.requireNonNull(function);
    }

    static Declared of(Manifest manifest) {
      return new Declared(
          manifest.declared(),
          manifest.function(),
          manifest.capabilities().httpHosts().isPresent(),
          manifest.limits().memoryPages());
    }
  }

  /** A module that passed, with what was parsed on the way. */
  record Inspected(ModuleFacts facts, WasmSections sections, WasmModule module) {}

  public Inspection inspect(byte[] wasm, Manifest manifest) {
    Findings findings = new Findings();
    Optional<Inspected> inspected = inspect(wasm, Declared.of(manifest), findings);
    return inspected.isPresent()
        ? new Inspection.Accepted(inspected.get().facts())
        : new Inspection.Rejected(findings.list());
  }

  /** Empty exactly where {@code findings} got an entry. */
  Optional<Inspected> inspect(byte[] wasm, Declared declared, Findings findings) {
    sizeRejection(wasm.length, moduleBytesMax).ifPresent(r -> findings.add(r.code(), r.reason()));
    if (findings.any()) {
      return Optional.empty();
    }
    WasmSections sections;
    try {
      sections = WasmSections.of(wasm);
      checkSections(sections, findings);
    } catch (WasmSections.MalformedModule e) {
      findings.add(e.rejection().code(), e.rejection().reason());
      return Optional.empty();
    }
    if (findings.any()) {
      return Optional.empty();
    }
    Optional<WasmModule> parsed = parse(sections, findings);
    if (parsed.isEmpty()) {
      return Optional.empty();
    }
    WasmModule module = parsed.get();
    checkExportIndices(module, findings);
    if (findings.any()) {
      return Optional.empty();
    }
    checkImports(module, declared, findings);
    checkMemory(module, declared, findings);
    checkTables(module, findings);
    checkConstants(module, findings);
    checkInstructions(module, findings);
    ModuleFacts facts = checkExports(module, declared, findings);
    return findings.any() ? Optional.empty() : Optional.of(new Inspected(facts, sections, module));
  }

  static Optional<Rejection> sizeRejection(int bytes, int max) {
    return bytes <= max
        ? Optional.empty()
        : Optional.of(
            new Rejection(
                Rejection.Code.MODULE_BYTES,
                "holds " + bytes + " bytes; at most " + max + " are accepted"));
  }

  private static void checkSections(WasmSections sections, Findings findings)
      throws WasmSections.MalformedModule {
    for (WasmSections.Section section : sections.sections()) {
      int max =
          switch (section.id()) {
            case WasmSections.TYPE -> TYPES_MAX;
            case WasmSections.IMPORT -> IMPORTS_MAX;
            case WasmSections.FUNCTION, WasmSections.CODE -> FUNCTIONS_MAX;
            case WasmSections.GLOBAL -> GLOBALS_MAX;
            case WasmSections.EXPORT -> EXPORTS_MAX;
            case WasmSections.ELEMENT -> ELEMENT_SEGMENTS_MAX;
            case WasmSections.DATA, WasmSections.DATA_COUNT -> DATA_SEGMENTS_MAX;
            case WasmSections.TAG -> TAGS_MAX;
            case WasmSections.MEMORY -> MEMORIES_MAX;
            case WasmSections.TABLE -> TABLES_MAX;
            default -> -1;
          };
      if (max < 0) {
        continue;
      }
      long count = sections.count(section);
      if (count > max) {
        switch (section.id()) {
          case WasmSections.MEMORY ->
              findings.add(
                  Rejection.Code.MEMORIES,
                  "declares " + count + " memories; at most " + max + " is supported");
          case WasmSections.TABLE ->
              findings.add(
                  Rejection.Code.TABLES,
                  "declares " + count + " tables; at most " + max + " are supported");
          default ->
              findings.add(
                  Rejection.Code.TOO_MANY,
                  "the "
                      + section.name()
                      + " section declares "
                      + count
                      + " entries; at most "
                      + max
                      + " are supported");
        }
      }
      if (count <= max && section.id() != WasmSections.DATA_COUNT && count > section.bytes()) {
        throw sections.countBeyondBytes(section, count);
      }
      if (section.bytes() > INDEX_SECTION_BYTES_MAX
          && (section.id() == WasmSections.TYPE
              || section.id() == WasmSections.IMPORT
              || section.id() == WasmSections.GLOBAL
              || section.id() == WasmSections.EXPORT)) {
        findings.add(
            Rejection.Code.TOO_MANY,
            "the "
                + section.name()
                + " section holds "
                + section.bytes()
                + " bytes; at most "
                + INDEX_SECTION_BYTES_MAX
                + " are supported");
      }
    }
  }

  /** Custom sections are left out: a broken one must not matter, and they are of no use here. */
  @SuppressWarnings("CatchingUnchecked")
  private static Optional<WasmModule> parse(WasmSections sections, Findings findings) {
    try {
      return Optional.of(Parser.parse(sections.withoutCustom()));
    } catch (ChicoryException e) {
      findings.add(Rejection.Code.INVALID, invalid(e));
    } catch (StackOverflowError e) {
      findings.add(
          Rejection.Code.INVALID, "not a valid WebAssembly module: its blocks are nested too deep");
    } catch (RuntimeException | AssertionError e) {
      // The parser meets hostile bytes; whatever it trips over is the module's fault.
      findings.add(Rejection.Code.INVALID, invalid(e));
    }
    return Optional.empty();
  }

  private static String invalid(Throwable e) {
    return "not a valid WebAssembly module: "
        + ModuleText.escaped(String.valueOf(e.getMessage()), PARSER_MESSAGE_CHARS_MAX);
  }

  /** Chicory looks at these only when it makes an instance. */
  private static void checkExportIndices(WasmModule module, Findings findings) {
    for (int i = 0; i < module.exportSection().exportCount(); i++) {
      Export export = module.exportSection().getExport(i);
      int count =
          module.importSection().count(export.exportType())
              + switch (export.exportType()) {
                case FUNCTION -> module.functionSection().functionCount();
                case TABLE -> module.tableSection().tableCount();
                case MEMORY -> module.memorySection().map(m -> m.memoryCount()).orElse(0);
                case GLOBAL -> module.globalSection().globalCount();
                case TAG -> module.tagSection().map(t -> t.tagCount()).orElse(0);
              };
      String kind = export.exportType().name().toLowerCase(Locale.ROOT);
      if (Integer.compareUnsigned(export.index(), count) >= 0) {
        findings.add(
            Rejection.Code.INVALID,
            "not a valid WebAssembly module: the export "
                + ModuleText.name(export.name())
                + " is "
                + kind
                + " "
                + Integer.toUnsignedString(export.index())
                + " of "
                + count);
      }
    }
  }

  private static void checkImports(WasmModule module, Declared declared, Findings findings) {
    for (int i = 0; i < module.importSection().importCount(); i++) {
      Import imported = module.importSection().getImport(i);
      String name = ModuleText.name(imported.module()) + "." + ModuleText.name(imported.name());
      if (imported.module().length() > NAME_CHARS_MAX
          || imported.name().length() > NAME_CHARS_MAX) {
        findings.add(
            Rejection.Code.NAME_TOO_LONG,
            "the import " + name + " has a name of more than " + NAME_CHARS_MAX + " characters");
      } else if (!(imported instanceof FunctionImport function)) {
        findings.add(
            Rejection.Code.IMPORT_KIND,
            "imports the "
                + imported.importType().name().toLowerCase(Locale.ROOT)
                + " "
                + name
                + ", which no ABI provides; a plugin defines its own");
      } else {
        checkFunctionImport(module, function, name, declared, findings);
      }
    }
  }

  private static void checkFunctionImport(
      WasmModule module,
      FunctionImport imported,
      String name,
      Declared declared,
      Findings findings) {
    Optional<FunctionType> provided = HostImports.find(imported.module(), imported.name());
    if (provided.isEmpty()) {
      findings.add(
          Rejection.Code.IMPORT_UNKNOWN,
          "imports "
              + name
              + ", which no ABI provides"
              + hint(imported).map(h -> "; " + h).orElse(""));
      return;
    }
    FunctionType type = module.typeSection().getType(imported.typeIndex());
    if (!sameType(type, provided.get())) {
      findings.add(
          Rejection.Code.IMPORT_TYPE,
          "imports " + name + " as " + show(type) + "; it is " + show(provided.get()));
    }
    if (imported.module().equals(HostImports.EXTISM_MODULE)
        && imported.name().equals(HostImports.HTTP_REQUEST)
        && declared.manifest()
        && !declared.http()) {
      findings.add(
          Rejection.Code.CAPABILITY_UNDECLARED,
          "imports "
              + name
              + ", and the manifest does not declare capabilities.http.hosts; list the hosts it"
              + " calls, or [] for none");
    }
  }

  private static Optional<String> hint(FunctionImport imported) {
    return Optional.ofNullable(
        switch (imported.module()) {
          case "env" ->
              imported.name().startsWith("extism_")
                  ? "it was built with an Extism PDK older than 1.0, rebuild it with a current one"
                  : "it was left undefined when the module was linked";
          case HostImports.EXTISM_MODULE -> "it is not one of Extism's host functions";
          case "extism:host/user" -> "there are no functions of the host's own";
          case HostImports.WASI_MODULE -> "it is not in WASI preview 1";
          case "wasi_unstable" -> "WASI preview 0 is not supported, build for wasm32-wasip1";
          case "wbg", "__wbindgen_placeholder__", "__wbindgen_externref_xform__" ->
              "wasm-bindgen modules need a JavaScript host, build for wasm32-wasip1";
          case "a" -> "minified names are Emscripten's for JavaScript, link with -sSTANDALONE_WASM";
          case "go", "gojs" -> "GOOS=js needs a JavaScript host, build with GOOS=wasip1";
          default ->
              imported.module().startsWith("wasi:")
                  ? "WASI preview 2 is not supported, build for wasm32-wasip1"
                  : null;
        });
  }

  private static void checkMemory(WasmModule module, Declared declared, Findings findings) {
    module
        .memorySection()
        .ifPresent(memories -> {
          for (int i = 0; i < memories.memoryCount(); i++) {
            MemoryLimits limits = memories.getMemory(i).limits();
            if (limits.shared()) {
              findings.add(
                  Rejection.Code.SHARED_MEMORY,
                  "declares a shared memory; threads are not supported, every call runs on one"
                      + " thread");
            }
            // Pages are an unsigned 32-bit number in the module.
            long initial = Integer.toUnsignedLong(limits.initialPages());
            if (initial > declared.memoryPages()) {
              findings.add(
                  Rejection.Code.MEMORY_PAGES,
                  "starts with "
                      + initial
                      + " pages of memory (64 KiB each); the manifest's limits.memoryPages"
                      + (declared.manifest() ? " is " : " is by default ")
                      + declared.memoryPages());
            }
          }
        });
  }

  private static void checkTables(WasmModule module, Findings findings) {
    long entries = 0;
    for (int i = 0; i < module.tableSection().tableCount(); i++) {
      long min = module.tableSection().getTable(i).limits().min();
      entries = min < 0 ? Long.MAX_VALUE : Math.min(entries + min, Long.MAX_VALUE / 2);
    }
    if (entries > TABLE_ENTRIES_MAX) {
      findings.add(
          Rejection.Code.TABLE_ENTRIES,
          "tables hold " + entries + " entries; at most " + TABLE_ENTRIES_MAX + " are supported");
    }
  }

  /**
   * They become objects in every process that loads the module, at up to a hundred times a byte.
   */
  private static void checkConstants(WasmModule module, Findings findings) {
    long count = 0;
    for (Global global : module.globalSection().globals()) {
      count += global.initInstructions().size();
    }
    for (int i = 0; i < module.tableSection().tableCount(); i++) {
      Table table = module.tableSection().getTable(i);
      count += table.initialize().size();
    }
    for (Element element : module.elementSection().elements()) {
      for (var initializer : element.initializers()) {
        count += initializer.size();
      }
      if (element instanceof ActiveElement active) {
        count += active.offset().size();
      }
    }
    for (DataSegment data : module.dataSection().dataSegments()) {
      if (data instanceof ActiveDataSegment active) {
        count += active.offsetInstructions().size();
      }
    }
    if (count > CONSTANT_INSTRUCTIONS_MAX) {
      findings.add(
          Rejection.Code.TOO_MANY,
          "initialisers of globals, tables, elements and data hold "
              + count
              + " instructions; at most "
              + CONSTANT_INSTRUCTIONS_MAX
              + " are supported");
    }
  }

  private static void checkInstructions(WasmModule module, Findings findings) {
    if (usesSimd(module)) {
      findings.add(
          Rejection.Code.SIMD,
          "uses SIMD, which the compiler does not support; build without it (clang -mno-simd128,"
              + " rustc -C target-feature=-simd128)");
    }
  }

  private static boolean usesSimd(WasmModule module) {
    for (FunctionType type : module.typeSection().types()) {
      if (type.params().contains(ValType.V128) || type.returns().contains(ValType.V128)) {
        return true;
      }
    }
    for (Global global : module.globalSection().globals()) {
      if (global.valueType().equals(ValType.V128)) {
        return true;
      }
    }
    for (FunctionBody body : module.codeSection().functionBodies()) {
      if (body.localTypes().contains(ValType.V128) || usesSimd(body.instructions())) {
        return true;
      }
    }
    return false;
  }

  /** SIMD's opcodes have the prefix 0xFD (WebAssembly Core 2.0 §5.4.8). */
  private static boolean usesSimd(List<AnnotatedInstruction> instructions) {
    for (AnnotatedInstruction instruction : instructions) {
      if (instruction.opcode().opcode() >> 8 == 0xfd) {
        return true;
      }
    }
    return false;
  }

  private static ModuleFacts checkExports(WasmModule module, Declared declared, Findings findings) {
    NavigableMap<String, FunctionType> exported = new TreeMap<>();
    for (int i = 0; i < module.exportSection().exportCount(); i++) {
      Export export = module.exportSection().getExport(i);
      if (export.name().length() > NAME_CHARS_MAX) {
        findings.add(
            Rejection.Code.NAME_TOO_LONG,
            "the export "
                + ModuleText.name(export.name())
                + " has a name of "
                + export.name().length()
                + " characters; at most "
                + NAME_CHARS_MAX
                + " are supported");
      } else if (export.exportType() == ExternalType.FUNCTION) {
        exported.put(export.name(), typeOf(module, export.index()));
      }
    }
    Abi abi = abiOf(module, exported);
    NavigableSet<FunctionName> callable = callable(abi, exported);
    if (callable.size() > CALLABLE_MAX) {
      findings.add(
          Rejection.Code.TOO_MANY,
          "exports "
              + callable.size()
              + " functions that can be called; at most "
              + CALLABLE_MAX
              + " are supported");
    }
    checkEntry(abi, exported, callable, declared, findings);
    return new ModuleFacts(abi, callable);
  }

  private static Abi abiOf(WasmModule module, NavigableMap<String, FunctionType> exported) {
    boolean extism =
        module.importSection().stream().anyMatch(i -> i.module().equals(HostImports.EXTISM_MODULE));
    return !extism && exported.containsKey(FunctionName.START.value())
        ? Abi.WASI_COMMAND
        : Abi.EXTISM;
  }

  /**
   * What toolchains export for themselves is left out: two underscores, Binaryen, WASI reactors.
   */
  private static NavigableSet<FunctionName> callable(
      Abi abi, NavigableMap<String, FunctionType> exported) {
    NavigableSet<FunctionName> callable = new TreeSet<>();
    exported.forEach((name, type) -> {
      boolean offered =
          switch (abi) {
            case WASI_COMMAND ->
                name.equals(FunctionName.START.value()) && type.returns().isEmpty();
            case EXTISM ->
                !name.startsWith("__")
                    && !name.startsWith("asyncify_")
                    && !name.equals("_initialize");
          };
      if (offered && isCallable(type)) {
        FunctionName.parse(name).ifPresent(callable::add);
      }
    });
    return callable;
  }

  private static boolean isCallable(FunctionType type) {
    return type.params().isEmpty()
        && (type.returns().isEmpty()
            || type.returns().equals(List.of(ValType.I32))
            || type.returns().equals(List.of(ValType.I64)));
  }

  private static void checkEntry(
      Abi abi,
      NavigableMap<String, FunctionType> exported,
      NavigableSet<FunctionName> callable,
      Declared declared,
      Findings findings) {
    String wanted =
        abi == Abi.WASI_COMMAND
            ? "_start of a WASI command takes no parameters and returns nothing"
            : "a plugin function takes no parameters and returns nothing, an i32 or an i64";
    if (declared.function().isPresent() && !callable.contains(declared.function().get())) {
      String name = declared.function().get().value();
      FunctionType type = exported.get(name);
      if (type == null) {
        findings.add(
            Rejection.Code.FUNCTION_NOT_EXPORTED,
            "the manifest's function "
                + ModuleText.name(name)
                + " is not exported; "
                + (callable.isEmpty()
                    ? "the module exports no function that can be called"
                    : "what can be called is " + names(callable)));
      } else if (isCallable(type)) {
        findings.add(
            Rejection.Code.FUNCTION_NOT_EXPORTED,
            "the manifest's function "
                + ModuleText.name(name)
                + " cannot be called: "
                + (abi == Abi.WASI_COMMAND
                    ? "the module is a WASI command, whose only function is _start"
                    : "the name belongs to the toolchain"));
      } else {
        findings.add(
            Rejection.Code.EXPORT_TYPE,
            "the manifest's function "
                + ModuleText.name(name)
                + " is exported as "
                + show(type)
                + "; "
                + wanted);
      }
    } else if (callable.isEmpty()) {
      FunctionType start = exported.get(FunctionName.START.value());
      if (abi == Abi.WASI_COMMAND && start != null) {
        findings.add(
            Rejection.Code.EXPORT_TYPE, "exports _start as " + show(start) + "; " + wanted);
      } else {
        findings.add(
            Rejection.Code.NO_EXPORT,
            "exports nothing that can be called, so it fits no ABI: "
                + wanted
                + (exported.isEmpty() ? "; it exports no function" : "; it exports ")
                + String.join(
                    ", ",
                    exported.entrySet().stream()
                        .limit(NAMES_SHOWN_MAX)
                        .map(e -> ModuleText.name(e.getKey()) + " " + show(e.getValue()))
                        .toList()));
      }
    }
  }

  private static FunctionType typeOf(WasmModule module, int functionIndex) {
    int imports = module.importSection().count(ExternalType.FUNCTION);
    if (functionIndex >= imports) {
      return module
          .functionSection()
          .getFunctionType(functionIndex - imports, module.typeSection());
    }
    FunctionImport imported =
        module.importSection().stream()
            .filter(FunctionImport.class::isInstance)
            .map(FunctionImport.class::cast)
            .skip(functionIndex)
            .findFirst()
            .orElseThrow();
    return module.typeSection().getType(imported.typeIndex());
  }

  private static boolean sameType(FunctionType a, FunctionType b) {
    return a.params().equals(b.params()) && a.returns().equals(b.returns());
  }

  private static String names(NavigableSet<FunctionName> functions) {
    String shown =
        String.join(
            ", ",
            functions.stream()
                .limit(NAMES_SHOWN_MAX)
                .map(f -> ModuleText.name(f.value()))
                .toList());
    int rest = functions.size() - NAMES_SHOWN_MAX;
    return rest > 0 ? shown + " and " + rest + " more" : shown;
  }

  private static String show(FunctionType type) {
    return show(type.params()) + " -> " + show(type.returns());
  }

  private static String show(List<ValType> types) {
    String shown =
        String.join(
            ", ",
            types.stream()
                .limit(NAMES_SHOWN_MAX)
                .map(t -> t.name().toLowerCase(Locale.ROOT))
                .toList());
    return "(" + shown + (types.size() > NAMES_SHOWN_MAX ? ", ..." : "") + ")";
  }

  /** Collects rejections up to {@link #REJECTIONS_MAX} and counts the rest. */
  static final class Findings {
    private final List<Rejection> first = new ArrayList<>();
    private int more;

    void add(Rejection.Code code, String reason) {
      if (first.size() < REJECTIONS_MAX - 1) {
        first.add(new Rejection(code, reason));
      } else {
        more++;
      }
    }

    boolean any() {
      return !first.isEmpty();
    }

    List<Rejection> list() {
      List<Rejection> list = new ArrayList<>(first);
      if (more > 0) {
        list.add(new Rejection(Rejection.Code.MORE, more + " more findings are not listed"));
      }
      return list;
    }
  }
}
