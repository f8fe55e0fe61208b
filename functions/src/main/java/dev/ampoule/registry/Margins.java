package dev.ampoule.registry;

/**
 * How much worse than the live version a version on trial may be before it is rolled back.
 *
 * @param callsMin calls of the trial before it is judged at all; p95 is compared only where the
 *     live version had as many
 * @param trapPoints percentage points by which its share of traps may be greater
 * @param errorPoints the same for errors that the plugin returns
 * @param timeLimitPoints the same for calls stopped at their time limit
 * @param p95Percent by how much its 95th percentile of run time may be greater
 */
public record Margins(
    int callsMin, int trapPoints, int errorPoints, int timeLimitPoints, int p95Percent) {
  public static final int CALLS_MAX = 1_000_000;
  public static final int PERCENT_MAX = 100;
  public static final int P95_PERCENT_MAX = 10_000;

  /** One trap in twenty after fifty calls, and half as slow again. */
  public static final Margins DEFAULT = new Margins(50, 5, 5, 5, 50);

  public Margins {
    require("callsMin", callsMin, 1, CALLS_MAX);
    require("trapPoints", trapPoints, 0, PERCENT_MAX);
    require("errorPoints", errorPoints, 0, PERCENT_MAX);
    require("timeLimitPoints", timeLimitPoints, 0, PERCENT_MAX);
    require("p95Percent", p95Percent, 0, P95_PERCENT_MAX);
  }

  private static void require(String field, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException("%s %d is not %d to %d".formatted(field, value, min, max));
    }
  }
}
