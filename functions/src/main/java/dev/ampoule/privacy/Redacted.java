package dev.ampoule.privacy;

import com.google.errorprone.annotations.CompileTimeConstant;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.util.regex.Pattern;

/**
 * Text that can hold no PHI by the way it was made: out of constants of this program, numbers, enum
 * constants and identifiers of a closed form. Only this may be logged or audited; there is no way
 * to make one of arbitrary text (RATIONALE: "What stops PHI from reaching a log?").
 */
public final class Redacted {
  /**
   * The longest identifier that is written out, in characters; of longer ones only the length is.
   */
  public static final int IDENTIFIER_CHARS_MAX = 200;

  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z0-9_.:/$#-]+");

  private final String text;

  private Redacted(String text) {
    this.text = text;
  }

  public static final Redacted EMPTY = new Redacted("");

  /** For {@link Redactor} alone. */
  static Redacted redacted(String text) {
    return new Redacted(text);
  }

  /** A literal of this program; Error Prone refuses anything else. */
  public static Redacted literal(@CompileTimeConstant String constant) {
    return new Redacted(constant);
  }

  public static Redacted of(long number) {
    return new Redacted(Long.toString(number));
  }

  public static Redacted of(Enum<?> constant) {
    return new Redacted(constant.name());
  }

  public static Redacted of(PluginName name) {
    return new Redacted(name.value());
  }

  public static Redacted of(PluginVersion version) {
    return new Redacted(version.value());
  }

  public static Redacted of(ContentDigest digest) {
    return new Redacted(digest.toString());
  }

  public static Redacted of(FunctionName function) {
    return new Redacted(function.value());
  }

  /** The simple name of a class, for naming what failed without its message. */
  public static Redacted of(Class<?> type) {
    return new Redacted(type.getSimpleName());
  }

  /**
   * An identifier that comes from a module or its author (an import's name, a manifest's field),
   * never from a request's body. One that is too long or not of an identifier's form is replaced by
   * its length.
   */
  public static Redacted identifier(String text) {
    return text.length() <= IDENTIFIER_CHARS_MAX && IDENTIFIER.matcher(text).matches()
        ? new Redacted(text)
        : new Redacted("[" + text.length() + " characters]");
  }

  /**
   * Text that was a {@code Redacted} when it was written to the audit log. Only the {@code audit}
   * slice may call this, on what it reads back; a test holds it to that.
   */
  public static Redacted recorded(String text) {
    return new Redacted(text);
  }

  public Redacted plus(Redacted other) {
    return new Redacted(text + other.text);
  }

  public Redacted plus(@CompileTimeConstant String constant) {
    return new Redacted(text + constant);
  }

  public boolean isEmpty() {
    return text.isEmpty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Redacted that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
