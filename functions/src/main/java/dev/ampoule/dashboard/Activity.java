package dev.ampoule.dashboard;

import static java.util.Objects.requireNonNull;

import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a plugin's calls went, counted from the audit.
 *
 * @param calls that ran, whatever came of them
 * @param errors of these, those that brought no output
 * @param median empty where there were no calls
 * @param p95ByBucket of each {@value #BUCKETS}th of the hour in which there were calls, oldest
 *     first, milliseconds
 */
public record Activity(
    long calls,
    long errors,
    Optional<Duration> median,
    Optional<Duration> p95,
    List<Double> p95ByBucket) {
  public static final Duration WINDOW = Duration.ofHours(1);
  public static final int BUCKETS = 30;

  public Activity {
    requireNonNull(median, "median");
    requireNonNull(p95, "p95");
    p95ByBucket = List.copyOf(p95ByBucket);
    if (errors < 0 || errors > calls) {
      throw new IllegalArgumentException(errors + " errors of " + calls + " calls");
    }
  }

  /** Of entries that are all of one plugin's calls, in any order. */
  public static Activity of(List<AuditEntry> entries, Instant to) {
    List<Long> millis = new ArrayList<>();
    List<List<Long>> buckets = new ArrayList<>();
    for (int i = 0; i < BUCKETS; i++) {
      buckets.add(new ArrayList<>());
    }
    long errors = 0;
    for (AuditEntry entry : entries) {
      if (!ran(entry.outcome())) {
        continue;
      }
      if (entry.outcome() != AuditOutcome.SUCCESS) {
        errors++;
      }
      long took = entry.duration().toMillis();
      millis.add(took);
      long ago = Math.max(0, Duration.between(entry.time(), to).toMillis());
      int bucket = BUCKETS - 1 - (int) (ago * BUCKETS / WINDOW.toMillis());
      if (bucket >= 0) {
        buckets.get(bucket).add(took);
      }
    }
    return new Activity(
        millis.size(),
        errors,
        percentile(millis, 50).map(Duration::ofMillis),
        percentile(millis, 95).map(Duration::ofMillis),
        buckets.stream().flatMap(b -> percentile(b, 95).stream()).map(Long::doubleValue).toList());
  }

  public Chart latency() {
    return Chart.of(p95ByBucket, BUCKETS, 0, (double) highestMillis());
  }

  public long highestMillis() {
    return (long) p95ByBucket.stream().mapToDouble(Double::doubleValue).max().orElse(0);
  }

  /** The nearest rank. */
  private static Optional<Long> percentile(List<Long> values, int percent) {
    if (values.isEmpty()) {
      return Optional.empty();
    }
    var sorted = values.stream().sorted().toList();
    int rank = (int) Math.ceil(percent / 100.0 * sorted.size());
    return Optional.of(sorted.get(Math.max(1, rank) - 1));
  }

  /** Refused calls took no time and are nothing of the plugin's. */
  private static boolean ran(AuditOutcome outcome) {
    return switch (outcome) {
      case SUCCESS, PLUGIN_ERROR, TRAP, TIME_LIMIT, LIMIT, CAPABILITY_DENIED, INTERNAL_ERROR ->
          true;
      case FORBIDDEN,
          UNAUTHENTICATED,
          NOT_FOUND,
          BAD_REQUEST,
          CONFLICT,
          TOO_LARGE,
          THROTTLED,
          REJECTED,
          UNAVAILABLE ->
          false;
    };
  }
}
