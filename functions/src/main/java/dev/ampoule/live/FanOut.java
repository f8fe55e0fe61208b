package dev.ampoule.live;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Brings new events to whoever listens. Calls for one topic come one after the other, in the order
 * of its events; calls for other topics, and for other shards of a large one, at the same time.
 */
public final class FanOut {
  private static final int PAGE = 1_000;
  private static final int TRIES_MAX = 5;
  private static final long RETRY_MILLIS = 20;

  private final Connections connections;
  private final EventLog log;
  private final Views views;
  private final Push push;
  private final Delivering delivering;
  private final Clock clock;
  private final int pushesAtOnce;

  /**
   * @param pushesAtOnce of one call, 1 to 1 000; a connection that hangs keeps one of them for the
   *     time that a push may take, and no other connection
   */
  public FanOut(
      Connections connections,
      EventLog log,
      Views views,
      Push push,
      Presence presence,
      Clock clock,
      int pushesAtOnce) {
    if (pushesAtOnce < 1 || pushesAtOnce > 1_000) {
      throw new IllegalArgumentException("pushesAtOnce " + pushesAtOnce);
    }
    this.connections = connections;
    this.log = log;
    this.views = views;
    this.push = push;
    this.delivering = new Delivering(push, presence);
    this.clock = clock;
    this.pushesAtOnce = pushesAtOnce;
  }

  /** What one call did. */
  public record Tally(int connections, int frames) {
    public static final Tally NONE = new Tally(0, 0);

    public Tally plus(Tally other) {
      return new Tally(connections + other.connections, frames + other.frames);
    }
  }

  /**
   * Events were appended. Few subscribers are sent them here; the shards of many are left to calls
   * of their own (RATIONALE: "How is a large topic split?").
   */
  public Tally appended(Topic topic, long from, long to) {
    var tally = Tally.NONE;
    for (TopicFilter filter : TopicFilter.matching(topic)) {
      int shards = connections.shards(filter);
      var delivery = new Delivery(filter, 0, topic, from, to);
      if (shards == 1) {
        tally = tally.plus(deliver(delivery));
      } else if (shards > 1) {
        log.relay(delivery, shards);
      }
    }
    return tally;
  }

  /** Sends a range of events to one shard's subscribers. */
  public Tally deliver(Delivery delivery) {
    List<LiveEvent> events = events(delivery);
    Map<Optional<View>, List<String>> frames = new ConcurrentHashMap<>();
    var slots = new Semaphore(pushesAtOnce);
    var sent = new AtomicInteger();
    List<Future<?>> pushes = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Optional<ConnectionId> after = Optional.empty();
      do {
        var page = connections.subscribers(delivery.filter(), delivery.shard(), after, PAGE);
        for (Subscription subscription : page.subscriptions()) {
          slots.acquireUninterruptibly();
          pushes.add(
              threads.submit(() -> {
                try {
                  sent.addAndGet(
                      send(
                          subscription,
                          delivery.shard(),
                          events,
                          frames.computeIfAbsent(
                              subscription.view(), view -> frames(view, events))));
                } finally {
                  slots.release();
                }
              }));
        }
        after = page.next();
      } while (after.isPresent());
    }
    requireDone(pushes);
    return new Tally(pushes.size(), sent.get());
  }

  /** They were appended before this call; a store may show the head before them. */
  private List<LiveEvent> events(Delivery delivery) {
    int expected = Math.toIntExact(delivery.to() - delivery.from() + 1);
    for (int tries = 1; ; tries++) {
      var events = log.read(delivery.topic(), delivery.from() - 1, expected);
      if (events.size() == expected || (tries == TRIES_MAX && expired(delivery, events))) {
        return events.stream().filter(event -> event.seq() <= delivery.to()).toList();
      }
      if (tries == TRIES_MAX) {
        throw new LiveUnavailableException("events that were appended are not there");
      }
      try {
        Thread.sleep(RETRY_MILLIS * tries);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LiveUnavailableException(e);
      }
    }
  }

  /** A batch that was tried again until its first events were no longer kept. */
  private static boolean expired(Delivery delivery, List<LiveEvent> events) {
    return events.isEmpty() || events.getLast().seq() >= delivery.to();
  }

  private List<String> frames(Optional<View> view, List<LiveEvent> events) {
    return events.stream()
        .map(event ->
            view.map(v -> Frames.event(event, views.render(v, event)))
                .orElseGet(() -> Frames.event(event)))
        .toList();
  }

  private int send(
      Subscription subscription, int shard, List<LiveEvent> events, List<String> frames) {
    return switch (subscription.state()) {
      case Subscription.State.Replaying(var until) -> {
        if (until.isBefore(clock.instant())) {
          // Whoever replayed died: the client must come again.
          push.close(subscription.connection());
          yield 0;
        }
        // Whoever replays sends these too, unless it has just finished.
        yield connections
            .pass(subscription, shard)
            .map(now ->
                now.state() instanceof Subscription.State.Live live
                    ? send(subscription.connection(), live, events, frames)
                    : 0)
            .orElse(0);
      }
      case Subscription.State.Live live -> send(subscription.connection(), live, events, frames);
    };
  }

  private int send(
      ConnectionId to, Subscription.State.Live live, List<LiveEvent> events, List<String> frames) {
    int sent = 0;
    for (int i = 0; i < events.size(); i++) {
      var event = events.get(i);
      if (!live.has(event.topic(), event.seq())) {
        if (!delivering.send(to, frames.get(i))) {
          break;
        }
        sent++;
      }
    }
    return sent;
  }

  /** What broke for one connection broke in a store: the batch comes again. */
  private static void requireDone(List<Future<?>> pushes) {
    for (Future<?> push : pushes) {
      try {
        push.get();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof RuntimeException cause
            ? cause
            : new LiveUnavailableException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LiveUnavailableException(e);
      }
    }
  }
}
