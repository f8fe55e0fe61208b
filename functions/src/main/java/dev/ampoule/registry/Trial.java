package dev.ampoule.registry;

import static java.util.Objects.requireNonNull;

import dev.ampoule.plugin.PluginVersion;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * A version beside the live one.
 *
 * @param sharePercent of a canary, the calls it takes; of a shadow, those it runs beside
 */
public record Trial(
    PluginVersion version, Kind kind, int sharePercent, Margins margins, Instant since) {
  /** What becomes of its output. */
  public enum Kind {
    /** The caller gets it. */
    CANARY,
    /** It is thrown away. */
    SHADOW
  }

  public Trial {
    requireNonNull(version, "version");
    requireNonNull(kind, "kind");
    requireNonNull(margins, "margins");
    since = since.truncatedTo(ChronoUnit.MILLIS);
    if (sharePercent < 1 || sharePercent > 100) {
      throw new IllegalArgumentException("sharePercent " + sharePercent + " is not 1 to 100");
    }
  }

  boolean isOf(Trial other) {
    return version.equals(other.version) && kind == other.kind;
  }
}
