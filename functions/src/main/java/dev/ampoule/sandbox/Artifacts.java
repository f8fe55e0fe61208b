package dev.ampoule.sandbox;

import dev.ampoule.plugin.ContentDigest;

/** The only way from a stored artifact to a module that can be run. */
public final class Artifacts {
  private final ArtifactSigner signer;
  private final EngineId engine;

  public Artifacts(ArtifactSigner signer) {
    this(signer, EngineId.current());
  }

  Artifacts(ArtifactSigner signer, EngineId engine) {
    this.signer = signer;
    this.engine = engine;
  }

  /**
   * Nothing of the artifact is unpacked, let alone defined as a class, before its signature is
   * found to be good for {@code expected}.
   */
  public ArtifactCheck open(SignedArtifact artifact, ContentDigest expected) {
    if (!artifact.wasmDigest().equals(expected)
        || !signer.verify(expected, artifact.engine(), artifact.jar(), artifact.signature())) {
      return new ArtifactCheck.BadSignature();
    }
    if (!artifact.engine().equals(engine)) {
      return new ArtifactCheck.OtherEngine(artifact.engine());
    }
    try {
      return new ArtifactCheck.Loaded(ModuleLoader.load(artifact.jar(), expected));
    } catch (ArtifactFormat.CorruptArtifactException e) {
      return new ArtifactCheck.Corrupt(String.valueOf(e.getMessage()));
    }
  }
}
