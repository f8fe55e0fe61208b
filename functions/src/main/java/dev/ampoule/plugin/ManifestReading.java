package dev.ampoule.plugin;

import java.util.List;

/** What came of reading a {@code plugin.json}. */
public sealed interface ManifestReading {

  record Valid(Manifest manifest) implements ManifestReading {}

  /** Every fault found, at most {@link ManifestReader#FAULTS_MAX} of them. */
  record Invalid(List<Fault> faults) implements ManifestReading {
    public Invalid {
      faults = List.copyOf(faults);
    }
  }

  /**
   * One fault.
   *
   * @param field path of the field, such as {@code limits.timeoutMs}
   * @param reason what is expected there; it repeats no value but a code of capital letters
   */
  record Fault(String field, String reason) {
    @Override
    public String toString() {
      return field.isEmpty() ? reason : field + ": " + reason;
    }
  }
}
