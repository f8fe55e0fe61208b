package dev.ampoule.invocation;

import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.registry.Modules;
import dev.ampoule.registry.Rollout;
import dev.ampoule.registry.VersionRecord;
import dev.ampoule.sandbox.PluginCall;
import dev.ampoule.sandbox.RunOutcome;
import dev.ampoule.sandbox.Sandbox;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs versions in the shadow of the live one: on the same input, beside it, for nobody. What they
 * write is thrown away; how they ended, how long they took and whether they came to the same is
 * counted. The live call waits for nothing here and fails of nothing here; where there is no room,
 * the shadow's run is left out.
 */
public final class ShadowRuns {
  private static final Logger LOG = LoggerFactory.getLogger(ShadowRuns.class);
  private static final int RUNS_MAX = 4;
  private static final int QUEUE_MAX = 16;

  /** A run that took so much longer than it may was in a process that was frozen meanwhile. */
  private static final Duration FROZEN = Duration.ofSeconds(5);

  private final Modules modules;
  private final Sandbox sandbox;
  private final PluginLog pluginLog;
  private final Bulkheads bulkheads;
  private final Supervisor supervisor;
  private final Executor threads;

  public ShadowRuns(
      Modules modules,
      Sandbox sandbox,
      PluginLog pluginLog,
      Bulkheads bulkheads,
      Supervisor supervisor) {
    this(modules, sandbox, pluginLog, bulkheads, supervisor, boundedThreads());
  }

  ShadowRuns(
      Modules modules,
      Sandbox sandbox,
      PluginLog pluginLog,
      Bulkheads bulkheads,
      Supervisor supervisor,
      Executor threads) {
    this.modules = modules;
    this.sandbox = sandbox;
    this.pluginLog = pluginLog;
    this.bulkheads = bulkheads;
    this.supervisor = supervisor;
    this.threads = threads;
  }

  private static Executor boundedThreads() {
    var threads =
        new ThreadPoolExecutor(
            RUNS_MAX,
            RUNS_MAX,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(QUEUE_MAX),
            Thread.ofPlatform().name("shadow-", 0).daemon().factory());
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /** What a run came to, in a form that can be compared and holds no content. */
  private record Result(Ending ending, Optional<ContentDigest> output) {}

  /** A shadow's run under way. */
  static final class Beside {
    private final VersionRecord version;
    private final CompletableFuture<Result> live = new CompletableFuture<>();

    private Beside(VersionRecord version) {
      this.version = version;
    }

    VersionRecord version() {
      return version;
    }

    /** How the live call ended. Never blocks. */
    void liveEnded(InvocationOutcome outcome) {
      live.complete(result(outcome));
    }
  }

  /** Starts a run beside the live one; empty where there is no room for it. */
  Optional<Beside> start(VersionRecord shadow, Rollout rollout, InvokeRequest request) {
    var beside = new Beside(shadow);
    try {
      threads.execute(() -> run(beside, rollout, request));
      return Optional.of(beside);
    } catch (RejectedExecutionException e) {
      return Optional.empty();
    }
  }

  private void run(Beside beside, Rollout rollout, InvokeRequest request) {
    var shadow = beside.version();
    try (var room = bulkheads.tryEnter(shadow.name(), shadow.manifest()).orElse(null)) {
      if (room == null) {
        return;
      }
      var result = run(shadow, rollout, request);
      if (result.isPresent()) {
        var _ = beside.live.thenAccept(live -> compare(shadow, rollout, result.get(), live));
      }
    } catch (Exception e) {
      LOG.warn(
          "{}@{} did not run as a shadow: {}",
          shadow.name(),
          shadow.version(),
          e.getClass().getName());
    }
  }

  private void compare(VersionRecord shadow, Rollout rollout, Result mine, Result live) {
    if (live.ending() != Ending.NONE) {
      supervisor.compared(shadow.name(), shadow.version(), rollout, live.equals(mine));
    }
  }

  private Optional<Result> run(VersionRecord shadow, Rollout rollout, InvokeRequest request)
      throws Exception {
    var limits = shadow.manifest().limits();
    var module = modules.load(shadow);
    var facts = module.facts();
    var function = request.function().or(shadow.manifest()::function).or(facts::soleFunction);
    if (function.isEmpty()
        || !facts.functions().contains(function.get())
        || request.input().length > limits.inputBytes()) {
      return Optional.of(new Result(Ending.ERROR, Optional.empty()));
    }
    var run = sandbox.run(module, call(shadow, function.get(), request));
    if (run.stats().wall().compareTo(limits.timeout().plus(FROZEN)) > 0) {
      return Optional.empty();
    }
    var result = result(run.outcome());
    supervisor.ended(shadow.name(), shadow.version(), rollout, result.ending(), run.stats().wall());
    return Optional.of(result);
  }

  private PluginCall call(VersionRecord shadow, FunctionName function, InvokeRequest request) {
    return new PluginCall(
        function,
        request.input(),
        shadow.manifest().capabilities(),
        shadow.manifest().limits(),
        pluginLog.sink(shadow, request.requestId()));
  }

  private static Result result(RunOutcome outcome) {
    return switch (outcome) {
      case RunOutcome.Output(byte[] bytes) ->
          new Result(Ending.OK, Optional.of(ContentDigest.of(bytes)));
      case RunOutcome.PluginError _ -> new Result(Ending.ERROR, Optional.empty());
      case RunOutcome.TimedOut _ -> new Result(Ending.TIME_LIMIT, Optional.empty());
      case RunOutcome.Trap _, RunOutcome.LimitExceeded _, RunOutcome.CapabilityDenied _ ->
          new Result(Ending.TRAP, Optional.empty());
    };
  }

  private static Result result(InvocationOutcome outcome) {
    return new Result(
        Ending.of(outcome),
        outcome instanceof InvocationOutcome.Completed(byte[] output, _)
            ? Optional.of(ContentDigest.of(output))
            : Optional.empty());
  }
}
