package dev.ampoule.sandbox;

import java.util.List;
import java.util.Objects;

/** What {@link ModuleInspector} found. */
public sealed interface Inspection {

  record Accepted(ModuleFacts facts) implements Inspection {
    public Accepted {
      Objects.requireNonNull(facts);
    }
  }

  /** At least one rejection, at most {@link ModuleInspector#REJECTIONS_MAX}. */
  record Rejected(List<Rejection> rejections) implements Inspection {
    public Rejected {
      rejections = List.copyOf(rejections);
      if (rejections.isEmpty()) {
        throw new IllegalArgumentException("a rejection without a reason");
      }
    }
  }
}
