package dev.ampoule.invocation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.RequestId;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.CatalogUnavailableException;
import dev.ampoule.registry.Lifecycle;
import dev.ampoule.registry.Order;
import dev.ampoule.registry.Rollout;
import dev.ampoule.registry.Trial;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches how calls end and moves versions that do badly: a trial that goes worse than the live
 * version ends, and a live version that crosses the restart intensity is quarantined.
 *
 * <p>What one process counts is added to what all count, in the background and at most once in
 * {@link #ADD_AFTER} for each version, and judged on the sum. Nothing is written of versions that
 * do well and have no trial beside them.
 */
public final class Supervisor {
  private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);
  public static final Duration ADD_AFTER = Duration.ofSeconds(1);
  private static final int VERSIONS_MAX = 10_000;
  private static final RequestId NO_REQUEST = new RequestId("supervisor");

  private record Key(PluginName name, PluginVersion version, long era) {}

  /** What was counted here and not yet added. */
  private static final class Pending {
    private Tally tally = Tally.NONE;
    private boolean adding;

    /** The platform can do nothing for the live version in this era. */
    private volatile boolean helpless;

    private synchronized boolean plus(Tally more, boolean worthAdding) {
      tally = tally.plus(more);
      boolean start = worthAdding && !adding;
      adding |= start;
      return start;
    }

    private synchronized Tally take() {
      var taken = tally;
      tally = Tally.NONE;
      adding = false;
      return taken;
    }
  }

  private final CallTallies tallies;
  private final Lifecycle lifecycle;
  private final RestartIntensity intensity;
  private final Executor later;
  private final Clock clock;
  private final Cache<Key, Pending> pending =
      Caffeine.newBuilder().maximumSize(VERSIONS_MAX).build();

  /**
   * A supervisor that counts from now.
   *
   * @param later runs a task when {@link #ADD_AFTER} is over, never in the caller's thread
   */
  public Supervisor(
      CallTallies tallies,
      Lifecycle lifecycle,
      RestartIntensity intensity,
      Executor later,
      Clock clock) {
    this.tallies = tallies;
    this.lifecycle = lifecycle;
    this.intensity = intensity;
    this.later = later;
    this.clock = clock;
  }

  /** A call that named no version ran this one. */
  void ended(
      PluginName name, PluginVersion version, Rollout rollout, Ending ending, Duration runTime) {
    if (ending != Ending.NONE) {
      count(name, version, rollout, Tally.of(ending, runTime, clock.instant()), ending.isCrash());
    }
  }

  /** A shadow's run was compared with the live one. */
  void compared(PluginName name, PluginVersion shadow, Rollout rollout, boolean agreed) {
    count(name, shadow, rollout, Tally.ofComparison(agreed), false);
  }

  /** What was counted before a snapshot is of another process. */
  public void forget() {
    pending.invalidateAll();
  }

  private void count(
      PluginName name, PluginVersion version, Rollout rollout, Tally tally, boolean crash) {
    var key = new Key(name, version, rollout.era());
    var mine = pending.get(key, _ -> new Pending());
    if (mine.plus(tally, crash || rollout.trial().isPresent())) {
      later.execute(() -> add(key, mine, rollout));
    }
  }

  private void add(Key key, Pending mine, Rollout rollout) {
    var tally = mine.take();
    try {
      var sum =
          tallies.add(
              key.name(),
              key.version(),
              key.era(),
              tally,
              clock.instant().minus(intensity.window()));
      if (sum.isEmpty()) {
        pending.invalidate(key);
      } else {
        judge(key, sum.get(), rollout, mine);
      }
    } catch (CatalogUnavailableException | AuditUnavailableException e) {
      // Counting is not worth failing anything for; what is judged on comes again.
      LOG.warn("{}@{} was not judged: {}", key.name(), key.version(), e.getClass().getName());
    } catch (RuntimeException e) {
      LOG.error("{}@{} was not judged: {}", key.name(), key.version(), e.getClass().getName());
    }
  }

  private void judge(Key key, Tally sum, Rollout rollout, Pending mine)
      throws AuditUnavailableException {
    var trial = rollout.trial().filter(t -> t.version().equals(key.version()));
    if (trial.isPresent()) {
      judgeTrial(key, sum, rollout, trial.get());
    } else if (rollout.live().filter(key.version()::equals).isPresent() && !mine.helpless) {
      var why = Verdict.onLive(sum, intensity, clock.instant());
      if (why.isPresent()) {
        var order = new Order.TakeOver(key.name(), key.version(), key.era(), why.get());
        mine.helpless = move(order) instanceof Lifecycle.Outcome.Overtaken;
      }
    }
  }

  private void judgeTrial(Key key, Tally sum, Rollout rollout, Trial trial)
      throws AuditUnavailableException {
    var live = tallies.read(key.name(), rollout.live().orElseThrow(), key.era());
    var why = Verdict.onTrial(sum, live, trial.margins());
    if (why.isPresent()) {
      move(new Order.EndTrial(key.name(), key.version(), key.era(), why.get()));
    }
  }

  private Lifecycle.Outcome move(Order order) throws AuditUnavailableException {
    return lifecycle.move(order, Actor.SYSTEM, NO_REQUEST);
  }
}
