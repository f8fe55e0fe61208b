package dev.ampoule.sandbox;

import java.util.Locale;

/** Text from an untrusted module made fit for a sentence: escaped and cut. */
final class ModuleText {
  static final int CHARS_MAX = 80;

  private ModuleText() {}

  /** As it is where it looks like an identifier, else in quotes with escapes. */
  static String name(String text) {
    String safe = escaped(text, CHARS_MAX);
    boolean plain =
        !safe.isEmpty()
            && safe.chars()
                .allMatch(c -> c > ' ' && c < 0x7f && "\"'\\`".indexOf(c) < 0 && c != '<');
    return plain && safe.equals(text) ? safe : "\"" + safe + "\"";
  }

  /** At most {@code max} characters of printable ASCII; the rest is escaped or cut. */
  static String escaped(String text, int max) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      String piece =
          switch (c) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            default ->
                c >= ' ' && c < 0x7f
                    ? String.valueOf(c)
                    : String.format(Locale.ROOT, "\\u%04x", (int) c);
          };
      if (out.length() + piece.length() > max) {
        return out.append("...").toString();
      }
      out.append(piece);
    }
    return out.toString();
  }
}
