package dev.ampoule.dashboard;

import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;

/**
 * A line of values as SVG has it, drawn in a box of {@value #WIDTH} by {@value #HEIGHT}.
 *
 * @param points of a {@code polyline}; empty where there is nothing to draw
 */
public record Chart(String points) {
  public static final int WIDTH = 120;
  public static final int HEIGHT = 32;
  private static final int MARGIN = 2;

  /**
   * The values in order at equal distances, the least at the bottom.
   *
   * @param slots how many values the box has room for; fewer begin at its right end
   */
  public static Chart of(List<Double> values, int slots, double min, double max) {
    if (values.size() > slots) {
      throw new IllegalArgumentException(values.size() + " values for " + slots);
    }
    double step = slots < 2 ? 0 : (double) (WIDTH - 2 * MARGIN) / (slots - 1);
    double range = max > min ? max - min : 1;
    var points = new StringJoiner(" ");
    for (int i = 0; i < values.size(); i++) {
      double x = WIDTH - MARGIN - step * (values.size() - 1 - i);
      double y = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (values.get(i) - min) / range;
      points.add(String.format(Locale.ROOT, "%.1f,%.1f", x, y));
    }
    // A line from a point to itself is a dot.
    return new Chart(values.size() == 1 ? points + " " + points : points.toString());
  }
}
