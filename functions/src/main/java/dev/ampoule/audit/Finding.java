package dev.ampoule.audit;

import dev.ampoule.privacy.Redacted;

/** Something that is not as it was written. */
public sealed interface Finding {
  /** About a block, which may be one that is missing. */
  record OfBlock(BlockKey block, BlockProblem problem) implements Finding {}

  /** About a checkpoint, by its name. */
  record OfCheckpoint(Redacted name, CheckpointProblem problem) implements Finding {}

  /** Something is stored under a key that the log never writes. */
  record OfKey(Redacted key) implements Finding {}

  /** What is wrong with a block. */
  enum BlockProblem {
    /** Its bytes are not in the form of a block. */
    UNREADABLE,
    /** Its bytes do not have the hash that is stored with it. */
    HASH_MISMATCH,
    /** It is stored in another place than the one it was written for. */
    MISPLACED,
    /** It does not name the hash of the block before it; one of the two was replaced. */
    LINK_BROKEN,
    /** It is missing, and a later one of its chain is there. */
    MISSING,
    /** It is there more than once. */
    DUPLICATE,
    /** Its entries cannot be read. */
    ENTRIES_UNREADABLE,
    /** What is stored beside it to find it by is not what its content says. */
    INDEX_MISMATCH,
    /** A checkpoint names another hash for it. */
    CHECKPOINT_MISMATCH,
    /** A checkpoint names it, and it is not there. */
    CHECKPOINTED_MISSING
  }

  /** What is wrong with a checkpoint. */
  enum CheckpointProblem {
    /** It is not in the form of a checkpoint, or stored under another name. */
    UNREADABLE,
    /** It was signed by a key that is not trusted. */
    UNKNOWN_KEY,
    /** Its signature is not that of its content. */
    BAD_SIGNATURE,
    /** Its Merkle root is not that of its heads. */
    BAD_ROOT
  }
}
