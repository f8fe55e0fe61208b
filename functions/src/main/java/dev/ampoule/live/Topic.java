package dev.ampoule.live;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What events are about: {@code patient/{id}/vitals}, {@code ward/{id}}, {@code platform/plugins};
 * 1 to {@value #SEGMENTS_MAX} segments of 1 to {@value #SEGMENT_CHARS_MAX} letters, digits and
 * {@code . _ -} joined by slashes. It may name a patient: it is in no log and no audit entry, only
 * its {@link Family} is.
 */
public record Topic(String value) implements Comparable<Topic> {
  public static final int SEGMENTS_MAX = 6;
  public static final int SEGMENT_CHARS_MAX = 64;

  /** For error texts. */
  public static final String FORM =
      "1 to "
          + SEGMENTS_MAX
          + " parts of 1 to "
          + SEGMENT_CHARS_MAX
          + " letters, digits and . _ - joined by slashes, such as ward/3";

  private static final String PRESENCE = "presence";
  private static final String SEGMENT =
      "[A-Za-z0-9][A-Za-z0-9._-]{0," + (SEGMENT_CHARS_MAX - 1) + "}";
  private static final Pattern VALID =
      Pattern.compile(SEGMENT + "(?:/" + SEGMENT + "){0," + (SEGMENTS_MAX - 1) + "}");

  /** Lifecycle events of plugins. */
  public static final Topic PLATFORM_PLUGINS = new Topic("platform/plugins");

  /** What a topic is about, as far as may be told to anyone. */
  public enum Family {
    PATIENT,
    WARD,
    /** Only the platform itself publishes here. */
    PLATFORM,
    OTHER
  }

  public Topic {
    if (!isValid(value)) {
      throw new IllegalArgumentException("not a topic, " + value.length() + " characters");
    }
  }

  /** Empty where {@code text} is no topic; the caller says which field it came from. */
  public static Optional<Topic> parse(String text) {
    return isValid(text) ? Optional.of(new Topic(text)) : Optional.empty();
  }

  private static boolean isValid(String text) {
    return text.length() <= SEGMENTS_MAX * (SEGMENT_CHARS_MAX + 1) && VALID.matcher(text).matches();
  }

  List<String> segments() {
    return List.of(value.split("/", -1));
  }

  public Family family() {
    return switch (segments().getFirst()) {
      case "patient" -> Family.PATIENT;
      case "ward" -> Family.WARD;
      case "platform" -> Family.PLATFORM;
      default -> Family.OTHER;
    };
  }

  /** Whether only the platform publishes here. */
  public boolean isReserved() {
    return family() == Family.PLATFORM || segments().getLast().equals(PRESENCE);
  }

  /** The ward that this topic is of, itself a topic. */
  public Optional<Topic> ward() {
    var segments = segments();
    return family() == Family.WARD && segments.size() >= 2
        ? Optional.of(new Topic("ward/" + segments.get(1)))
        : Optional.empty();
  }

  /** The topic below this one; empty where it would be too deep. */
  public Optional<Topic> below(String segment) {
    return parse(value + "/" + segment);
  }

  /** Where joining and leaving is told. */
  Optional<Topic> presence() {
    return below(PRESENCE);
  }

  @Override
  public int compareTo(Topic other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
