package dev.ampoule.audit;

import dev.ampoule.audit.AuditBlocks.PutResult;
import dev.ampoule.audit.AuditUnavailableException.Phase;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Writes one chain of blocks, as its only writer. Concurrent appends share a block: whoever finds
 * nobody committing commits everything that waits, the others wait for it. There is no thread of
 * its own and nothing to do while idle, so a process may be frozen between any two appends.
 *
 * <p>A put whose answer is lost leaves open whether the block is stored. Such a block is put again,
 * unchanged; if that does not settle it either, its entries are refused and the next append first
 * reads that place: what is there is adopted as the chain's head, and only an empty place is used
 * again. A late arrival at the place then shows up as {@link PutResult.AlreadyThere} and is adopted
 * too. So a chain never forks and never has a gap, and an entry may be stored whose caller was
 * refused, but never the other way round.
 */
public final class ChainedAuditLog implements AuditLog {
  /** Blocks whose fate is open at one place before the chain is given up for a new one. */
  private static final int OPEN_MAX = 64;

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
    if (current == null || fresh || current.open.size() >= OPEN_MAX) {
      current = new Chain(ChainId.random(clock), latest);
      chain = current;
    }
    resolve(current);
    AuditBlock block = current.next(entries, latest, clock);
    @Nullable RuntimeException failure = null;
    int attempt = 0;
    while (attempt < settings.attemptsMax()) {
      if (attempt > 0 && !pause(attempt, began)) {
        break;
      }
      attempt++;
      current.open.add(block.hash());
      current.unresolved = true;
      PutResult result;
      try {
        result = blocks.putNew(block);
      } catch (RuntimeException e) {
        failure = e;
        continue;
      }
      switch (result) {
        case PutResult.Stored() -> {
          current.advance(block);
          return block.key();
        }
        case PutResult.AlreadyThere(StoredBlock existing) -> {
          AuditBlock there = ours(current, existing);
          current.advance(there);
          if (there.hash().equals(block.hash())) {
            return block.key();
          }
          // An earlier block arrived late. This one moves on to the next place, with all its
          // attempts: at most one block can be there already, so this happens once.
          block = current.next(entries, latest, clock);
          attempt = 0;
          failure = null;
        }
      }
    }
    throw new AuditUnavailableException(Phase.STORE, failure);
  }

  /** Finds out what became of a block whose put was never answered. */
  private void resolve(Chain current) throws AuditUnavailableException {
    if (!current.unresolved) {
      return;
    }
    Optional<StoredBlock> existing;
    try {
      existing = blocks.get(current.place());
    } catch (RuntimeException e) {
      throw new AuditUnavailableException(Phase.RESOLVE, e);
    }
    if (existing.isPresent()) {
      current.advance(ours(current, existing.get()));
    }
    current.unresolved = false;
  }

  /** The block that stands at the next place, where this process put it there. */
  private AuditBlock ours(Chain current, StoredBlock existing) throws AuditUnavailableException {
    Optional<AuditBlock> block = existing.intact().filter(b -> current.open.contains(b.hash()));
    if (block.isEmpty()) {
      chain = null;
      throw new AuditUnavailableException(Phase.FOREIGN_BLOCK, null);
    }
    return block.get();
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

    /** Hashes of blocks that were put at the next place and may be there, or still get there. */
    private final Set<Sha256> open = new HashSet<>();

    /** Whether the next place must be read before it is written again. */
    private boolean unresolved;

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
      open.clear();
      unresolved = false;
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
