package dev.ampoule.live;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A way to show events, such as {@code ward.en}: 1 to {@value #MAX_CHARS} lower-case letters,
 * digits and hyphens in parts joined by dots. What it shows is up to {@link Views}.
 */
public record View(String name) {
  public static final int MAX_CHARS = 64;
  private static final Pattern FORM = Pattern.compile("[a-z][a-zA-Z0-9-]*(?:\\.[a-zA-Z0-9-]+)*");

  public View {
    if (!isValid(name)) {
      throw new IllegalArgumentException("not a view, " + name.length() + " characters");
    }
  }

  public static Optional<View> parse(String text) {
    return isValid(text) ? Optional.of(new View(text)) : Optional.empty();
  }

  private static boolean isValid(String text) {
    return text.length() <= MAX_CHARS && FORM.matcher(text).matches();
  }

  @Override
  public String toString() {
    return name;
  }
}
