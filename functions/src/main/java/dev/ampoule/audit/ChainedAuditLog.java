package dev.ampoule.audit;

import dev.ampoule.audit.AuditBlocks.PutResult;
import dev.ampoule.audit.AuditUnavailableException.Phase;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Writes one chain of blocks, as its only writer. Concurrent appends share a block: whoever finds
 * nobody committing commits everything that waits, the others wait for it. There is no thread of
 * its own and nothing to do while idle, so a process may be frozen between any two appends.
 *
 * <p>A put whose answer is lost leaves open whether the block is stored, or still will be. Such a
 * block is put again, unchanged; if that does not settle it either, its entries are refused, and
 * the next append puts that very block again before its own. No other block is ever put in its
 * place, so a late arrival can only be the same one: a chain never forks and never has a gap,
 * wherever its blocks are kept, and an entry may be stored whose caller was refused, but never the
 * other way round (RATIONALE: "What if the answer to a write is lost?").
 */
public final class ChainedAuditLog implements AuditLog {
  /** How often a block is tried to be settled before its chain is given up for a new one. */
  private static final int SETTLE_TRIES_MAX = 64;

  /**
   * How long and how often to try.
   *
   * @param queueMax entries that may wait at once
   * @param attemptsMax puts of one block, at least 1
   * @param time what one append may take: waiting for its turn, and then again for the attempts; no
   *     attempt begins later, one that began is left to the store's own time-out
   * @param pause between two attempts, doubled each time
   */
  public record Settings(int queueMax, int attemptsMax, Duration time, Duration pause) {
    public static final Settings DEFAULT =
        new Settings(10_000, 4, Duration.ofSeconds(3), Duration.ofMillis(50));

    public Settings {
      if (queueMax < 1 || attemptsMax < 1 || !time.isPositive() || pause.isNegative()) {
        throw new IllegalArgumentException(
            "queueMax %d, attemptsMax %d, time %s, pause %s"
                .formatted(queueMax, attemptsMax, time, pause));
      }
    }
  }

  private final AuditBlocks blocks;
  private final InstantSource clock;
  private final Settings settings;

  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Waiting> queue = new ArrayDeque<>(); // under lock
  private boolean committing; // under lock; its holder alone touches chain
  private boolean newChainAsked; // under lock
  private @Nullable Chain chain; // made at the first commit, hence never part of a snapshot

  public ChainedAuditLog(AuditBlocks blocks, InstantSource clock, Settings settings) {
    this.blocks = Objects.requireNonNull(blocks, "blocks");
    this.clock = Objects.requireNonNull(clock, "clock");
    this.settings = Objects.requireNonNull(settings, "settings");
  }

