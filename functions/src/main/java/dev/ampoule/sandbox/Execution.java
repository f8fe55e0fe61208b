package dev.ampoule.sandbox;

import com.dylibso.chicory.runtime.ImportValues;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.wasm.types.Export;
import com.dylibso.chicory.wasm.types.ExternalType;
import com.dylibso.chicory.wasm.types.FunctionImport;
import com.dylibso.chicory.wasm.types.FunctionType;
import dev.ampoule.sandbox.PluginCall.LogLevel;
import dev.ampoule.sandbox.RunOutcome.Limit;
import dev.ampoule.sandbox.RunOutcome.LimitExceeded;
import dev.ampoule.sandbox.RunOutcome.Output;
import dev.ampoule.sandbox.RunOutcome.PluginError;
import dev.ampoule.sandbox.RunOutcome.TimedOut;
import dev.ampoule.sandbox.RunOutcome.Trap;
import dev.ampoule.sandbox.RunOutcome.TrapKind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One call on its own thread, from linking to outcome. The order, the return codes and the error
 * texts are those of Extism's {@code Plugin::raw_call} and {@code Plugin::call} ({@code
 * runtime/src/plugin.rs}, 1.x).
 */
final class Execution implements Runnable {
  private final LoadedModule module;
  private final PluginCall call;
  private final RunBudget budget;
  private final RunLog log;
  private final ExtismHost extism;
  private final WasiHost wasi;
  private final BoundedOutput stdout;
  private final Tail stderrTail = new Tail();
  private final LineOutput stdoutLines;
  private final LineOutput stderrLines;

  private volatile boolean expired;
  private volatile @Nullable RunOutcome outcome;
  private volatile @Nullable RuntimeException failure;

  Execution(LoadedModule module, PluginCall call, RunBudget budget, HttpAccess http) {
    this.module = module;
    this.call = call;
    this.budget = budget;
    this.log = new RunLog(budget, call.logs(), call.capabilities().log());
    this.stdout = new BoundedOutput(call.limits().outputBytes());
    this.stdoutLines = new LineOutput(log, LogLevel.INFO);
    this.stderrLines = new LineOutput(log, LogLevel.INFO);
    this.extism =
        new ExtismHost(
            budget, call, log, new HttpRequests(http, call.capabilities().httpHosts(), budget));
    this.wasi =
        switch (module.facts().abi()) {
          case EXTISM ->
              new WasiHost(
                  budget, List.of(), Map.of(), new byte[0], stdoutLines::write, stderrLines::write);
          case WASI_COMMAND ->
              new WasiHost(
                  budget,
                  List.of(commandName()),
                  call.capabilities().config(),
                  call.input(),
                  stdout::write,
                  bytes -> {
                    stderrLines.write(bytes);
                    stderrTail.write(bytes);
                  });
        };
  }

  private String commandName() {
    String function = call.function().value();
    return function.equals("_start") ? "plugin" : function;
  }

  @Override
  public void run() {
    try {
      var end = outcome();
      stdoutLines.flush();
      stderrLines.flush();
      outcome = end;
    } catch (PortFailed e) {
      failure = e;
    } catch (Throwable t) {
      flushWhatFits();
      outcome = ended(t);
    }
  }

  /** The last words of a run that broke; they must not change how it broke. */
  private void flushWhatFits() {
    try {
      stdoutLines.flush();
      stderrLines.flush();
    } catch (RunStopped | PortFailed e) {
      return;
    }
  }

  /** Called once by the thread that waits: the deadline is over, whatever the run still does. */
  void expire() {
    expired = true;
    log.close();
  }

  /** Empty while the run is under way. */
  Optional<RunOutcome> result() {
    RuntimeException thrown = failure;
    if (thrown != null) {
      throw thrown;
    }
    return Optional.ofNullable(outcome);
  }

  /** Everything up to the plugin's first instruction. */
  void instantiate() {
    Linker.link(module.module(), extism, wasi).ifPresent(this::instance);
  }

  private Instance instance(ImportValues imports) {
    return Instance.builder(module.module())
        .withImportValues(imports)
        .withMachineFactory(module.machineFactory())
        .withMemoryFactory(limits -> CappedMemory.of(limits, budget))
        .withTableFactory((table, initial) -> CappedTable.of(table, initial, budget))
        .withStart(false)
        .build();
  }

  private RunOutcome outcome() {
    var imports = Linker.link(module.module(), extism, wasi);
    if (imports.isEmpty()) {
      return new Trap(TrapKind.OTHER);
    }
    String function = call.function().value();
    var refusal = refusal(function);
    if (refusal.isPresent()) {
      return refusal.get();
    }
    int returned;
    try {
      var instance = instance(imports.get());
      initialize(instance);
      extism.begin(extismInput());
      returned = returnCode(instance.export(function).apply());
    } catch (GuestExit exit) {
      return exited(exit.code());
    }
    return returned(returned);
  }

