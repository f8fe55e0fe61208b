package dev.ampoule.dashboard;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A language that every text of the pages is written in. */
public enum Language {
  EN("en", "English"),
  PT_BR("pt-BR", "Português");

  /** Longer {@code Accept-Language} headers are not looked at. */
  private static final int HEADER_CHARS_MAX = 500;

  private final String tag;
  private final String ownName;

  Language(String tag, String ownName) {
    this.tag = tag;
    this.ownName = ownName;
  }

  /** The BCP 47 tag, as in {@code <html lang>}. */
  public String tag() {
    return tag;
  }

  /** What its speakers call it. */
  public String ownName() {
    return ownName;
  }

  /** How it writes numbers. */
  public Locale locale() {
    return Locale.forLanguageTag(tag);
  }

  /** Empty where {@code tag} is none of ours. */
  public static Optional<Language> ofTag(String tag) {
    for (Language language : values()) {
      if (language.tag.equalsIgnoreCase(tag)) {
        return Optional.of(language);
      }
    }
    return Optional.empty();
  }

  /**
   * The one of ours that a reader likes best; any Portuguese is served the Brazilian one.
   *
   * @param acceptLanguage the header (RFC 9110 §12.5.4); English where it is empty or malformed
   */
  public static Language preferred(String acceptLanguage) {
    if (acceptLanguage.isBlank() || acceptLanguage.length() > HEADER_CHARS_MAX) {
      return EN;
    }
    List<Locale.LanguageRange> ranges;
    try {
      ranges = Locale.LanguageRange.parse(acceptLanguage);
    } catch (IllegalArgumentException e) {
      return EN;
    }
    for (var range : ranges) {
      var primary = range.getRange().split("-", 2)[0];
      if (range.getWeight() > 0) {
        switch (primary) {
          case "pt" -> {
            return PT_BR;
          }
          case "en" -> {
            return EN;
          }
          default -> {
            // Not ours; the next best may be.
          }
        }
      }
    }
    return EN;
  }
}
