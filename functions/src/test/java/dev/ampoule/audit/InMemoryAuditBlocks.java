package dev.ampoule.audit;

import dev.ampoule.privacy.Redacted;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Keeps blocks as a table does: by key, with the index attributes deciding what the indexes list.
 * {@link #replace} and {@link #remove} are what a tamperer has and the log has not.
 */
public final class InMemoryAuditBlocks implements AuditBlocks {
  private final TreeMap<String, StoredBlock> rows = new TreeMap<>();

  private static String row(BlockKey key) {
    return "%s#%012d".formatted(key.chain(), key.seq());
  }

  @Override
  public synchronized PutResult putNew(AuditBlock block) {
    StoredBlock existing = rows.putIfAbsent(row(block.key()), StoredBlock.of(block));
    return existing == null ? new PutResult.Stored() : new PutResult.AlreadyThere(existing);
  }

  public synchronized void replace(StoredBlock block) {
    rows.put(row(block.key()), block);
  }

  public synchronized void remove(BlockKey key) {
    rows.remove(row(key));
  }

  public synchronized List<StoredBlock> all() {
    return List.copyOf(rows.values());
  }

  @Override
  public synchronized Optional<StoredBlock> get(BlockKey key) {
    return Optional.ofNullable(rows.get(row(key)));
  }

  @Override
  public synchronized Optional<StoredBlock> head(ChainId chain) {
    return rows.values().stream()
        .filter(b -> b.key().chain().equals(chain))
        .reduce((_, last) -> last);
  }

  @Override
  public synchronized Page<ChainId, TimePosition> chains(Optional<TimePosition> after, int limit) {
    Page<StoredBlock, TimePosition> page =
        page(
            rows.values().stream()
                .filter(b -> AuditBlock.CHAINS_ALL.equals(b.index().get(AuditBlock.CHAINS))),
            Order.OLDEST_FIRST,
            after,
            limit);
    return new Page<>(
        page.items().stream().map(b -> b.key().chain()).toList(), page.next(), page.unreadable());
  }

  @Override
  public synchronized Page<StoredBlock, Long> blocks(ChainId chain, long fromSeq, int limit) {
    List<StoredBlock> items =
        rows.values().stream()
            .filter(b -> b.key().chain().equals(chain) && b.key().seq() >= fromSeq)
            .limit(limit)
            .toList();
    return new Page<>(
        items,
        items.size() < limit ? Optional.empty() : Optional.of(items.getLast().key().seq() + 1));
  }

  @Override
  public synchronized Page<BlockKey, TimePosition> keysByTime(
      TimeRange range, Optional<TimePosition> after, int limit) {
    Page<StoredBlock, TimePosition> page = byTime(range, Order.OLDEST_FIRST, after, limit);
    return new Page<>(
        page.items().stream().map(StoredBlock::key).toList(), page.next(), page.unreadable());
  }

  @Override
  public synchronized Page<StoredBlock, TimePosition> byTime(
      TimeRange range, Order order, Optional<TimePosition> after, int limit) {
    String from = TimePosition.before(range.from()).toString();
    String to = TimePosition.before(range.to()).toString();
    return page(
        rows.values().stream()
            .filter(b -> {
              String place = b.index().getOrDefault(AuditBlock.PLACE, "");
              String day = b.index().getOrDefault(AuditBlock.DAY, "");
              return place.compareTo(from) >= 0
                  && place.compareTo(to) < 0
                  && day.equals("DAY#" + place.substring(0, 10));
            }),
        order,
        after,
        limit);
  }

  private static Page<StoredBlock, TimePosition> page(
      Stream<StoredBlock> blocks, Order order, Optional<TimePosition> after, int limit) {
    Comparator<String> byPlace =
        switch (order) {
          case OLDEST_FIRST -> Comparator.naturalOrder();
          case NEWEST_FIRST -> Comparator.reverseOrder();
        };
    List<StoredBlock> sorted =
        blocks
            .filter(b -> b.index().containsKey(AuditBlock.PLACE))
            .filter(b -> after.isEmpty() || byPlace.compare(place(b), after.get().toString()) > 0)
            .sorted(Comparator.comparing(InMemoryAuditBlocks::place, byPlace))
            .limit(limit)
            .toList();
    List<StoredBlock> items = new ArrayList<>();
    List<Redacted> unreadable = new ArrayList<>();
    for (StoredBlock block : sorted) {
      if (TimePosition.parse(place(block)).isPresent()) {
        items.add(block);
      } else {
        unreadable.add(Redacted.identifier(place(block)));
      }
    }
    Optional<TimePosition> next =
        sorted.size() < limit || items.isEmpty()
            ? Optional.empty()
            : TimePosition.parse(place(items.getLast()));
    return new Page<>(items, next, unreadable);
  }

  private static String place(StoredBlock block) {
    return block.index().getOrDefault(AuditBlock.PLACE, "");
  }
}
