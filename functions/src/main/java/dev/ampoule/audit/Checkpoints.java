package dev.ampoule.audit;

import java.util.Optional;

/** The store of checkpoints. It never overwrites one. */
public interface Checkpoints extends CheckpointReader {
  /** Stores one; false where there is one of that very millisecond already. */
  boolean putNew(Checkpoint checkpoint);

  /** The newest by name. */
  Optional<StoredCheckpoint> latest();
}
