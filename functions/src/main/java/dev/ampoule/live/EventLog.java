package dev.ampoule.live;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;

/**
 * The events of every topic, in order. All reads see what was appended before.
 *
 * @see LiveUnavailableException every method throws it
 */
public interface EventLog {
  /** How long an event can be replayed. */
  Duration KEPT = Duration.ofHours(24);

  /** Topics of one ward: what one transaction can hold. */
  int WARD_TOPICS_MAX = 90;

  /**
   * An event to append.
   *
   * @param derive whether a plugin is to make another one of it
   * @param source the number, on another topic, of the event that it was made of: of each topic's
   *     sources each is appended once, and none before a later one
   */
  record Draft(Topic topic, Instant at, String data, boolean derive, Optional<Long> source) {
    public Draft {
      Objects.requireNonNull(topic, "topic");
      Objects.requireNonNull(at, "at");
      Objects.requireNonNull(data, "data");
      Objects.requireNonNull(source, "source");
    }
  }

  /** What became of a draft. */
  sealed interface Appended {
    record Stored(LiveEvent event) implements Appended {}

    /** One of this source or of a later one is there. */
    record SourceThere() implements Appended {}

    /** The ward has {@link #WARD_TOPICS_MAX} topics. */
    record WardFull() implements Appended {}
  }

  Appended append(Draft draft);

  /** The last number that was given out, 0 before the first. */
  long head(Topic topic);

  /**
   * What was appended after {@code after}, in order and without a gap from the first that is still
   * kept.
   */
  List<LiveEvent> read(Topic topic, long after, int eventsMax);

  /**
   * The topics of a ward that have events.
   *
   * @param version changes with them, 0 before the first
   */
  record WardTopics(SortedSet<Topic> topics, long version) {}

  WardTopics wardTopics(Topic ward);

  /** Has other calls of the fan-out deliver a range of events, each to one shard of a filter. */
  void relay(Delivery delivery, int shards);
}
