package dev.ampoule.sandbox;

import dev.ampoule.sandbox.RunOutcome.Limit;
import java.time.Duration;

/**
 * What one run has used of its limits. Belongs to the run's thread; {@link Sandbox} reads the
 * counters afterwards, or racily of a thread that it gave up.
 */
final class RunBudget {
  static final int PAGE_BYTES = 65_536;

  private final SandboxLimits limits;
  private final int memoryPagesMax;
  private final long deadlineNanos;

  private int memoryPages;
  private boolean growthRefused;
  private int tableElements;
  private boolean tableGrowthRefused;
  private long hostCalls;
  private long logBytes;

  RunBudget(SandboxLimits limits, int memoryPagesMax, long deadlineNanos) {
    this.limits = limits;
    this.memoryPagesMax = memoryPagesMax;
    this.deadlineNanos = deadlineNanos;
  }

  SandboxLimits limits() {
    return limits;
  }

  Duration remaining() {
    return Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
  }

  void hostCall() {
    if (++hostCalls > limits.hostCalls()) {
      throw RunStopped.limit(Limit.HOST_CALLS, limits.hostCalls());
    }
  }

  void requireLogRoom(long bytes) {
    if (logBytes + bytes > limits.logBytes()) {
      throw RunStopped.limit(Limit.LOG_BYTES, limits.logBytes());
    }
  }

  void log(long bytes) {
    requireLogRoom(bytes);
    logBytes += bytes;
  }

  /** Linear memory and host blocks come out of the same pages. */
  boolean takePages(int pages) {
    if (pages < 0 || memoryPages + (long) pages > memoryPagesMax) {
      growthRefused = true;
      return false;
    }
    memoryPages += pages;
    return true;
  }

  RunStopped outOfPages() {
    return RunStopped.limit(Limit.MEMORY_PAGES, memoryPagesMax);
  }

  boolean takeTableElements(long elements) {
    if (elements < 0 || tableElements + elements > limits.tableElements()) {
      tableGrowthRefused = true;
      return false;
    }
    tableElements += (int) elements;
    return true;
  }

  RunStopped outOfTableElements() {
    return RunStopped.limit(Limit.TABLE_ELEMENTS, limits.tableElements());
  }

  boolean growthRefused() {
    return growthRefused;
  }

  boolean tableGrowthRefused() {
    return tableGrowthRefused;
  }

  int memoryPages() {
    return memoryPages;
  }

  int memoryPagesMax() {
    return memoryPagesMax;
  }

  long hostCalls() {
    return Math.min(hostCalls, limits.hostCalls());
  }

  long logBytes() {
    return logBytes;
  }
}
