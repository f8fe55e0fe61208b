package dev.ampoule.live;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The topics that a plugin is bound to: a topic in which {@code *} may stand for any one segment,
 * {@code ward/*}.
 */
public record TopicPattern(String value) {
  private static final String ANY = "*";

  /** For error texts. */
  public static final String FORM = Topic.FORM + "; * stands for any one part";

  public TopicPattern {
    if (!isValid(value)) {
      throw new IllegalArgumentException("not a pattern, " + value.length() + " characters");
    }
  }

  public static Optional<TopicPattern> parse(String text) {
    return isValid(text) ? Optional.of(new TopicPattern(text)) : Optional.empty();
  }

  private static boolean isValid(String text) {
    return Topic.parse(
            String.join("/", segments(text).map(s -> s.equals(ANY) ? "any" : s).toList()))
        .isPresent();
  }

  private static Stream<String> segments(String text) {
    return Stream.of(text.split("/", -1));
  }

  boolean matches(Topic topic) {
    var expected = segments(value).toList();
    List<String> actual = topic.segments();
    if (expected.size() != actual.size()) {
      return false;
    }
    for (int i = 0; i < expected.size(); i++) {
      if (!expected.get(i).equals(ANY) && !expected.get(i).equals(actual.get(i))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return value;
  }
}
