package dev.ampoule.audit;

import java.util.Optional;

/** The store of checkpoints. It never overwrites one. */
public interface Checkpoints extends CheckpointReader {
  /**
   * Stores one. True where these very bytes are now stored, be it by an earlier try whose answer
   * was lost; false where there is another one of that very millisecond.
   */
  boolean putNew(Checkpoint checkpoint);

  /** The newest by name. */
  Optional<StoredCheckpoint> latest();
}
