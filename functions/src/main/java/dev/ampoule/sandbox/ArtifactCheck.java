package dev.ampoule.sandbox;

import java.util.Objects;

/** What {@link Artifacts#open} made of a stored artifact. */
public sealed interface ArtifactCheck {

  record Loaded(LoadedModule module) implements ArtifactCheck {
    public Loaded {
      Objects.requireNonNull(module);
    }
  }

  /** Not signed by this key, or signed for another module or engine: audit it and recompile. */
  record BadSignature() implements ArtifactCheck {}

  /** Signed, but for this other engine: recompile. */
  record OtherEngine(EngineId engine) implements ArtifactCheck {
    public OtherEngine {
      Objects.requireNonNull(engine);
    }
  }

  /** Signed, and still not an artifact: {@code reason} holds nothing of its content. */
  record Corrupt(String reason) implements ArtifactCheck {
    public Corrupt {
      Objects.requireNonNull(reason);
    }
  }
}
