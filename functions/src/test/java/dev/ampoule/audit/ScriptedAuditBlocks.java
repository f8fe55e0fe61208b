package dev.ampoule.audit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A store that fails as told, one step per call; the steps over, it works. */
class ScriptedAuditBlocks implements AuditBlocks {
  enum Step {
    WORK,
    FAIL_BEFORE,
    FAIL_AFTER,
    /** The put fails now and reaches the store right before the next put does. */
    ARRIVE_LATE,
    /** Another writer's block stands there. */
    FOREIGN,
    ERROR
  }

  static final class Down extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  final InMemoryAuditBlocks store = new InMemoryAuditBlocks();
  final ArrayDeque<Step> puts = new ArrayDeque<>();
  final List<String> calls = new ArrayList<>();
  private Optional<AuditBlock> late = Optional.empty();

  @Override
  public PutResult putNew(AuditBlock block) {
    if (Thread.currentThread().isInterrupted()) {
      throw new Down(); // as the SDK's clients do
    }
    calls.add("put " + block.key().seq());
    late.ifPresent(store::putNew);
    late = Optional.empty();
    Step step = puts.isEmpty() ? Step.WORK : puts.remove();
    return switch (step) {
      case WORK -> store.putNew(block);
      case FAIL_BEFORE -> throw new Down();
      case FAIL_AFTER -> {
        store.putNew(block);
        throw new Down();
      }
      case ARRIVE_LATE -> {
        late = Optional.of(block);
        throw new Down();
      }
      case FOREIGN -> {
        store.putNew(
            AuditBlock.of(
                block.key(), block.previous(), block.time(), List.of(Entries.numbered(666))));
        yield store.putNew(block);
      }
      case ERROR -> throw new OutOfMemoryError("as told");
    };
  }

  @Override
  public Optional<StoredBlock> get(BlockKey key) {
    return store.get(key);
  }

  @Override
  public Optional<StoredBlock> head(ChainId chain) {
    return store.head(chain);
  }

  @Override
  public Page<ChainId, TimePosition> chains(Optional<TimePosition> after, int limit) {
    return store.chains(after, limit);
  }

  @Override
  public Page<StoredBlock, Long> blocks(ChainId chain, long fromSeq, int limit) {
    return store.blocks(chain, fromSeq, limit);
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
