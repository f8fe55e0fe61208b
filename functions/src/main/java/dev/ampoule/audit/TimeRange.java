package dev.ampoule.audit;

import java.time.Instant;

/**
 * A stretch of time.
 *
 * @param from inclusive, cut to the millisecond
 * @param to exclusive, cut to the millisecond; not before {@code from}
 */
public record TimeRange(Instant from, Instant to) {
  /** Everything there can be. */
  public static final TimeRange ALL = new TimeRange(AuditEntry.TIME_MIN, AuditEntry.TIME_MAX);

  public TimeRange {
    from = AuditEntry.requireTime(from);
    to = AuditEntry.requireTime(to);
    if (to.isBefore(from)) {
      throw new IllegalArgumentException("from " + from + " is after to " + to);
    }
  }

  boolean contains(Instant time) {
    return !time.isBefore(from) && time.isBefore(to);
  }
}
