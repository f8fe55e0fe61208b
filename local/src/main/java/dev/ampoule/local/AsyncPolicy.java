package dev.ampoule.local;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * What becomes of asynchronous calls that fail.
 *
 * @param retriesMax 0 to 2, after the first attempt
 * @param ageMax an event that is older is not tried again, 60 s to 6 h
 * @param deadLetters where an event goes that was given up; empty drops it, as Lambda does
 */
public record AsyncPolicy(int retriesMax, Duration ageMax, Optional<Queues.Queue> deadLetters) {
  /** Lambda's own, where nothing is configured. */
  public static final AsyncPolicy DEFAULT =
      new AsyncPolicy(2, Duration.ofHours(6), Optional.empty());

  public AsyncPolicy {
    Objects.requireNonNull(ageMax, "ageMax");
    Objects.requireNonNull(deadLetters, "deadLetters");
    if (retriesMax < 0 || retriesMax > 2) {
      throw new IllegalArgumentException("retriesMax: 0 to 2, got " + retriesMax);
    }
  }
}