  private byte[] extismInput() {
    return module.facts().abi() == Abi.EXTISM ? call.input() : new byte[0];
  }

  /** Extism's texts for a function that cannot be called. */
  private Optional<RunOutcome> refusal(String function) {
    var type = exportedType(function);
    if (type.isEmpty()) {
      return Optional.of(error(Sandbox.NO_EXIT_CODE, "Function not found: " + function));
    }
    int results = type.get().returns().size();
    int parameters = type.get().params().size();
    if (results > 1) {
      return Optional.of(
          error(
              Sandbox.NO_EXIT_CODE,
              "Function " + function + " has " + results + " results, expected 0 or 1"));
    }
    if (parameters > 0) {
      return Optional.of(
          error(
              Sandbox.NO_EXIT_CODE,
              "Function " + function + " has " + parameters + " parameters, expected 0"));
    }
    return Optional.empty();
  }

  /**
   * Haskell's runtime is started with {@code hs_init(0, 0)}, after {@code _initialize} where there
   * is one; else {@code __wasm_call_ctors} or {@code _initialize} is called, whatever function
   * comes next.
   */
  private void initialize(Instance instance) {
    var reactor = initializer("_initialize");
    var haskell = exportedType("hs_init");
    if (haskell.isPresent()) {
      reactor.ifPresent(name -> instance.export(name).apply());
      instance.export("hs_init").apply(new long[haskell.get().params().size()]);
      return;
    }
    if (exportedType("__wasm_call_ctors").isPresent()) {
      initializer("__wasm_call_ctors").ifPresent(name -> instance.export(name).apply());
      return;
    }
    reactor.ifPresent(name -> instance.export(name).apply());
  }

  private Optional<String> initializer(String name) {
    return exportedType(name)
        .filter(type -> type.params().isEmpty() && type.returns().isEmpty())
        .map(type -> name);
  }

  private Optional<FunctionType> exportedType(String name) {
    var exports = module.module().exportSection();
    for (int i = 0; i < exports.exportCount(); i++) {
      Export export = exports.getExport(i);
      if (export.exportType() == ExternalType.FUNCTION && export.name().equals(name)) {
        return Optional.of(functionType(export.index()));
      }
    }
    return Optional.empty();
  }

  private FunctionType functionType(int index) {
    var wasm = module.module();
    int imported = wasm.importSection().count(ExternalType.FUNCTION);
    if (index >= imported) {
      return wasm.functionSection().getFunctionType(index - imported, wasm.typeSection());
    }
    int function = 0;
    for (int i = 0; i < wasm.importSection().importCount(); i++) {
      if (wasm.importSection().getImport(i) instanceof FunctionImport imported1
          && function++ == index) {
        return wasm.typeSection().getType(imported1.typeIndex());
      }
    }
    throw new IllegalStateException("a validated module exports what it has");
  }

  /** No result is 0; of an i64 the lower half counts. */
  private static int returnCode(long @Nullable [] results) {
    return results == null || results.length == 0 ? 0 : (int) results[0];
  }

  private RunOutcome returned(int code) {
    var said = extism.error(call.function().value());
    if (said.isPresent()) {
      return error(code, said.get());
    }
    return code == 0 ? output() : error(code, "Returned non-zero exit code: " + code);
  }

  private RunOutcome exited(int code) {
    if (code == 0) {
      return output();
    }
    var said = extism.error(call.function().value()).or(stderrTail::text);
    if (said.isEmpty() && budget.growthRefused()) {
      return new LimitExceeded(Limit.MEMORY_PAGES, budget.memoryPagesMax());
    }
    return error(code, said.orElse("WASI exit code: Exited with i32 exit status " + code));
  }

  private RunOutcome output() {
    return new Output(module.facts().abi() == Abi.EXTISM ? extism.output() : stdout.bytes());
  }

  private RunOutcome ended(Throwable thrown) {
    if (expired || thrown instanceof Interrupted) {
      return new TimedOut(call.limits().timeout());
    }
    if (thrown instanceof RunStopped stopped) {
      return stopped.outcome();
    }
    if (Endings.isStackOverflow(thrown)) {
      return new LimitExceeded(Limit.CALL_DEPTH, budget.limits().stackBytes());
    }
    if (thrown instanceof OutOfMemoryError || budget.growthRefused()) {
      return new LimitExceeded(Limit.MEMORY_PAGES, budget.memoryPagesMax());
    }
    if (budget.tableGrowthRefused()) {
      return new LimitExceeded(Limit.TABLE_ELEMENTS, budget.limits().tableElements());
    }
    return extism
        .error(call.function().value())
        .map(said -> error(Sandbox.NO_EXIT_CODE, said))
        .orElseGet(() -> new Trap(Endings.trapKind(thrown)));
  }

  private RunOutcome error(int code, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int max = budget.limits().errorTextBytes();
    return new PluginError(
        code,
        new PluginText(
            bytes.length <= max ? text : new String(bytes, 0, max, StandardCharsets.UTF_8)));
  }
}
