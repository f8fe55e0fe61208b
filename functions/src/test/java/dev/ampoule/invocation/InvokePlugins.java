package dev.ampoule.invocation;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.policy.PolicyGate;
import dev.ampoule.registry.Lifecycle;
import dev.ampoule.registry.Modules;
import dev.ampoule.registry.PlatformEvent;
import dev.ampoule.registry.PluginCatalog;
import dev.ampoule.sandbox.HttpAccess;
import dev.ampoule.sandbox.Sandbox;
import dev.ampoule.sandbox.SandboxLimits;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** What {@link InvokePlugin} is made of, for tests; what it does later is done when they say so. */
final class InvokePlugins {
  static final Bulkheads.Capacity CAPACITY =
      new Bulkheads.Capacity(8, 4, 8 * 1024, 16 * 1024, 4, Duration.ofSeconds(5));

  final InMemoryCallTallies tallies = new InMemoryCallTallies();
  final List<PlatformEvent> events = new CopyOnWriteArrayList<>();
  final Queue<Runnable> later = new ConcurrentLinkedQueue<>();
  final Bulkheads bulkheads = new Bulkheads(CAPACITY);
  private final InvokePlugin invokePlugin;

  InvokePlugins(PluginCatalog catalog, Modules modules, AuditLog audit) {
    var clock = Clock.systemUTC();
    var sandbox = new Sandbox(SandboxLimits.DEFAULT, HttpAccess.NONE);
    var pluginLog = new PluginLog();
    var supervisor =
        new Supervisor(
            tallies,
            new Lifecycle(catalog, audit, events::add, clock),
            RestartIntensity.DEFAULT,
            later::add,
            clock);
    this.invokePlugin =
        new InvokePlugin(
            // Always asks again, so that a test's move is followed at once.
            new HotSwap(
                catalog,
                _ -> {},
                Runnable::run,
                new Ticker() {
                  private long nanos;

                  @Override
                  public synchronized long read() {
                    nanos += HotSwap.AGE_MAX.toNanos();
                    return nanos;
                  }
                }),
            new PolicyGate(),
            new CircuitBreakers(catalog, events::add, Runnable::run, clock),
            bulkheads,
            modules,
            sandbox,
            new ShadowRuns(modules, sandbox, pluginLog, bulkheads, supervisor, Runnable::run),
            supervisor,
            pluginLog,
            audit,
            clock);
  }

  InvokePlugin invokePlugin() {
    return invokePlugin;
  }

  /** Does what was put off, and what that puts off. */
  void passTime() {
    for (var task = later.poll(); task != null; task = later.poll()) {
      task.run();
    }
  }
}
