package dev.ampoule.plugin;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a plugin: lower-case words joined by single hyphens, 1 to {@value #MAX_CHARS}
 * characters, as in a DNS label (RFC 1123 §2.1), so that it is safe in URLs, S3 keys and logs.
 */
public record PluginName(String value) implements Comparable<PluginName> {
  public static final int MAX_CHARS = 63;
  private static final Pattern FORM = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");

  public PluginName {
    if (!isValid(value)) {
      throw new IllegalArgumentException("not a plugin name, " + value.length() + " characters");
    }
  }

  /** Empty where {@code text} is no plugin name; the caller says which field it came from. */
  public static Optional<PluginName> parse(String text) {
    return isValid(text) ? Optional.of(new PluginName(text)) : Optional.empty();
  }

  private static boolean isValid(String text) {
    return text.length() <= MAX_CHARS && FORM.matcher(text).matches();
  }

  @Override
  public int compareTo(PluginName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
