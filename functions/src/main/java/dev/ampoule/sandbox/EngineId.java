package dev.ampoule.sandbox;

import com.dylibso.chicory.wasm.Version;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What compiled an artifact and what may load it: engine and version, compiler options, format of
 * the artifact and feature release of the JDK, such as {@code chicory-1.7.5-nointerp-f1-jdk25}. One
 * to {@value #MAX_CHARS} of the characters that are safe in an S3 key.
 */
public record EngineId(String value) {
  public static final int MAX_CHARS = 100;
  private static final Pattern FORM = Pattern.compile("[a-z0-9][a-z0-9.-]*");

  /** InterpreterFallback.FAIL: no function is ever interpreted. */
  private static final String OPTIONS = "nointerp";

  public EngineId {
    if (!isValid(value)) {
      throw new IllegalArgumentException("not an engine id, " + value.length() + " characters");
    }
  }

  /** Empty where {@code text} is no engine id. */
  public static Optional<EngineId> parse(String text) {
    return isValid(text) ? Optional.of(new EngineId(text)) : Optional.empty();
  }

  private static boolean isValid(String text) {
    return text.length() <= MAX_CHARS && FORM.matcher(text).matches();
  }

  /** The engine of this process. The version is the Chicory jar's own. */
  public static EngineId current() {
    return new EngineId(
        "chicory-"
            + Version.version()
            + "-"
            + OPTIONS
            + "-f"
            + ArtifactFormat.NUMBER
            + "-jdk"
            + Runtime.version().feature());
  }

  @Override
  public String toString() {
    return value;
  }
}
