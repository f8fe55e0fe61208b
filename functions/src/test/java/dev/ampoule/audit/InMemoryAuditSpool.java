package dev.ampoule.audit;

import dev.ampoule.audit.AuditBlocks.PutResult;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** A spool in memory; {@link #down} makes it fail. */
public final class InMemoryAuditSpool implements AuditSpool {
  private record Kept(StoredBlock block, Instant since) {}

  private final ConcurrentSkipListMap<BlockKey, Kept> blocks =
      new ConcurrentSkipListMap<>(
          Comparator.comparing(BlockKey::chain).thenComparingLong(BlockKey::seq));
  private final InstantSource clock;
  volatile boolean down;

  public InMemoryAuditSpool(InstantSource clock) {
    this.clock = clock;
  }

  private void answer() {
    if (down) {
      throw new ScriptedAuditBlocks.Down();
    }
  }

  /** As someone who tampers would. */
  void overwrite(StoredBlock block) {
    blocks.put(block.key(), new Kept(block, clock.instant()));
  }

  @Override
  public PutResult putNew(AuditBlock block) {
    answer();
    var before = blocks.putIfAbsent(block.key(), new Kept(StoredBlock.of(block), clock.instant()));
    return before == null || before.block().intact().filter(block::equals).isPresent()
        ? new PutResult.Stored()
        : new PutResult.AlreadyThere(before.block());
  }

  @Override
  public Optional<StoredBlock> get(BlockKey key) {
    answer();
    return Optional.ofNullable(blocks.get(key)).map(Kept::block);
  }

  @Override
  public Page<Spooled, BlockKey> list(
      Optional<ChainId> chain, Optional<BlockKey> after, int limit) {
    answer();
    if (limit < 1 || limit > PAGE_MAX) {
      throw new IllegalArgumentException("limit " + limit);
    }
    List<Spooled> items = new ArrayList<>();
    for (BlockKey key : after.map(a -> blocks.tailMap(a, false)).orElse(blocks).keySet()) {
      if (chain.isPresent() && !key.chain().equals(chain.get())) {
        continue;
      }
      if (items.size() == limit) {
        return new Page<>(items, Optional.of(items.getLast().key()));
      }
      items.add(new Spooled(key, Objects.requireNonNull(blocks.get(key)).since()));
    }
    return new Page<>(items, Optional.empty());
  }

  @Override
  public void remove(BlockKey key) {
    answer();
    blocks.remove(key);
  }
}
