package dev.ampoule.live;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who is on a topic. Joining and leaving is told on the topic's {@code …/presence}, an ordinary
 * topic.
 */
public final class Presence {
  /** What one call lists. */
  public static final int PRESENT_MAX = 1_000;

  private static final int SWEPT_MAX = 1_000;
  private static final int PAGE = 1_000;

  private final Connections connections;
  private final EventLog log;
  private final Push push;
  private final Clock clock;

  public Presence(Connections connections, EventLog log, Push push, Clock clock) {
    this.connections = connections;
    this.log = log;
    this.push = push;
    this.clock = clock;
  }

  void joined(Subscription subscription) {
    tell("join", subscription);
  }

  /** The connection ended, or is as good as ended; again does no harm. */
  public void closed(ConnectionId id) {
    connections.close(id).forEach(this::left);
  }

  /** Whether there was such a subscription. */
  public boolean unsubscribed(ConnectionId id, TopicFilter filter) {
    var removed = connections.remove(id, filter);
    removed.filter(Subscription::present).ifPresent(this::left);
    return removed.isPresent();
  }

  private void left(Subscription subscription) {
    tell("leave", subscription);
  }

  private void tell(String event, Subscription subscription) {
    subscription
        .filter()
        .base()
        .presence()
        .ifPresent(topic ->
            log.append(
                new EventLog.Draft(
                    topic,
                    clock.instant(),
                    Frames.presence(event, subscription),
                    false,
                    Optional.empty())));
  }

  /** Who is on it, at most {@value #PRESENT_MAX}. */
  public List<Subscription> on(Topic topic) {
    var filter = TopicFilter.of(topic);
    var present = new ArrayList<Subscription>();
    int shards = connections.shards(filter);
    for (int shard = 0; shard < shards; shard++) {
      Optional<ConnectionId> after = Optional.empty();
      do {
        var page = connections.subscribers(filter, shard, after, PAGE);
        page.subscriptions().stream().filter(Subscription::present).forEach(present::add);
        after = page.next();
      } while (after.isPresent() && present.size() < PRESENT_MAX);
    }
    return List.copyOf(present.subList(0, Math.min(PRESENT_MAX, present.size())));
  }

  /** Removes connections whose end was not told; returns how many. */
  public int sweep() {
    int removed = 0;
    var now = clock.instant();
    for (ConnectionId id : connections.silent(now, SWEPT_MAX)) {
      // One that only listens says nothing for hours.
      if (push.isOpen(id)) {
        connections.heard(id, now);
      } else {
        closed(id);
        removed++;
      }
    }
    return removed;
  }
}
