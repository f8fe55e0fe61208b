package dev.ampoule.invocation;

import dev.ampoule.invocation.InvocationOutcome.Dependency;
import java.util.EnumMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks each dependency for something small. */
public final class Health {
  private static final Logger LOG = LoggerFactory.getLogger(Health.class);

  /** What a dependency is asked; it throws where it does not answer. */
  @FunctionalInterface
  public interface Probe {
    void ask();
  }

  public enum State {
    UP,
    DOWN
  }

  private final Map<Dependency, Probe> probes;

  public Health(Map<Dependency, Probe> probes) {
    this.probes = new EnumMap<>(probes);
  }

  public Map<Dependency, State> check() {
    var states = new EnumMap<Dependency, State>(Dependency.class);
    probes.forEach((dependency, probe) -> states.put(dependency, state(dependency, probe)));
    return states;
  }

  private static State state(Dependency dependency, Probe probe) {
    try {
      probe.ask();
      return State.UP;
    } catch (RuntimeException e) {
      LOG.warn("{} does not answer: {}", dependency, e.getClass().getName());
      return State.DOWN;
    }
  }
}
