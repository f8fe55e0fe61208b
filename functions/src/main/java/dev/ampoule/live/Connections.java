package dev.ampoule.live;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Who is connected and to what each listens. All reads but {@link #silent} see what was written
 * before.
 *
 * @see LiveUnavailableException every method throws it
 */
public interface Connections {
  /** API Gateway ends a connection after two hours; rows are kept a little longer. */
  Duration LIFETIME_MAX = Duration.ofMinutes(135);

  /** API Gateway ends a connection that is silent for ten minutes. */
  Duration SILENCE_MAX = Duration.ofMinutes(11);

  /** Of one connection. */
  int SUBSCRIPTIONS_MAX = 50;

  /** Subscribers of one shard, about; what one call of the fan-out serves. */
  int SHARD_SUBSCRIBERS = 1_000;

  void open(ConnectionId id, String subject, Instant at);

  /** It said something; false where it is not open. */
  boolean heard(ConnectionId id, Instant at);

  /**
   * Removes it with all its subscriptions; again where a removal was broken off.
   *
   * @return those whose presence was told
   */
  List<Subscription> close(ConnectionId id);

  /** What became of a subscription. */
  enum Added {
    ADDED,
    /** There was one to this filter; it has the new state, view and presence. */
    REPLACED,
    /** The connection is not open. */
    CLOSED,
    /** It has {@link #SUBSCRIPTIONS_MAX}. */
    TOO_MANY
  }

  Added add(Subscription replaying);

  /**
   * Hands a subscription from replay to the fan-out.
   *
   * @param heads the last event of each topic that was replayed
   * @param passes what {@link #passes} said before these were read
   */
  record GoLive(ConnectionId connection, TopicFilter filter, Map<Topic, Long> heads, long passes) {
    public GoLive {
      Objects.requireNonNull(connection, "connection");
      Objects.requireNonNull(filter, "filter");
      heads = Map.copyOf(heads);
    }
  }

  /** Whether it was. */
  enum WentLive {
    LIVE,
    /** The fan-out passed over it meanwhile; there is more to replay. */
    MOVED,
    /** The subscription is gone. */
    GONE
  }

  /** In one step: the fan-out passes over it before, or finds it live after. */
  WentLive goLive(GoLive handOver);

  /**
   * How often the fan-out has passed over a subscription that is being replayed; empty where there
   * is no subscription.
   */
  Optional<Long> passes(ConnectionId id, TopicFilter filter);

  /**
   * The fan-out passes over a subscription that is being replayed.
   *
   * @return the subscription where it has gone live by now, and is to be sent the events after all
   */
  Optional<Subscription> pass(Subscription replaying, int shard);

  /** The subscription that was removed. */
  Optional<Subscription> remove(ConnectionId id, TopicFilter filter);

  /** Over how many shards a filter's subscribers are spread; never fewer than before. */
  int shards(TopicFilter filter);

  /** A page of a shard's subscribers, and where the next begins. */
  record Page(List<Subscription> subscriptions, Optional<ConnectionId> next) {
    public Page {
      subscriptions = List.copyOf(subscriptions);
      Objects.requireNonNull(next, "next");
    }
  }

  Page subscribers(TopicFilter filter, int shard, Optional<ConnectionId> after, int itemsMax);

  /** Connections that were silent for too long at {@code now}: their end was not told. */
  List<ConnectionId> silent(Instant now, int itemsMax);
}
