package dev.ampoule.live;

import java.util.Objects;

/**
 * A range of events that one shard of a filter's subscribers is to get.
 *
 * @param from the first event's number
 * @param to the last one's
 */
public record Delivery(TopicFilter filter, int shard, Topic topic, long from, long to) {
  public Delivery {
    Objects.requireNonNull(filter, "filter");
    Objects.requireNonNull(topic, "topic");
    if (shard < 0 || from < 1 || to < from) {
      throw new IllegalArgumentException("shard " + shard + ", " + from + " to " + to);
    }
  }

  Delivery ofShard(int another) {
    return new Delivery(filter, another, topic, from, to);
  }

  @Override
  public String toString() {
    return "Delivery[" + topic.family() + ", " + shard + ", " + from + " to " + to + "]";
  }
}
