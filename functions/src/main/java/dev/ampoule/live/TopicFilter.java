package dev.ampoule.live;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one subscribes to: a topic, or a ward with everything below it, {@code ward/{id}/*}.
 *
 * @param base the topic, or the ward
 * @param below whether everything below counts too
 */
public record TopicFilter(Topic base, boolean below) {
  private static final String BELOW = "/*";

  /** For error texts. */
  public static final String FORM = "a topic (" + Topic.FORM + ") or ward/{id}/*";

  public TopicFilter {
    if (below && !base.ward().equals(Optional.of(base))) {
      throw new IllegalArgumentException("a wildcard stands for a ward alone");
    }
  }

  public static TopicFilter of(Topic topic) {
    return new TopicFilter(topic, false);
  }

  /** Empty where {@code text} is no filter; the caller says which field it came from. */
  public static Optional<TopicFilter> parse(String text) {
    if (!text.endsWith(BELOW)) {
      return Topic.parse(text).map(TopicFilter::of);
    }
    return Topic.parse(text.substring(0, text.length() - BELOW.length()))
        .filter(topic -> topic.ward().equals(Optional.of(topic)))
        .map(ward -> new TopicFilter(ward, true));
  }

  /** Every filter that an event of this topic goes through. */
  static List<TopicFilter> matching(Topic topic) {
    var filters = new ArrayList<TopicFilter>();
    filters.add(of(topic));
    topic.ward().ifPresent(ward -> filters.add(new TopicFilter(ward, true)));
    return filters;
  }

  @Override
  public String toString() {
    return below ? base + BELOW : base.toString();
  }
}
