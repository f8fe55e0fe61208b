package dev.ampoule.local.cli;

/** Text of others, made safe for a terminal: a plugin's error text may hold escape sequences. */
final class Printable {
  private static final int CHARS_MAX = 4000;

  private Printable() {}

  /** On one line, without controls and invisible format characters, at most 4000 characters. */
  static String line(String text) {
    StringBuilder line = new StringBuilder(Math.min(text.length(), CHARS_MAX));
    text.codePoints().limit(CHARS_MAX).map(c -> isSafe(c) ? c : ' ').forEach(line::appendCodePoint);
    return line.toString().strip() + (text.length() > CHARS_MAX ? " …" : "");
  }

  private static boolean isSafe(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