  /**
   * Leaves the present chain and starts another with the next block. Call it when the process was
   * restored from a snapshot: its twins would otherwise write on the same chain.
   */
  public void newChain() {
    lock.lock();
    try {
      newChainAsked = true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public AuditId append(AuditEntry entry) throws AuditUnavailableException {
    Waiting own = new Waiting(EntryJson.write(entry), entry.time(), lock.newCondition());
    // The entry is owed even where the call it is about was interrupted; clients of stores give
    // up at once on an interrupted thread, and here that would fail everybody's entries.
    boolean interrupted = Thread.interrupted();
    lock.lock();
    try {
      if (queue.size() >= settings.queueMax()) {
        throw new AuditUnavailableException(Phase.QUEUE_FULL, null);
      }
      queue.add(own);
      long nanosLeft = settings.time().toNanos();
      while (own.outcome == null) {
        if (!committing) {
          commitNext();
          interrupted |= Thread.interrupted();
        } else if (own.taken) {
          // Its committer is bounded, and only that one knows how it ends.
          own.done.awaitUninterruptibly();
        } else if (nanosLeft <= 0) {
          queue.remove(own);
          throw new AuditUnavailableException(Phase.QUEUE_TIME, null);
        } else {
          try {
            nanosLeft = own.done.awaitNanos(nanosLeft);
          } catch (InterruptedException _) {
            interrupted = true;
          }
        }
      }
    } finally {
      wakeNext();
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    return switch (own.outcome) {
      case Outcome.Stored(AuditId id) -> id;
      case Outcome.Refused(Phase phase, Throwable cause) ->
          throw new AuditUnavailableException(phase, cause);
    };
  }

  /** How many entries wait for a turn now. */
  public int waiting() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock: somebody must commit what waits while nobody does. */
  private void wakeNext() {
    Waiting first = queue.peek();
    if (!committing && first != null) {
      first.done.signal();
    }
  }

  /** Called and returns with the lock held; gives it up while the store works. */
  private void commitNext() {
    List<Waiting> batch = take();
    boolean fresh = newChainAsked;
    newChainAsked = false;
    committing = true;
    lock.unlock();
    @Nullable BlockKey stored = null;
    Phase phase = Phase.STORE;
    @Nullable Throwable cause = null;
    try {
      Instant latest = batch.stream().map(w -> w.time).max(Instant::compareTo).orElseThrow();
      stored = commit(batch.stream().map(w -> w.json).toList(), latest, fresh);
    } catch (AuditUnavailableException e) {
      phase = e.phase();
      cause = e.getCause();
    } catch (RuntimeException | Error e) {
      // Whatever it was, nobody may be left waiting; each waiter gets it as the cause.
      cause = e;
    } finally {
      lock.lock();
      committing = false;
      for (int i = 0; i < batch.size(); i++) {
        Waiting waiting = batch.get(i);
        waiting.outcome =
            stored == null
                ? new Outcome.Refused(phase, cause)
                : new Outcome.Stored(new AuditId(stored, i));
        waiting.done.signal();
      }
    }
  }

  /** Under the lock: what fits one block, first come first. */
  private List<Waiting> take() {
    List<Waiting> batch = new ArrayList<>();
    long bytes = 0;
    while (!queue.isEmpty() && batch.size() < AuditBlock.ENTRIES_MAX) {
      Waiting next = queue.element();
      long all = EntryJson.arrayBytes(bytes + next.json.length, batch.size() + 1);
      if (!batch.isEmpty() && AuditBlock.OVERHEAD_BYTES + all > AuditBlock.BYTES_MAX) {
        break;
      }
      bytes += next.json.length;
      next.taken = true;
      batch.add(queue.remove());
    }
    return batch;
  }

  private BlockKey commit(List<byte[]> entries, Instant latest, boolean fresh)
      throws AuditUnavailableException {
    long began = System.nanoTime();
    Chain current = chain;
    if (current == null || fresh || current.settleTries >= SETTLE_TRIES_MAX) {
      current = new Chain(ChainId.random(clock), latest);
      chain = current;
    }
    AuditBlock open = current.open;
    if (open != null) {
      current.settleTries++;
      put(current, open, Phase.RESOLVE, began);
    }
    AuditBlock block = current.next(entries, latest, clock);
    current.open = block;
    put(current, block, Phase.STORE, began);
    return block.key();
  }

  /** Puts the chain's open block until it is known to be there, or until it is time to give up. */
  private void put(Chain current, AuditBlock block, Phase phase, long began)
      throws AuditUnavailableException {
    @Nullable RuntimeException failure = null;
    for (int attempt = 0; attempt < settings.attemptsMax(); attempt++) {
      if (attempt > 0 && !pause(attempt, began)) {
        break;
      }
      PutResult result;
      try {
        result = blocks.putNew(block);
      } catch (RuntimeException e) {
        failure = e;
        continue;
      }
      if (result instanceof PutResult.AlreadyThere(StoredBlock existing)
          && existing.intact().filter(block::equals).isEmpty()) {
        chain = null;
        throw new AuditUnavailableException(Phase.FOREIGN_BLOCK, null);
      }
      current.advance(block);
      return;
    }
    throw new AuditUnavailableException(phase, failure);
  }

  /** Whether there is time for another attempt. */
  private boolean pause(int attempt, long began) {
    long pauseNanos = settings.pause().toNanos() << (attempt - 1);
    if (System.nanoTime() - began + pauseNanos >= settings.time().toNanos()) {
      return false;
    }
    try {
      Thread.sleep(Duration.ofNanos(pauseNanos));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
    return true;
  }

  /** Where the chain stands. Touched by the committer only. */
  private static final class Chain {
    private final ChainId id;
    private long seq;
    private Sha256 previous = Sha256.ZERO;
    private Instant time;

    /** The block that was put at the next place and is not known to be there. */
    private @Nullable AuditBlock open;

    private int settleTries;

    Chain(ChainId id, Instant time) {
      this.id = id;
      this.time = time;
    }

    BlockKey place() {
      return new BlockKey(id, seq);
    }

    /** Time never goes back along a chain, whatever the clock does. */
    AuditBlock next(List<byte[]> entries, Instant latest, InstantSource clock) {
      Instant now = clock.instant();
      Instant at = now.isAfter(latest) ? now : latest;
      return AuditBlock.ofWritten(place(), previous, at.isAfter(time) ? at : time, entries);
    }

    void advance(AuditBlock stored) {
      seq++;
      previous = stored.hash();
      time = stored.time();
      open = null;
      settleTries = 0;
    }
  }

  private sealed interface Outcome {
    record Stored(AuditId id) implements Outcome {}

    record Refused(Phase phase, @Nullable Throwable cause) implements Outcome {}
  }

  /** An entry on its way. Its mutable fields are under the lock. */
  private static final class Waiting {
    private final byte[] json;
    private final Instant time;
    private final Condition done;
    private boolean taken;
    private @Nullable Outcome outcome;

    Waiting(byte[] json, Instant time, Condition done) {
      this.json = json;
      this.time = time;
      this.done = done;
    }
  }
}
