package dev.ampoule.local.demo;

import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The patients of one ward, from a seed: the same seed has the same vital signs in the same order.
 *
 * @param name 1 to 32 of {@code a-z 0-9 -}: it is in a topic
 */
public record Ward(String name, List<Patient> patients) {
  public static final int PATIENTS_MAX = 50;

  private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,32}");

  /** In the order of the beds: however few there are, one falls ill. */
  private static final List<Course> COURSES =
      List.of(
          Course.FALLS_ILL,
          Course.STABLE,
          Course.FLUCTUATES,
          Course.STABLE,
          Course.FALLS_ILL,
          Course.STABLE,
          Course.RECOVERS,
          Course.STABLE);

  public Ward {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("ward: 1 to 32 of a-z, 0-9 and -");
    }
    patients = List.copyOf(patients);
  }

  /**
   * Makes its patients up.
   *
   * @param count 1 to {@link #PATIENTS_MAX}
   */
  public static Ward of(String name, int count, long seed) {
    if (count < 1 || count > PATIENTS_MAX) {
      throw new IllegalArgumentException(
          "patients: 1 to %d, got %d".formatted(PATIENTS_MAX, count));
    }
    var seeds = new SplittableRandom(seed);
    return new Ward(
        name,
        IntStream.range(0, count)
            // Half a cycle lies between those who fall ill, so that one of them is ill.
            .mapToObj(
                i -> new Patient(i + 1, COURSES.get(i % COURSES.size()), i * 5 % 40, seeds.split()))
            .toList());
  }
}
