package dev.ampoule.sandbox;

import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wasm.WasmModule;
import dev.ampoule.plugin.ContentDigest;
import java.util.function.Function;

/**
 * A module ready to be run: inspected, compiled to classes that are defined in this process. Safe
 * to share between threads; every run makes its own instance of it.
 */
public final class LoadedModule {
  private final ContentDigest digest;
  private final ModuleFacts facts;
  private final long weightBytes;
  private final WasmModule module;
  private final Function<Instance, Machine> machineFactory;

  LoadedModule(
      ContentDigest digest,
      ModuleFacts facts,
      long weightBytes,
      WasmModule module,
      Function<Instance, Machine> machineFactory) {
    this.digest = digest;
    this.facts = facts;
    this.weightBytes = weightBytes;
    this.module = module;
    this.machineFactory = machineFactory;
  }

  public ContentDigest digest() {
    return digest;
  }

  public ModuleFacts facts() {
    return facts;
  }

  /** Estimate of what keeping it loaded costs, in bytes of heap and metaspace. */
  public long weightBytes() {
    return weightBytes;
  }

  WasmModule module() {
    return module;
  }

  Function<Instance, Machine> machineFactory() {
    return machineFactory;
  }
}
