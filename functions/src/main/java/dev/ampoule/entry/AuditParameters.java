package dev.ampoule.entry;

import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditCursor;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditQuery;
import dev.ampoule.audit.TimeRange;
import dev.ampoule.plugin.PluginName;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** What a review's parameters say, or which of them cannot be understood. */
sealed interface AuditParameters {
  record Good(AuditQuery query) implements AuditParameters {}

  /** {@code detail} names the parameter, never its value. */
  record Bad(String detail) implements AuditParameters {}

  Duration RANGE_DEFAULT = Duration.ofDays(7);
  int LIMIT_DEFAULT = 100;
  Set<String> PARAMETERS = Set.of("from", "to", "plugin", "actor", "outcome", "limit", "next");
  Pattern LIMIT = Pattern.compile("[1-9][0-9]{0,3}");

  static AuditParameters query(Map<String, String> given, Instant now) {
    for (String name : given.keySet()) {
      if (!PARAMETERS.contains(name)) {
        return new Bad(
            "A parameter is unknown; known are "
                + String.join(", ", PARAMETERS.stream().sorted().toList()));
      }
    }
    var to = time(given, "to", now.plusSeconds(1));
    if (to.isEmpty()) {
      return new Bad("to: must be an instant or a date (ISO 8601)");
    }
    var from = time(given, "from", to.get().minus(RANGE_DEFAULT));
    if (from.isEmpty()) {
      return new Bad("from: must be an instant or a date (ISO 8601)");
    }
    if (to.get().isBefore(from.get())) {
      return new Bad("from: must not be after to");
    }
    if (malformed(given, "plugin", PluginName::parse)) {
      return new Bad("plugin: must be a plugin's name");
    }
    if (malformed(given, "actor", AuditParameters::actor)) {
      return new Bad("actor: must be system, anonymous or a token's subject");
    }
    if (malformed(given, "outcome", AuditOutcome::parse)) {
      return new Bad("outcome: must be one of " + List.of(AuditOutcome.values()));
    }
    if (malformed(given, "limit", AuditParameters::limit)) {
      return new Bad("limit: must be a whole number from 1 to " + AuditQuery.LIMIT_MAX);
    }
    if (malformed(given, "next", AuditCursor::parse)) {
      return new Bad("next: not one that was given");
    }
    return new Good(
        new AuditQuery(
            new TimeRange(from.get(), to.get()),
            text(given, "plugin").flatMap(PluginName::parse),
            text(given, "actor").flatMap(AuditParameters::actor),
            text(given, "outcome").flatMap(AuditOutcome::parse),
            text(given, "limit").flatMap(AuditParameters::limit).orElse(LIMIT_DEFAULT),
            text(given, "next").flatMap(AuditCursor::parse)));
  }

  private static <T> boolean malformed(
      Map<String, String> given, String name, Function<String, Optional<T>> parse) {
    return text(given, name).isPresent() && text(given, name).flatMap(parse).isEmpty();
  }

  private static Optional<Integer> limit(String text) {
    return LIMIT.matcher(text).matches()
        ? Optional.of(Integer.valueOf(text)).filter(limit -> limit <= AuditQuery.LIMIT_MAX)
        : Optional.empty();
  }

  private static Optional<Actor> actor(String text) {
    return Actor.parse(text).or(() -> Actor.ofSubject(text));
  }

  /** Within what entries can have, so that any date a caller gives is a range. */
  private static Optional<Instant> time(Map<String, String> given, String name, Instant absent) {
    var text = text(given, name);
    if (text.isEmpty()) {
      return Optional.of(clamp(absent));
    }
    try {
      return Optional.of(
          clamp(
              text.get().length() == "2026-11-23".length()
                  ? LocalDate.parse(text.get()).atStartOfDay(ZoneOffset.UTC).toInstant()
                  : Instant.parse(text.get())));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Instant clamp(Instant time) {
    return time.isBefore(AuditEntry.TIME_MIN)
        ? AuditEntry.TIME_MIN
        : time.isAfter(AuditEntry.TIME_MAX) ? AuditEntry.TIME_MAX : time;
  }

  private static Optional<String> text(Map<String, String> given, String name) {
    return Optional.ofNullable(given.get(name));
  }
}
