package dev.ampoule.audit;

import dev.ampoule.plugin.PluginName;
import java.util.Objects;
import java.util.Optional;

/**
 * Which entries to show, newest first.
 *
 * @param range of the entries' own times
 * @param limit entries of one page, 1 to {@value #LIMIT_MAX}
 * @param next {@link AuditReview.Entries#next} of the page before
 */
public record AuditQuery(
    TimeRange range,
    Optional<PluginName> plugin,
    Optional<Actor> actor,
    Optional<AuditOutcome> outcome,
    int limit,
    Optional<AuditCursor> next) {
  public static final int LIMIT_MAX = 1000;

  public AuditQuery {
    Objects.requireNonNull(range, "range");
    Objects.requireNonNull(plugin, "plugin");
    Objects.requireNonNull(actor, "actor");
    Objects.requireNonNull(outcome, "outcome");
    Objects.requireNonNull(next, "next");
    if (limit < 1 || limit > LIMIT_MAX) {
      throw new IllegalArgumentException("limit " + limit + " is not within 1.." + LIMIT_MAX);
    }
  }

  boolean matches(AuditEntry entry) {
    return range.contains(entry.time())
        && (plugin.isEmpty() || plugin.equals(entry.plugin()))
        && (actor.isEmpty() || actor.get().equals(entry.actor()))
        && (outcome.isEmpty() || outcome.get() == entry.outcome());
  }
}
