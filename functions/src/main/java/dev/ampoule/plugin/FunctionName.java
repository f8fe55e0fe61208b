package dev.ampoule.plugin;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of an exported function that may be called from outside: 1 to {@value #MAX_CHARS}
 * characters of an identifier. WebAssembly allows any text; what is not named here stays
 * uncallable.
 */
public record FunctionName(String value) implements Comparable<FunctionName> {
  public static final int MAX_CHARS = 128;

  private static final Pattern FORM = Pattern.compile("[A-Za-z_$][A-Za-z0-9_$.:/#-]*");

  /** The entry point of a WASI command. */
  public static final FunctionName START = new FunctionName("_start");

  public FunctionName {
    if (!isValid(value)) {
      throw new IllegalArgumentException("not a function name, " + value.length() + " characters");
    }
  }

  public static Optional<FunctionName> parse(String text) {
    return isValid(text) ? Optional.of(new FunctionName(text)) : Optional.empty();
  }

  private static boolean isValid(String text) {
    return text.length() <= MAX_CHARS && FORM.matcher(text).matches();
  }

  @Override
  public int compareTo(FunctionName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
