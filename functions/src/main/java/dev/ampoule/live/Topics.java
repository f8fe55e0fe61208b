package dev.ampoule.live;

import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** Publishes, and reads what was published. */
public final class Topics {
  private final EventLog log;
  private final BindingCache bindings;
  private final Clock clock;

  public Topics(EventLog log, BindingCache bindings, Clock clock) {
    this.log = log;
    this.bindings = bindings;
    this.clock = clock;
  }

  /**
   * Appends an event; who listens gets it from the fan-out.
   *
   * @param data JSON of at most {@link LiveEvent#DATA_BYTES_MAX} bytes
   */
  public EventLog.Appended publish(Topic topic, String data) {
    return log.append(
        new EventLog.Draft(
            topic, clock.instant(), data, !bindings.of(topic).isEmpty(), Optional.empty()));
  }

  /** What can be replayed, in order. */
  public List<LiveEvent> after(Topic topic, long after, int eventsMax) {
    return log.read(topic, after, eventsMax);
  }

  public long head(Topic topic) {
    return log.head(topic);
  }
}
