package dev.ampoule.sandbox;

import dev.ampoule.plugin.Capabilities;
import dev.ampoule.plugin.Limits;
import dev.ampoule.sandbox.RunOutcome.Limit;
import dev.ampoule.sandbox.RunOutcome.LimitExceeded;
import dev.ampoule.sandbox.RunOutcome.TimedOut;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Runs a loaded module once per call: a fresh instance on a fresh thread, so nothing of one call is
 * there in the next, recursion has the same depth in every process, and the deadline can stop the
 * thread without reaching anyone else's work. Safe to share between threads.
 *
 * <p>A run that does not unwind within {@link SandboxLimits#grace()} of its deadline is answered
 * all the same and its thread given up. That should not happen: compiled code and every host call
 * look at the interrupt. With {@link SandboxLimits#abandonedThreads()} of them alive the process
 * takes no further run.
 */
public final class Sandbox {
  /** The exit code of a plugin error that came without one; Extism's own. */
  public static final int NO_EXIT_CODE = -1;

  private static final Duration INTERRUPT_AGAIN = Duration.ofMillis(10);

  private final SandboxLimits limits;
  private final HttpAccess http;
  private final Set<Thread> abandoned = ConcurrentHashMap.newKeySet();

  /**
   * A sandbox with the operator's limits.
   *
   * @param http how plugins that were granted a host reach it
   */
  public Sandbox(SandboxLimits limits, HttpAccess http) {
    this.limits = limits;
    this.http = http;
  }

  /** Thrown instead of starting a run: this process is spent and must be replaced. */
  public static final class ExhaustedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ExhaustedException(String message) {
      super(message);
    }
  }

  /**
   * Runs {@code call.function()} of the module and returns within the call's time limit plus the
   * grace.
   *
   * @throws ExhaustedException when this process cannot start another run
   */
  public Run run(LoadedModule module, PluginCall call) {
    long start = System.nanoTime();
    var budget =
        new RunBudget(
            limits, call.limits().memoryPages(), start + call.limits().timeout().toNanos());
    if (call.input().length > call.limits().inputBytes()) {
      return ended(new LimitExceeded(Limit.INPUT_BYTES, call.limits().inputBytes()), start, budget);
    }
    requireRoom();
    var execution = new Execution(module, call, budget, http);
    var thread =
        new Thread(null, execution, "plugin-" + call.function(), limits.stackBytes(), false);
    thread.setDaemon(true);
    try {
      thread.start();
    } catch (OutOfMemoryError e) {
      throw new ExhaustedException("no thread for another run");
    }
    if (!finished(thread, budget)) {
      execution.expire();
      stop(thread);
      return ended(new TimedOut(call.limits().timeout()), start, budget);
    }
    return ended(
        execution.result().orElseThrow(() -> new IllegalStateException("a run without outcome")),
        start,
        budget);
  }

  /**
   * Makes an instance of the module and drops it, so that the first run finds its classes there.
   * Nothing of the plugin is run.
   */
  public void warm(LoadedModule module, Limits itsLimits) {
    var call =
        new PluginCall(
            module.facts().functions().first(),
            new byte[0],
            Capabilities.NONE,
            itsLimits,
            (_, _) -> {});
    var budget =
        new RunBudget(
            limits, itsLimits.memoryPages(), System.nanoTime() + itsLimits.timeout().toNanos());
    new Execution(module, call, budget, http).instantiate();
  }

  /**
   * Gives plugins random bytes from a new generator: after a restore from a snapshot, or restored
   * twins would give the same.
   */
  public void renewRandomness() {
    WasiHost.RANDOM.renew();
  }

  /** Given-up threads that are still alive. */
  public int abandonedThreads() {
    abandoned.removeIf(thread -> !thread.isAlive());
    return abandoned.size();
  }

  private void requireRoom() {
    if (!abandoned.isEmpty() && abandonedThreads() >= limits.abandonedThreads()) {
      throw new ExhaustedException(abandoned.size() + " runs could not be stopped");
    }
  }

  /** An interrupt of the caller ends its run as the deadline does, and stays visible to it. */
  private static boolean finished(Thread thread, RunBudget budget) {
    try {
      return thread.join(budget.remaining());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void stop(Thread thread) {
    boolean interrupted = Thread.interrupted();
    long giveUp = System.nanoTime() + limits.grace().toNanos();
    thread.interrupt();
    while (thread.isAlive() && System.nanoTime() < giveUp) {
      try {
        thread.join(INTERRUPT_AGAIN);
      } catch (InterruptedException e) {
        interrupted = true;
      }
      thread.interrupt();
    }
    if (thread.isAlive()) {
      abandoned.add(thread);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static Run ended(RunOutcome outcome, long start, RunBudget budget) {
    return new Run(
        outcome,
        new RunStats(
            Duration.ofNanos(System.nanoTime() - start),
            budget.memoryPages(),
            budget.hostCalls(),
            budget.logBytes()));
  }
}
