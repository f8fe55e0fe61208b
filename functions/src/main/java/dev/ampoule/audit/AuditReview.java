package dev.ampoule.audit;

import dev.ampoule.audit.AuditBlocks.Order;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Shows what is in the log. Every block is checked against its hash before any of it is shown. */
public final class AuditReview {
  /**
   * How much later than an entry's time its block may be: a call of Lambda's longest, 15 minutes. A
   * review looks no further for late blocks.
   */
  public static final Duration LATE_MAX = Duration.ofMinutes(15);

  /** Pages of blocks read for one page of entries, however few of them match. */
  static final int STORE_PAGES_MAX = 10;

  private final AuditBlocks blocks;

  public AuditReview(AuditBlocks blocks) {
    this.blocks = Objects.requireNonNull(blocks, "blocks");
  }

  /** An entry and where it is. */
  public record Identified(AuditId id, AuditEntry entry) {}

  /**
   * A page of entries, newest block first.
   *
   * @param damaged blocks of the range that are not what they were, and of which nothing is shown
   * @param next empty on the last page; others may be short, even empty
   */
  public record Entries(
      List<Identified> items, List<BlockKey> damaged, Optional<AuditCursor> next) {
    public Entries {
      items = List.copyOf(items);
      damaged = List.copyOf(damaged);
    }
  }

  /** What an id leads to. */
  public sealed interface Lookup {
    record Found(Identified entry) implements Lookup {}

    record Unknown() implements Lookup {}

    /** The block is there and is not what it was. */
    record Damaged(BlockKey block) implements Lookup {}
  }

  /** One page; reads at most {@value #STORE_PAGES_MAX} pages of blocks. */
  public Entries find(AuditQuery query) {
    List<Identified> items = new ArrayList<>();
    List<BlockKey> damaged = new ArrayList<>();
    Optional<TimePosition> after = query.next().map(AuditCursor::after);
    int left = query.next().map(AuditCursor::left).orElse(0);
    if (left > 0) {
      Optional<AuditCursor> cut =
          blocks
              .get(after.orElseThrow().block().orElseThrow())
              .flatMap(b -> show(b, left, query, items, damaged));
      if (cut.isPresent()) {
        return new Entries(items, damaged, cut);
      }
    }
    TimeRange range = new TimeRange(query.range().from(), latest(query.range().to()));
    for (int page = 0; page < STORE_PAGES_MAX; page++) {
      Page<StoredBlock, TimePosition> found =
          blocks.byTime(range, Order.NEWEST_FIRST, after, AuditBlocks.REVIEW_PAGE_MAX);
      for (StoredBlock block : found.items()) {
        Optional<AuditCursor> cut = show(block, AuditBlock.ENTRIES_MAX, query, items, damaged);
        if (cut.isPresent()) {
          return new Entries(items, damaged, cut);
        }
      }
      after = found.next();
      if (after.isEmpty()) {
        return new Entries(items, damaged, Optional.empty());
      }
    }
    return new Entries(items, damaged, after.map(a -> new AuditCursor(a, 0)));
  }

  private static Instant latest(Instant to) {
    Instant late = to.plus(LATE_MAX);
    return late.isAfter(AuditEntry.TIME_MAX) ? AuditEntry.TIME_MAX : late;
  }

  /**
   * Adds what matches of the block's first {@code left} entries; answers where the page is full.
   */
  private static Optional<AuditCursor> show(
      StoredBlock stored,
      int left,
      AuditQuery query,
      List<Identified> items,
      List<BlockKey> damaged) {
    Optional<AuditBlock> block = stored.intact();
    Optional<List<AuditEntry>> entries = block.flatMap(AuditBlock::entries);
    if (block.isEmpty() || entries.isEmpty()) {
      damaged.add(stored.key());
      return Optional.empty();
    }
    for (int i = Math.min(left, entries.get().size()) - 1; i >= 0; i--) {
      AuditEntry entry = entries.get().get(i);
      if (query.matches(entry)) {
        if (items.size() == query.limit()) {
          return Optional.of(new AuditCursor(block.get().position(), i + 1));
        }
        items.add(new Identified(new AuditId(stored.key(), i), entry));
      }
    }
    return Optional.empty();
  }

  /** One entry, in one read by key. */
  public Lookup byId(AuditId id) {
    Optional<StoredBlock> stored = blocks.get(id.block());
    if (stored.isEmpty()) {
      return new Lookup.Unknown();
    }
    Optional<List<AuditEntry>> entries = stored.get().intact().flatMap(AuditBlock::entries);
    if (entries.isEmpty()) {
      return new Lookup.Damaged(id.block());
    }
    return id.index() < entries.get().size()
        ? new Lookup.Found(new Identified(id, entries.get().get(id.index())))
        : new Lookup.Unknown();
  }
}
