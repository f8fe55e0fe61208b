package dev.ampoule.dashboard;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/**
 * What every page has around it.
 *
 * @param path of this page, for the links to its other languages
 * @param subject who is signed in
 * @param now when the page was rendered
 */
public record Frame(
    Language language,
    Section section,
    String title,
    String path,
    Optional<String> subject,
    Optional<Feed> feed,
    Instant now) {
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  public Frame {
    requireNonNull(language, "language");
    requireNonNull(section, "section");
    requireNonNull(title, "title");
    requireNonNull(path, "path");
    requireNonNull(subject, "subject");
    requireNonNull(feed, "feed");
    requireNonNull(now, "now");
  }

  /** An entry of the menu, or none of them. */
  public enum Section {
    PLUGINS,
    WARD,
    AUDIT,
    CONNECTIONS,
    NONE
  }

  /** The same, kept up to date. */
  public Frame fedBy(Feed source) {
    return new Frame(language, section, title, path, subject, Optional.of(source), now);
  }

  public String say(Text text, Object... filledIn) {
    return text.in(language, filledIn);
  }

  public String time(Instant time) {
    return SECONDS.format(time);
  }

  public String number(long number) {
    return String.format(language.locale(), "%,d", number);
  }

  /** For {@code aria-current}; jte leaves the attribute out where it is null. */
  @SuppressWarnings("NullAway") // a template's way to leave an attribute out
  public String current(Section entry) {
    return section == entry ? "page" : null;
  }
}
