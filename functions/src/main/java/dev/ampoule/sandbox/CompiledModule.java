package dev.ampoule.sandbox;

import dev.ampoule.plugin.ContentDigest;
import java.util.Objects;

/**
 * A module compiled once, to be loaded elsewhere.
 *
 * @param wasmDigest of the module as it was uploaded
 * @param engine what compiled it; no other engine may load it
 * @param jar the artifact, see {@link ArtifactFormat}; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes of classes; never compared
public record CompiledModule(
    ContentDigest wasmDigest, EngineId engine, ModuleFacts facts, byte[] jar) {
  public CompiledModule {
    Objects.requireNonNull(wasmDigest);
    Objects.requireNonNull(engine);
    Objects.requireNonNull(facts);
    Objects.requireNonNull(jar);
  }

  @Override
  public String toString() {
    return "CompiledModule[" + wasmDigest + ", " + engine + ", " + jar.length + " bytes]";
  }
}
