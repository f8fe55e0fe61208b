package dev.ampoule.invocation;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What was counted of the runs of one version. Tallies of several processes add up.
 *
 * @param agreed runs of a shadow that came to the same as the live version
 * @param runTimes runs by the logarithm of their time, see {@link #runTimeOf}
 * @param crashes crashes by the number of the {@link #SLOT} since 1970 they happened in; only of
 *     the last ones
 */
public record Tally(
    long calls,
    long traps,
    long errors,
    long timeLimits,
    long agreed,
    long disagreed,
    SortedMap<Integer, Long> runTimes,
    SortedMap<Long, Long> crashes) {
  /** How finely the time of crashes is kept. */
  public static final Duration SLOT = Duration.ofSeconds(5);

  public static final Tally NONE = new Tally(0, 0, 0, 0, 0, 0, new TreeMap<>(), new TreeMap<>());

  /** Steps of a factor of two; a run of 28 s is in the 60th. */
  private static final int STEPS_PER_OCTAVE = 4;

  private static final int RUN_TIME_MAX = 64;

  public Tally {
    runTimes = Collections.unmodifiableSortedMap(new TreeMap<>(runTimes));
    crashes = Collections.unmodifiableSortedMap(new TreeMap<>(crashes));
  }

  /** Of one run. */
  static Tally of(Ending ending, Duration runTime, Instant at) {
    var crashes = new TreeMap<Long, Long>();
    if (ending.isCrash()) {
      crashes.put(slot(at), 1L);
    }
    return new Tally(
        1,
        ending == Ending.TRAP ? 1 : 0,
        ending == Ending.ERROR ? 1 : 0,
        ending == Ending.TIME_LIMIT ? 1 : 0,
        0,
        0,
        new TreeMap<>(Map.of(step(runTime), 1L)),
        crashes);
  }

  /** Of one comparison of a shadow. */
  static Tally ofComparison(boolean agreed) {
    return new Tally(0, 0, 0, 0, agreed ? 1 : 0, agreed ? 0 : 1, new TreeMap<>(), new TreeMap<>());
  }

  Tally plus(Tally other) {
    return new Tally(
        calls + other.calls,
        traps + other.traps,
        errors + other.errors,
        timeLimits + other.timeLimits,
        agreed + other.agreed,
        disagreed + other.disagreed,
        sum(runTimes, other.runTimes),
        sum(crashes, other.crashes));
  }

  /** Of 20 runs, 19 took no longer; a step of a fifth, in whole milliseconds, rounded up. */
  public OptionalLong p95Millis() {
    long runs = runTimes.values().stream().mapToLong(Long::longValue).sum();
    long below = 0;
    for (var step : runTimes.entrySet()) {
      below += step.getValue();
      if (below * 20 >= runs * 19) {
        return OptionalLong.of(runTimeOf(step.getKey()).toMillis());
      }
    }
    return OptionalLong.empty();
  }

  /** Crashes of the time before, whole slots of it. */
  long crashesSince(Instant from) {
    return crashes.tailMap(slot(from)).values().stream().mapToLong(Long::longValue).sum();
  }

  /** The longest run time of a step. */
  static Duration runTimeOf(int step) {
    return Duration.ofMillis((long) Math.ceil(Math.pow(2, (double) step / STEPS_PER_OCTAVE)));
  }

  public static long slot(Instant at) {
    return at.getEpochSecond() / SLOT.toSeconds();
  }

  private static int step(Duration runTime) {
    double millis = Math.max(1, runTime.toNanos() / 1e6);
    double step = Math.ceil(Math.log(millis) / Math.log(2) * STEPS_PER_OCTAVE);
    return (int) Math.clamp(step, 0, RUN_TIME_MAX);
  }

  private static <K> SortedMap<K, Long> sum(SortedMap<K, Long> a, SortedMap<K, Long> b) {
    var sum = new TreeMap<>(a);
    b.forEach((key, count) -> sum.merge(key, count, Long::sum));
    return sum;
  }
}
