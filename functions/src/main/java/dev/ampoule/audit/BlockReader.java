package dev.ampoule.audit;

import java.util.Optional;

/**
 * Stored blocks, for verification: the live store, or an export of it. Every method throws a
 * runtime exception of the store's where it does not answer.
 */
public interface BlockReader {
  /** The most items of one page. */
  int PAGE_MAX = 1000;

  /**
   * The chains, oldest first.
   *
   * @param limit 1 to {@value #PAGE_MAX}
   */
  Page<ChainId, TimePosition> chains(Optional<TimePosition> after, int limit);

  /** One block, as of now (strongly consistent). */
  Optional<StoredBlock> get(BlockKey key);

  /**
   * The blocks of a chain in the order of their numbers, as of now; where {@code fromSeq} is 0,
   * also whatever stands before it.
   *
   * @param limit 1 to {@value #PAGE_MAX}
   */
  Page<StoredBlock, Long> blocks(ChainId chain, long fromSeq, int limit);

  /**
   * What the index by time lists, oldest first; a block may show up in it a little later than it is
   * stored.
   *
   * @param limit 1 to {@value #PAGE_MAX}
   */
  Page<BlockKey, TimePosition> keysByTime(TimeRange range, Optional<TimePosition> after, int limit);
}
