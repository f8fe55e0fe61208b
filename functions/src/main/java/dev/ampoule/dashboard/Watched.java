package dev.ampoule.dashboard;

import static java.util.Objects.requireNonNull;

import dev.ampoule.live.Presence;
import dev.ampoule.live.Subscription;
import dev.ampoule.live.Topic;
import java.util.List;

/**
 * A topic and who is on it.
 *
 * @param position of the topic on which joining and leaving is told
 */
public record Watched(Topic topic, Feed.Position position, List<Subscription> present) {
  static final String PRESENCE = "presence";

  public Watched {
    requireNonNull(topic, "topic");
    requireNonNull(position, "position");
    present = List.copyOf(present);
  }

  /** Who joins between the two looks is told of again, which changes nothing. */
  public static Watched of(Topic topic, Bedside bedside, Presence presence) {
    var position = bedside.position(topic.below(PRESENCE).orElseThrow());
    return new Watched(topic, position, presence.on(topic));
  }

  /** Of the list of who is on it. */
  public String key() {
    return key(topic.value());
  }

  /** A topic as part of an id. */
  static String key(String text) {
    return text.replaceAll("[^A-Za-z0-9_-]", "-");
  }

  public String key(Subscription subscription) {
    return key() + "-" + key(subscription.connection().value());
  }
}
