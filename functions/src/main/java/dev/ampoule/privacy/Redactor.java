package dev.ampoule.privacy;

import java.util.regex.Pattern;

/**
 * Makes {@link Redacted} of a line that a plugin without PHI access wrote. Whatever looks like an
 * identifier goes: e-mail addresses and every run of four digits or more, of any script, with the
 * punctuation that dates, telephone, record and tax numbers are written with. It errs towards
 * removing; names have no pattern, so it is a second line of defence and never the first.
 */
public final class Redactor {
  /** Longer lines are cut, in characters. */
  public static final int LINE_CHARS_MAX = 1000;

  private static final Pattern EMAIL = Pattern.compile("[^\\s@]{1,64}@[^\\s@]{1,255}");
  private static final Pattern NUMBER = Pattern.compile("\\p{Nd}(?:[ ./:()-]{0,2}\\p{Nd}){3,}");
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Zl}\\p{Zp}]");

  private Redactor() {}

  /** One line, without control characters: a line break could forge a log entry. */
  public static Redacted line(String text) {
    var cut = text.length() > LINE_CHARS_MAX ? text.substring(0, LINE_CHARS_MAX) + "…" : text;
    var printable = CONTROL.matcher(cut).replaceAll("␤");
    var withoutEmail = EMAIL.matcher(printable).replaceAll("[email]");
    return Redacted.redacted(NUMBER.matcher(withoutEmail).replaceAll("[number]"));
  }
}
