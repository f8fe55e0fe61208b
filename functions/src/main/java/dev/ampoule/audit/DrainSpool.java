package dev.ampoule.audit;

import dev.ampoule.audit.AuditBlocks.PutResult;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Moves blocks from the spool to their store, chain by chain in the order of their numbers. A block
 * is removed from the spool only when that very block is in the store, so a run may be cut short
 * anywhere, and two may run at once. What is damaged, or stands in the place of another block,
 * stays in the spool and is told of: only tampering makes it.
 */
public final class DrainSpool {
  private final AuditSpool spool;
  private final AuditBlocks store;
  private final InstantSource clock;
  private final Duration time;

  /**
   * Takes what it works with.
   *
   * @param time after which a run begins no further block
   */
  public DrainSpool(AuditSpool spool, AuditBlocks store, InstantSource clock, Duration time) {
    this.spool = Objects.requireNonNull(spool, "spool");
    this.store = Objects.requireNonNull(store, "store");
    this.clock = Objects.requireNonNull(clock, "clock");
    this.time = Objects.requireNonNull(time, "time");
  }

  /**
   * How far a run came.
   *
   * @param drained blocks that were moved
   * @param faulty blocks that will not be moved
   * @param oldest since when the oldest waits of those that were met and left
   * @param stoppedBy what the store threw; the run ended there
   */
  public record Result(
      int drained,
      List<BlockKey> faulty,
      Optional<Instant> oldest,
      Optional<RuntimeException> stoppedBy) {
    public Result {
      faulty = List.copyOf(faulty);
      Objects.requireNonNull(oldest, "oldest");
      Objects.requireNonNull(stoppedBy, "stoppedBy");
    }
  }

  /** Drains; throws the spool's exceptions where it does not answer. */
  public Result run() {
    Instant end = clock.instant().plus(time);
    int drained = 0;
    List<BlockKey> faulty = new ArrayList<>();
    @Nullable Instant oldest = null;
    @Nullable RuntimeException stoppedBy = null;
    Optional<BlockKey> after = Optional.empty();
    do {
      var page = spool.list(Optional.empty(), after, AuditSpool.PAGE_MAX);
      for (AuditSpool.Spooled spooled : page.items()) {
        // Past the end it is only looked how old they are.
        boolean moving = stoppedBy == null && clock.instant().isBefore(end);
        try {
          if (moving && move(spooled.key(), faulty)) {
            drained++;
            continue;
          }
        } catch (RuntimeException e) {
          stoppedBy = e;
        }
        if (oldest == null || spooled.since().isBefore(oldest)) {
          oldest = spooled.since();
        }
      }
      after = page.next();
    } while (after.isPresent());
    return new Result(drained, faulty, Optional.ofNullable(oldest), Optional.ofNullable(stoppedBy));
  }

  /** Whether the block is in its store now and no longer in the spool. */
  private boolean move(BlockKey key, List<BlockKey> faulty) {
    Optional<StoredBlock> spooled = spool.get(key);
    if (spooled.isEmpty()) {
      return false; // another run moved it
    }
    Optional<AuditBlock> block = spooled.get().intact();
    if (block.isPresent() && isStored(block.get())) {
      spool.remove(key);
      return true;
    }
    faulty.add(key);
    return false;
  }

  private boolean isStored(AuditBlock block) {
    return switch (store.putNew(block)) {
      case PutResult.Stored() -> true;
      case PutResult.AlreadyThere(StoredBlock existing) ->
          existing.intact().filter(block::equals).isPresent();
    };
  }
}
