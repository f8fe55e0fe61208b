package dev.ampoule.invocation;

import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.PluginName;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps one plugin from taking all there is in this process: threads, memory, connections. A call
 * that finds no room in its plugin's compartment waits in a short queue, in the order of arrival;
 * one that finds the queue full, or waited too long, is not run.
 */
public final class Bulkheads {
  /** A page of linear memory. */
  private static final int PAGE_BYTES = 64 * 1024;

  /**
   * What one plugin may take, and all together.
   *
   * @param callsPerPlugin runs at once
   * @param httpCallsPerPlugin runs at once of a plugin that may use http, where each may hold a
   *     connection of the shared pool
   * @param pagesPerPlugin memory of its runs at once by their declared limits, 64 KiB each; one run
   *     may always be
   * @param pages memory of all runs at once
   * @param queuePerPlugin calls that wait
   * @param waitMax how long one waits
   */
  public record Capacity(
      int callsPerPlugin,
      int httpCallsPerPlugin,
      long pagesPerPlugin,
      long pages,
      int queuePerPlugin,
      Duration waitMax) {
    public Capacity {
      if (callsPerPlugin < 1
          || httpCallsPerPlugin < 1
          || pagesPerPlugin < 1
          || pages < pagesPerPlugin
          || queuePerPlugin < 0
          || waitMax.isNegative()) {
        throw new IllegalArgumentException("a capacity is negative or nothing");
      }
    }

    /**
     * For a process with that much heap: three quarters of it for plugins, half for one; half of
     * the 64 http connections for one; a queue no longer than what runs.
     */
    public static Capacity ofHeap(long heapBytes) {
      long pages = Math.max(2, heapBytes / PAGE_BYTES * 3 / 4);
      return new Capacity(64, 32, Math.max(1, pages * 2 / 3), pages, 64, Duration.ofSeconds(2));
    }
  }

  private static final class Compartment {
    private final Deque<Waiting> queue = new ArrayDeque<>();
    private int calls;
    private long pages;
  }

  private record Waiting(int pages, int callsMax, Condition admitted) {}

  /** Room for one run, given back by closing it. */
  interface Room extends AutoCloseable {
    @Override
    void close();
  }

  private final Capacity capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<PluginName, Compartment> compartments = new HashMap<>();
  private long pages;

  public Bulkheads(Capacity capacity) {
    this.capacity = capacity;
  }

  /** How long a refused caller should wait. */
  Duration retryAfter() {
    return capacity.waitMax().compareTo(Duration.ofSeconds(1)) < 0
        ? Duration.ofSeconds(1)
        : capacity.waitMax();
  }

  /** Room for a run of a version with that manifest; empty where there is none in time. */
  Optional<Room> enter(PluginName name, Manifest manifest) {
    return enter(name, manifest, capacity.waitMax());
  }

  /** Room that is there at once. */
  Optional<Room> tryEnter(PluginName name, Manifest manifest) {
    return enter(name, manifest, Duration.ZERO);
  }

  private Optional<Room> enter(PluginName name, Manifest manifest, Duration wait) {
    int needed = manifest.limits().memoryPages();
    int callsMax =
        manifest.capabilities().httpHosts().filter(hosts -> !hosts.isEmpty()).isPresent()
            ? Math.min(capacity.callsPerPlugin(), capacity.httpCallsPerPlugin())
            : capacity.callsPerPlugin();
    lock.lock();
    try {
      var mine = compartments.computeIfAbsent(name, _ -> new Compartment());
      if (mine.queue.isEmpty() && fits(mine, needed, callsMax)) {
        return Optional.of(take(name, mine, needed));
      }
      if (wait.isZero() || mine.queue.size() >= capacity.queuePerPlugin()) {
        return Optional.empty();
      }
      return await(mine, new Waiting(needed, callsMax, lock.newCondition()), wait)
          ? Optional.of(take(name, mine, needed))
          : Optional.empty();
    } finally {
      removeIfEmpty(name);
      lock.unlock();
    }
  }

  /** Whether it is its turn, and there is room, before the time is over. */
  private boolean await(Compartment mine, Waiting me, Duration wait) {
    mine.queue.addLast(me);
    try {
      long left = wait.toNanos();
      while (!me.equals(mine.queue.peekFirst()) || !fits(mine, me.pages(), me.callsMax())) {
        if (left <= 0) {
          return false;
        }
        left = me.admitted().awaitNanos(left);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      mine.queue.remove(me);
      wakeNext(mine);
    }
  }

  private boolean fits(Compartment mine, int needed, int callsMax) {
    return mine.calls < callsMax
        && (mine.calls == 0 || mine.pages + needed <= capacity.pagesPerPlugin())
        && (pages == 0 || pages + needed <= capacity.pages());
  }

  private Room take(PluginName name, Compartment mine, int needed) {
    mine.calls++;
    mine.pages += needed;
    pages += needed;
    return () -> leave(name, mine, needed);
  }

  private void leave(PluginName name, Compartment mine, int needed) {
    lock.lock();
    try {
      mine.calls--;
      mine.pages -= needed;
      pages -= needed;
      // The memory may be what another plugin's next one waits for.
      compartments.values().forEach(Bulkheads::wakeNext);
      removeIfEmpty(name);
    } finally {
      lock.unlock();
    }
  }

  private static void wakeNext(Compartment compartment) {
    var next = compartment.queue.peekFirst();
    if (next != null) {
      next.admitted().signal();
    }
  }

  private void removeIfEmpty(PluginName name) {
    var compartment = compartments.get(name);
    if (compartment != null && compartment.calls == 0 && compartment.queue.isEmpty()) {
      compartments.remove(name);
    }
  }

  /** Calls that wait. */
  int waiting(PluginName name) {
    lock.lock();
    try {
      var compartment = compartments.get(name);
      return compartment == null ? 0 : compartment.queue.size();
    } finally {
      lock.unlock();
    }
  }
}
