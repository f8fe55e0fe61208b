package dev.ampoule.sandbox;

import java.util.List;
import java.util.Objects;

/** What became of a module that was given to {@link ModuleCompiler}. */
public sealed interface Compilation {

  record Compiled(CompiledModule module) implements Compilation {
    public Compiled {
      Objects.requireNonNull(module);
    }
  }

  /** At least one rejection, at most {@link ModuleInspector#REJECTIONS_MAX}. */
  record Rejected(List<Rejection> rejections) implements Compilation {
    public Rejected {
      rejections = List.copyOf(rejections);
      if (rejections.isEmpty()) {
        throw new IllegalArgumentException("a rejection without a reason");
      }
    }
  }
}
