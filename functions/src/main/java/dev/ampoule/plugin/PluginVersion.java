package dev.ampoule.plugin;

import java.util.Optional;
import java.util.regex.Pattern;
import org.semver4j.Semver;

/**
 * A semantic version (SemVer 2.0.0) of 1 to {@value #MAX_CHARS} characters. Build metadata is
 * refused: it does not take part in precedence, so two versions could differ and yet be equal.
 */
public record PluginVersion(String value) implements Comparable<PluginVersion> {
  public static final int MAX_CHARS = 64;

  /** The library also takes a leading v and blanks around, which SemVer has not. */
  private static final Pattern FORM = Pattern.compile("[0-9][0-9A-Za-z.-]*");

  public PluginVersion {
    if (!isValid(value)) {
      throw new IllegalArgumentException("not a SemVer version, " + value.length() + " characters");
    }
  }

  /** Empty where {@code text} is no version; the caller says which field it came from. */
  public static Optional<PluginVersion> parse(String text) {
    return isValid(text) ? Optional.of(new PluginVersion(text)) : Optional.empty();
  }

  private static boolean isValid(String text) {
    return text.length() <= MAX_CHARS && FORM.matcher(text).matches() && Semver.isValid(text);
  }

  /** SemVer precedence (§11). */
  @Override
  public int compareTo(PluginVersion other) {
    return new Semver(value).compareTo(new Semver(other.value));
  }

  @Override
  public String toString() {
    return value;
  }
}
