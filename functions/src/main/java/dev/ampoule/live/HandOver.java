package dev.ampoule.live;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Subscribes: what was missed is sent in order, then the fan-out takes over, with no event lost
 * between and none sent by both (RATIONALE: "How does a replay become live without a gap?").
 */
public final class HandOver {
  private static final int PAGE_EVENTS = 100;

  /** Longer than any call that replays. */
  private static final Duration REPLAYING_MAX = Duration.ofSeconds(60);

  /**
   * Who wants what.
   *
   * @param after the last event of each topic that the client has; from now on where a topic is not
   *     among them
   * @param present whether others are to be told
   * @param until when the replay is broken off
   */
  public record Request(
      ConnectionId connection,
      TopicFilter filter,
      Map<Topic, Long> after,
      Optional<View> view,
      String subject,
      boolean present,
      Instant until) {
    public Request {
      Objects.requireNonNull(connection, "connection");
      Objects.requireNonNull(filter, "filter");
      after = Map.copyOf(after);
      Objects.requireNonNull(view, "view");
      Objects.requireNonNull(subject, "subject");
      Objects.requireNonNull(until, "until");
    }

    @Override
    public String toString() {
      return "Request[" + filter.base().family() + "]";
    }
  }

  /** What came of it. */
  public sealed interface Result {
    record Live() implements Result {}

    /** The connection went away. */
    record Closed() implements Result {}

    record TooMany(int max) implements Result {}

    /**
     * Events after the client's are not kept any more, or were never there.
     *
     * @param oldest the first that can still be replayed; one more than the last where there is
     *     none
     */
    record Missed(Topic topic, long oldest) implements Result {}

    /** There was more than there was time for: it is to subscribe again. */
    record Unfinished(Topic topic, long after) implements Result {}
  }

  private final Connections connections;
  private final EventLog log;
  private final Views views;
  private final Presence presence;
  private final Delivering delivering;
  private final Clock clock;

  public HandOver(
      Connections connections,
      EventLog log,
      Views views,
      Push push,
      Presence presence,
      Clock clock) {
    this.connections = connections;
    this.log = log;
    this.views = views;
    this.presence = presence;
    this.delivering = new Delivering(push, presence);
    this.clock = clock;
  }

  /** Subscribes; the acknowledgement and every event that was missed have been sent. */
  public Result subscribe(Request request) {
    var subscription =
        new Subscription(
            request.connection(),
            request.filter(),
            request.view(),
            request.subject(),
            request.present(),
            new Subscription.State.Replaying(clock.instant().plus(REPLAYING_MAX)));
    return switch (connections.add(subscription)) {
      case CLOSED -> new Result.Closed();
      case TOO_MANY -> new Result.TooMany(Connections.SUBSCRIPTIONS_MAX);
      case ADDED -> {
        var result = replay(request);
        if (result instanceof Result.Live && request.present()) {
          presence.joined(subscription);
        }
        yield result;
      }
      case REPLACED -> replay(request);
    };
  }

  private Result replay(Request request) {
    var cursors = new TreeMap<Topic, Long>();
    var heads = new TreeMap<Topic, Long>();
    for (Topic topic : covered(request.filter())) {
      long head = log.head(topic);
      long after = request.after().getOrDefault(topic, head);
      var missed = missed(topic, after, head);
      if (missed.isPresent()) {
        connections.remove(request.connection(), request.filter());
        return missed.get();
      }
      heads.put(topic, head);
      cursors.put(topic, after);
    }
    if (!delivering.send(request.connection(), Frames.subscribed(request.filter(), heads))) {
      return new Result.Closed();
    }
    while (true) {
      // Before the log is read: what is passed over from here on makes this round not the last.
      var passes = connections.passes(request.connection(), request.filter());
      if (passes.isEmpty()) {
        return new Result.Closed();
      }
      for (Topic topic : covered(request.filter())) {
        // A topic that is new began while this one was looking on.
        cursors.putIfAbsent(topic, 0L);
        var broken = replay(request, topic, cursors);
        if (broken.isPresent()) {
          return broken.get();
        }
      }
      switch (connections.goLive(
          new Connections.GoLive(request.connection(), request.filter(), cursors, passes.get()))) {
        case LIVE -> {
          return new Result.Live();
        }
        case GONE -> {
          return new Result.Closed();
        }
        case MOVED -> {}
      }
    }
  }

  /** Empty where everything after {@code after} can be replayed. */
  private Optional<Result> missed(Topic topic, long after, long head) {
    if (after > head) {
      return Optional.of(new Result.Missed(topic, head + 1));
    }
    if (after == head) {
      return Optional.empty();
    }
    var next = log.read(topic, after, 1);
    long oldest = next.isEmpty() ? head + 1 : next.getFirst().seq();
    return oldest == after + 1 ? Optional.empty() : Optional.of(new Result.Missed(topic, oldest));
  }

  private Optional<Result> replay(Request request, Topic topic, Map<Topic, Long> cursors) {
    List<LiveEvent> events;
    do {
      events = log.read(topic, Objects.requireNonNull(cursors.get(topic)), PAGE_EVENTS);
      for (LiveEvent event : events) {
        if (event.seq() != Objects.requireNonNull(cursors.get(topic)) + 1) {
          connections.remove(request.connection(), request.filter());
          return Optional.of(new Result.Missed(topic, event.seq()));
        }
        if (clock.instant().isAfter(request.until())) {
          connections.remove(request.connection(), request.filter());
          return Optional.of(new Result.Unfinished(topic, event.seq() - 1));
        }
        var frame =
            request
                .view()
                .map(view -> Frames.event(event, views.render(view, event)))
                .orElseGet(() -> Frames.event(event));
        if (!delivering.send(request.connection(), frame)) {
          return Optional.of(new Result.Closed());
        }
        cursors.put(topic, event.seq());
      }
    } while (events.size() == PAGE_EVENTS);
    return Optional.empty();
  }

  private SortedSet<Topic> covered(TopicFilter filter) {
    return filter.below()
        ? log.wardTopics(filter.base()).topics()
        : new TreeSet<>(List.of(filter.base()));
  }
}
