package dev.ampoule.audit;

import dev.ampoule.audit.AuditBlocks.PutResult;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * Where blocks wait while their store fails. It shares nothing with that store, and holds a block
 * as safely: one that was put is an acknowledged one. Every method throws a runtime exception of
 * its own where it does not answer.
 */
public interface AuditSpool {
  /** The most of one page. */
  int PAGE_MAX = 1000;

  /**
   * As {@link AuditBlocks#putNew}: conditional, bounded, and open where it throws; but the very
   * block, where it is there already, counts as stored now.
   */
  PutResult putNew(AuditBlock block);

  /** One block, as of now. */
  Optional<StoredBlock> get(BlockKey key);

  /**
   * What waits, in the order of chains and then of numbers, as of now.
   *
   * @param chain empty for all
   * @param after where the page before ended
   * @param limit 1 to {@value #PAGE_MAX}
   */
  Page<Spooled, BlockKey> list(Optional<ChainId> chain, Optional<BlockKey> after, int limit);

  /** Forgets a block that is in its store now; nothing happens where it is not here. */
  void remove(BlockKey key);

  /** A block that waits, and since when by the spool's clock. */
  record Spooled(BlockKey key, Instant since) {
    public Spooled {
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(since, "since");
    }
  }
}
