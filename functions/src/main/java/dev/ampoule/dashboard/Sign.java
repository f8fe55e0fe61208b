package dev.ampoule.dashboard;

import java.util.Locale;

/** A vital sign that is a number, with the name it has in the {@code news2} plugin's input. */
public enum Sign {
  RESPIRATORY_RATE("respiratoryRate", Text.RESPIRATORY_RATE, "/min", 0, 5, 35),
  SPO2("spo2", Text.SPO2, "%", 0, 80, 100),
  SYSTOLIC("systolicBloodPressure", Text.SYSTOLIC, "mmHg", 0, 70, 220),
  PULSE("pulse", Text.PULSE, "/min", 0, 40, 160),
  TEMPERATURE("temperature", Text.TEMPERATURE, "°C", 1, 34, 41);

  private final String field;
  private final Text label;
  private final String unit;
  private final int decimals;
  private final int chartMin;
  private final int chartMax;

  Sign(String field, Text label, String unit, int decimals, int chartMin, int chartMax) {
    this.field = field;
    this.label = label;
    this.unit = unit;
    this.decimals = decimals;
    this.chartMin = chartMin;
    this.chartMax = chartMax;
  }

  String field() {
    return field;
  }

  public Text label() {
    return label;
  }

  public String unit() {
    return unit;
  }

  public String number(double value, Language language) {
    return String.format(language.locale(), "%." + decimals + "f", value);
  }

  /** Within a chart: what lies outside is drawn at its edge. */
  double drawn(double value) {
    return Math.clamp(value, chartMin, chartMax);
  }

  int chartMin() {
    return chartMin;
  }

  int chartMax() {
    return chartMax;
  }

  /** For a class or an id. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
