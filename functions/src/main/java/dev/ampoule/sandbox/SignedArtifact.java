package dev.ampoule.sandbox;

import dev.ampoule.plugin.ContentDigest;
import java.util.Objects;

/**
 * What is stored of a compiled module. Nothing in it is to be believed before {@link
 * Artifacts#open} has checked it.
 *
 * @param jar not copied
 * @param signature of {@link ArtifactSigner}; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes of classes; never compared
public record SignedArtifact(
    ContentDigest wasmDigest, EngineId engine, byte[] jar, byte[] signature) {
  public SignedArtifact {
    Objects.requireNonNull(wasmDigest);
    Objects.requireNonNull(engine);
    Objects.requireNonNull(jar);
    Objects.requireNonNull(signature);
  }

  @Override
  public String toString() {
    return "SignedArtifact[" + wasmDigest + ", " + engine + ", " + jar.length + " bytes]";
  }
}
