package dev.ampoule.audit;

import java.util.Optional;

/** Stored checkpoints, for verification. */
public interface CheckpointReader {
  /**
   * Checkpoints by name, which is by time, oldest first.
   *
   * @param after {@link Page#next} of the page before
   * @param limit 1 to {@value BlockReader#PAGE_MAX}
   */
  Page<StoredCheckpoint, String> list(Optional<String> after, int limit);
}
