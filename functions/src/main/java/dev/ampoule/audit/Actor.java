package dev.ampoule.audit;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Who did it: the subject of a validated token (RFC 7519 §4.1.2), the platform itself, or a caller
 * without a token. The three cannot be mistaken for one another, whatever a token says.
 *
 * @param subject 1 to {@value #SUBJECT_CHARS_MAX} characters of printable ASCII, no blank at either
 *     end; empty unless {@code kind} is {@link Kind#SUBJECT}
 */
public record Actor(Kind kind, String subject) {
  public static final int SUBJECT_CHARS_MAX = 128;

  private static final Pattern FORM = Pattern.compile("[!-~](?:[ -~]*[!-~])?");
  private static final String SUBJECT_PREFIX = "subject:";

  /** What kind of actor. */
  public enum Kind {
    SUBJECT,
    SYSTEM,
    ANONYMOUS
  }

  public static final Actor SYSTEM = new Actor(Kind.SYSTEM, "");
  public static final Actor ANONYMOUS = new Actor(Kind.ANONYMOUS, "");

  public Actor {
    boolean valid =
        switch (kind) {
          case SUBJECT -> isValid(subject);
          case SYSTEM, ANONYMOUS -> subject.isEmpty();
        };
    if (!valid) {
      throw new IllegalArgumentException("not a subject, " + subject.length() + " characters");
    }
  }

  /** Empty where {@code subject} has not the form above. */
  public static Optional<Actor> ofSubject(String subject) {
    return isValid(subject) ? Optional.of(new Actor(Kind.SUBJECT, subject)) : Optional.empty();
  }

  /** The inverse of {@link #toString}. */
  public static Optional<Actor> parse(String text) {
    return switch (text) {
      case "system" -> Optional.of(SYSTEM);
      case "anonymous" -> Optional.of(ANONYMOUS);
      case String other when other.startsWith(SUBJECT_PREFIX) ->
          ofSubject(other.substring(SUBJECT_PREFIX.length()));
      case String _ -> Optional.empty();
    };
  }

  private static boolean isValid(String subject) {
    return subject.length() <= SUBJECT_CHARS_MAX && FORM.matcher(subject).matches();
  }

  /** As stored: {@code system}, {@code anonymous} or {@code subject:…}. */
  @Override
  public String toString() {
    return switch (kind) {
      case SYSTEM -> "system";
      case ANONYMOUS -> "anonymous";
      case SUBJECT -> SUBJECT_PREFIX + subject;
    };
  }
}
