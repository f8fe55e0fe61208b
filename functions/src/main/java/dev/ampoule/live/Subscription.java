package dev.ampoule.live;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * One connection's interest in a filter.
 *
 * @param subject who, as the token says
 * @param present whether others are told that they are there
 */
public record Subscription(
    ConnectionId connection,
    TopicFilter filter,
    Optional<View> view,
    String subject,
    boolean present,
    State state) {
  public Subscription {
    Objects.requireNonNull(connection, "connection");
    Objects.requireNonNull(filter, "filter");
    Objects.requireNonNull(view, "view");
    Objects.requireNonNull(subject, "subject");
    Objects.requireNonNull(state, "state");
    if (present && filter.below()) {
      throw new IllegalArgumentException("present on a wildcard");
    }
  }

  /** Who sends it events at this moment. */
  public sealed interface State {
    /** The call that subscribed does, and has until {@code until}. */
    record Replaying(Instant until) implements State {}

    /**
     * The fan-out does.
     *
     * @param after the last event of each topic that was replayed; a topic that is not there had
     *     none
     */
    record Live(Map<Topic, Long> after) implements State {
      public Live {
        after = Map.copyOf(after);
      }

      boolean has(Topic topic, long seq) {
        return after.getOrDefault(topic, 0L) >= seq;
      }
    }
  }

  @Override
  public String toString() {
    return "Subscription[" + filter.base().family() + "]";
  }
}
