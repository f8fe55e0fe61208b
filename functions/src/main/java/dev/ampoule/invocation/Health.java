package dev.ampoule.invocation;

import dev.ampoule.invocation.InvocationOutcome.Dependency;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks each dependency for something small, and tells what its failure means for calls (RATIONALE:
 * "When is the platform degraded, and when is it down?").
 */
public final class Health {
  private static final Logger LOG = LoggerFactory.getLogger(Health.class);

  /** What a dependency is asked; it throws where it does not answer. */
  @FunctionalInterface
  public interface Probe {
    void ask();
  }

  /**
   * What is asked of whom.
   *
   * @param auditSpool tells how many blocks wait there, up to a limit of its own
   */
  public record Probes(Probe catalog, Probe moduleStore, Probe audit, IntSupplier auditSpool) {
    public Probes {
      Objects.requireNonNull(catalog, "catalog");
      Objects.requireNonNull(moduleStore, "moduleStore");
      Objects.requireNonNull(audit, "audit");
      Objects.requireNonNull(auditSpool, "auditSpool");
    }
  }

  public enum State {
    UP,
    /** It fails or its substitute does, and calls are still served. */
    DEGRADED,
    /** It fails, and so do the calls that need it. */
    DOWN
  }

  /**
   * How things are.
   *
   * @param catalogAge since when the catalogue has not answered this process; empty where it never
   *     has
   * @param spooledBlocks audit blocks that wait for their store; empty where the spool fails
   */
  public record Report(
      State overall,
      Map<Dependency, State> dependencies,
      Optional<Duration> catalogAge,
      OptionalInt spooledBlocks) {
    public Report {
      dependencies = new EnumMap<>(dependencies);
    }
  }

  private final Probes probes;
  private final Duration catalogAgeMax;
  private final InstantSource clock;
  private volatile @Nullable Instant catalogAnswered;
  private volatile @Nullable Instant began;

  /**
   * Takes what it works with.
   *
   * @param catalogAgeMax how long known plugins run without the catalogue
   */
  public Health(Probes probes, Duration catalogAgeMax, InstantSource clock) {
    this.probes = Objects.requireNonNull(probes, "probes");
    this.catalogAgeMax = Objects.requireNonNull(catalogAgeMax, "catalogAgeMax");
    this.clock = Objects.requireNonNull(clock, "clock");
  }

  /** Knows nothing any more: after a restore from a snapshot what is known is of days ago. */
  public void forget() {
    catalogAnswered = null;
    began = null;
  }

  public Report check() {
    boolean catalog = answers(Dependency.CATALOG, probes.catalog());
    var now = clock.instant();
    if (catalog) {
      catalogAnswered = now;
    }
    Optional<Duration> catalogAge =
        Optional.ofNullable(catalogAnswered).map(at -> Duration.between(at, now));
    var spooled = spooled();

    var states = new EnumMap<Dependency, State>(Dependency.class);
    if (began == null) {
      began = now;
    }
    // Who never heard of it cannot know since when it is silent, and counts from its first
    // question.
    var silentSince = Objects.requireNonNullElse(catalogAnswered, Objects.requireNonNull(began));
    boolean stillKnown = Duration.between(silentSince, now).compareTo(catalogAgeMax) < 0;
    states.put(Dependency.CATALOG, catalog ? State.UP : stillKnown ? State.DEGRADED : State.DOWN);
    // A module that a process has loaded runs on without it; no other does.
    states.put(
        Dependency.MODULE_STORE,
        answers(Dependency.MODULE_STORE, probes.moduleStore()) ? State.UP : State.DOWN);
    boolean audit = answers(Dependency.AUDIT, probes.audit());
    states.put(
        Dependency.AUDIT,
        audit && spooled.isPresent()
            ? State.UP
            : audit || spooled.isPresent() ? State.DEGRADED : State.DOWN);
    return new Report(overall(states), states, catalogAge, spooled);
  }

  private static State overall(Map<Dependency, State> states) {
    if (states.values().stream().allMatch(state -> state == State.UP)) {
      return State.UP;
    }
    return states.get(Dependency.CATALOG) == State.DOWN
            || states.get(Dependency.AUDIT) == State.DOWN
        ? State.DOWN
        : State.DEGRADED;
  }

  private static boolean answers(Dependency dependency, Probe probe) {
    try {
      probe.ask();
      return true;
    } catch (RuntimeException e) {
      LOG.warn("{} does not answer: {}", dependency, e.getClass().getName());
      return false;
    }
  }

  private OptionalInt spooled() {
    try {
      return OptionalInt.of(probes.auditSpool().getAsInt());
    } catch (RuntimeException e) {
      LOG.warn("the audit spool does not answer: {}", e.getClass().getName());
      return OptionalInt.empty();
    }
  }
}
