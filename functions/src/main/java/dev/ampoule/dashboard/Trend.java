package dev.ampoule.dashboard;

import java.util.List;

/**
 * A patient's last vital signs, the newest last.
 *
 * @param all at most {@value #EVENTS_MAX}
 */
public record Trend(List<Vitals> all) {
  /** As many as a sparkline has room for. */
  public static final int EVENTS_MAX = 30;

  public Trend {
    all = List.copyOf(all);
    if (all.isEmpty() || all.size() > EVENTS_MAX) {
      throw new IllegalArgumentException(all.size() + " sets of vital signs");
    }
  }

  public Vitals now() {
    return all.getLast();
  }

  public List<Double> values(Sign sign) {
    return all.stream()
        .filter(vitals -> vitals.signs().containsKey(sign))
        .map(vitals -> vitals.signs().get(sign))
        .toList();
  }

  public Chart chart(Sign sign) {
    return Chart.of(
        values(sign).stream().map(sign::drawn).toList(),
        EVENTS_MAX,
        sign.chartMin(),
        sign.chartMax());
  }

  /** The chart in words, for who does not see it. */
  public String inWords(Sign sign, Language language) {
    var values = values(sign);
    return values.isEmpty()
        ? sign.label().in(language)
        : Text.TREND.in(
            language,
            sign.label().in(language),
            values.size(),
            sign.number(values.getFirst(), language),
            sign.number(values.getLast(), language));
  }
}
