package dev.ampoule.sandbox;

import com.dylibso.chicory.runtime.HostFunction;
import com.dylibso.chicory.runtime.ImportFunction;
import com.dylibso.chicory.runtime.ImportValues;
import com.dylibso.chicory.wasm.WasmModule;
import com.dylibso.chicory.wasm.types.FunctionImport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Joins a module's imports to the hosts of one call. */
final class Linker {
  private Linker() {}

  /**
   * Handles for exactly what the module imports; empty when it imports anything that {@link
   * HostImports} does not list with that type, which inspection should have found, or has types of
   * the garbage collection proposal: their objects lie on the Java heap, outside the memory limit.
   */
  static Optional<ImportValues> link(WasmModule module, ExtismHost extism, WasiHost wasi) {
    if (hasHeapTypes(module)) {
      return Optional.empty();
    }
    var imports = module.importSection();
    List<ImportFunction> functions = new ArrayList<>(imports.importCount());
    for (int i = 0; i < imports.importCount(); i++) {
      if (!(imports.getImport(i) instanceof FunctionImport wanted)) {
        return Optional.empty();
      }
      var type = HostImports.find(wanted.module(), wanted.name());
      if (type.isEmpty() || !type.get().equals(module.typeSection().getType(wanted.typeIndex()))) {
        return Optional.empty();
      }
      var handle =
          wanted.module().equals(HostImports.EXTISM_MODULE)
              ? extism.handle(wanted.name())
              : wasi.handle(wanted.name());
      functions.add(new HostFunction(wanted.module(), wanted.name(), type.get(), handle));
    }
    return Optional.of(ImportValues.builder().withFunctions(functions).build());
  }

  private static boolean hasHeapTypes(WasmModule module) {
    var types = module.typeSection();
    for (int i = 0; i < types.subTypeCount(); i++) {
      if (types.getSubType(i).compType().funcType() == null) {
        return true;
      }
    }
    return false;
  }
}
