package dev.ampoule.audit;

import java.util.Optional;

/** The store of blocks. It never changes or deletes one. */
public interface AuditBlocks extends BlockReader {
  /**
   * Stores a block where there is none. Must answer or throw in bounded time. Any exception means
   * that it is not known whether the block was stored, or still will be.
   */
  PutResult putNew(AuditBlock block);

  /** The last block of a chain, as of now. */
  Optional<StoredBlock> head(ChainId chain);

  /**
   * The blocks that the index by time lists; one may show up a little later than it is stored.
   *
   * @param after where the page before ended, in that order
   * @param limit 1 to {@link #REVIEW_PAGE_MAX}
   */
  Page<StoredBlock, TimePosition> byTime(
      TimeRange range, Order order, Optional<TimePosition> after, int limit);

  /** The most blocks of one page by time: 15 MB where all are full. */
  int REVIEW_PAGE_MAX = 50;

  /** Which end of the range comes first. */
  enum Order {
    OLDEST_FIRST,
    NEWEST_FIRST
  }

  /** How {@link #putNew} went. */
  sealed interface PutResult {
    /** It is stored for good. */
    record Stored() implements PutResult {}

    /** Nothing was changed: this stood there before. */
    record AlreadyThere(StoredBlock existing) implements PutResult {}
  }
}
