package dev.ampoule.invocation;

import java.util.Optional;

/**
 * What a caller wants to be routed by: calls with the same key go to the same version for as long
 * as a canary's share does not shrink. It is hashed and nothing else: not stored, not logged.
 *
 * @param value 1 to {@value #CHARS_MAX} characters
 */
public record RouteKey(String value) {
  public static final int CHARS_MAX = 256;

  public RouteKey {
    if (value.isEmpty() || value.length() > CHARS_MAX) {
      throw new IllegalArgumentException("a route key of " + value.length() + " characters");
    }
  }

  /** Empty where {@code text} has not the length. */
  public static Optional<RouteKey> parse(String text) {
    return text.isEmpty() || text.length() > CHARS_MAX
        ? Optional.empty()
        : Optional.of(new RouteKey(text));
  }

  /** It may be a patient's number. */
  @Override
  public String toString() {
    return "RouteKey[" + value.length() + " characters]";
  }
}
