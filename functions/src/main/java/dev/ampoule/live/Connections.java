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
   * @param ward of a wildcard, the version of the ward's topics
   */
  record GoLive(
      ConnectionId connection, TopicFilter filter, Map<Topic, Long> heads, Optional<Long> ward) {
    public GoLive {
      Objects.requireNonNull(connection, "connection");
      Objects.requireNonNull(filter, "filter");
      heads = Map.copyOf(heads);
      Objects.requireNonNull(ward, "ward");
    }
  }

  /** Whether it was. */
  enum WentLive {
    LIVE,
    /** An event came between; there is more to replay. */
    MOVED,
    /** The subscription is gone. */
    GONE
  }

  /** In one step: nothing can be appended between the look at the heads and the change. */
  WentLive goLive(GoLive handOver);

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
