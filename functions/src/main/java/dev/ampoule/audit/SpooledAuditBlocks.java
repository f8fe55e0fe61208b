package dev.ampoule.audit;

import dev.ampoule.privacy.Redacted;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One log kept in two places: a block goes to its store or, while that fails, to the spool, from
 * where {@link DrainSpool} moves it. To a reader of chains a block is there wherever it is. The
 * index by time lists what is in the store only: a spooled block is found by it once it is drained
 * (RATIONALE: "Where do audit entries go while DynamoDB fails?").
 *
 * <p>Readers meet every block that was there when they began: what is drained meanwhile is looked
 * for in the spool first and in the store after.
 */
public final class SpooledAuditBlocks implements AuditBlocks {
  private final AuditBlocks store;
  private final AuditSpool spool;
  private final AuditBlocks forPuts;

  /**
   * Takes what it works with.
   *
   * @param forPuts the same store, asked to take blocks; it may refuse at once while it is known to
   *     fail
   */
  public SpooledAuditBlocks(AuditBlocks store, AuditBlocks forPuts, AuditSpool spool) {
    this.store = Objects.requireNonNull(store, "store");
    this.forPuts = Objects.requireNonNull(forPuts, "forPuts");
    this.spool = Objects.requireNonNull(spool, "spool");
  }

  @Override
  public PutResult putNew(AuditBlock block) {
    try {
      return forPuts.putNew(block);
    } catch (RuntimeException storeFailure) {
      try {
        return spool.putNew(block);
      } catch (RuntimeException spoolFailure) {
        spoolFailure.addSuppressed(storeFailure);
        throw spoolFailure;
      }
    }
  }

  @Override
  public Optional<StoredBlock> get(BlockKey key) {
    Optional<StoredBlock> stored;
    try {
      stored = store.get(key);
    } catch (RuntimeException storeFailure) {
      return Optional.of(spool.get(key).orElseThrow(() -> storeFailure));
    }
    return stored.or(() -> spool.get(key)).or(() -> store.get(key));
  }

  @Override
  public Optional<StoredBlock> head(ChainId chain) {
    Optional<BlockKey> last = Optional.empty();
    Optional<BlockKey> after = Optional.empty();
    do {
      var page = spool.list(Optional.of(chain), after, AuditSpool.PAGE_MAX);
      last = page.items().isEmpty() ? last : Optional.of(page.items().getLast().key());
      after = page.next();
    } while (after.isPresent());
    Optional<StoredBlock> stored = store.head(chain);
    long storedSeq = stored.map(head -> head.key().seq()).orElse(-1L);
    return last.filter(key -> key.seq() > storedSeq).flatMap(this::get).or(() -> stored);
  }

  @Override
  public Page<StoredBlock, Long> blocks(ChainId chain, long fromSeq, int limit) {
    Optional<BlockKey> before =
        fromSeq == 0 ? Optional.empty() : Optional.of(new BlockKey(chain, fromSeq - 1));
    var waiting = spool.list(Optional.of(chain), before, limit);
    var stored = store.blocks(chain, fromSeq, limit);
    if (waiting.items().isEmpty()) {
      return new Page<>(stored.items(), stored.next(), both(stored, waiting));
    }
    // What both pages are sure to have told all about.
    long end =
        Math.min(
            stored.next().orElse(Long.MAX_VALUE),
            waiting.next().map(BlockKey::seq).map(seq -> seq + 1).orElse(Long.MAX_VALUE));
    List<StoredBlock> merged = new ArrayList<>();
    var rest = new ArrayList<>(waiting.items());
    for (StoredBlock block : stored.items()) {
      while (!rest.isEmpty() && rest.getFirst().key().seq() < block.key().seq()) {
        add(merged, rest.removeFirst().key(), end);
      }
      if (block.key().seq() < end) {
        merged.add(block);
      }
      if (!rest.isEmpty() && rest.getFirst().key().seq() == block.key().seq()) {
        // Stored and not yet removed from the spool; another one there is a fork, and is shown.
        spool
            .get(rest.removeFirst().key())
            .filter(spooled -> !spooled.computedHash().equals(block.computedHash()))
            .filter(spooled -> spooled.key().seq() < end)
            .ifPresent(merged::add);
      }
    }
    for (AuditSpool.Spooled spooled : rest) {
      add(merged, spooled.key(), end);
    }
    Optional<Long> next = end == Long.MAX_VALUE ? Optional.empty() : Optional.of(end);
    if (merged.size() > limit && merged.get(limit).key().seq() > merged.getFirst().key().seq()) {
      long cut = merged.get(limit).key().seq();
      merged.removeIf(block -> block.key().seq() >= cut);
      next = Optional.of(cut);
    }
    return new Page<>(merged, next, both(stored, waiting));
  }

  private void add(List<StoredBlock> merged, BlockKey key, long end) {
    if (key.seq() < end) {
      // Drained since it was listed, it is in the store.
      spool.get(key).or(() -> store.get(key)).ifPresent(merged::add);
    }
  }

  private static List<Redacted> both(Page<?, ?> one, Page<?, ?> other) {
    var unreadable = new ArrayList<>(one.unreadable());
    unreadable.addAll(other.unreadable());
    return unreadable;
  }

  /** The last page also names the chains of the spool, one in both places a second time. */
  @Override
  public Page<ChainId, TimePosition> chains(Optional<TimePosition> after, int limit) {
    var waiting = spooledChains();
    var stored = store.chains(after, limit);
    if (stored.next().isPresent()) {
      return stored;
    }
    waiting.addAll(0, stored.items());
    return new Page<>(waiting, Optional.empty(), stored.unreadable());
  }

  private List<ChainId> spooledChains() {
    var chains = new LinkedHashSet<ChainId>();
    Optional<BlockKey> after = Optional.empty();
    do {
      var page = spool.list(Optional.empty(), after, AuditSpool.PAGE_MAX);
      page.items().forEach(spooled -> chains.add(spooled.key().chain()));
      after = page.next();
    } while (after.isPresent());
    return new ArrayList<>(chains);
  }

  @Override
  public Page<BlockKey, TimePosition> keysByTime(
      TimeRange range, Optional<TimePosition> after, int limit) {
    return store.keysByTime(range, after, limit);
  }

  @Override
  public Page<StoredBlock, TimePosition> byTime(
      TimeRange range, Order order, Optional<TimePosition> after, int limit) {
    return store.byTime(range, order, after, limit);
  }
}
