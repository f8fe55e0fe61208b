package dev.ampoule.local.demo;

import java.math.BigDecimal;
import java.util.Objects;

/**
 * What NEWS2 scores, in the units and ranges of the {@code news2} plugin.
 *
 * @param respiratoryRate 0 to 100 breaths/min
 * @param spo2 20 to 100 %
 * @param systolicBloodPressure 20 to 350 mmHg
 * @param pulse 10 to 350 beats/min
 * @param temperature 20 to 45 °C
 */
public record VitalSigns(
    int respiratoryRate,
    int spo2,
    boolean supplementalOxygen,
    int systolicBloodPressure,
    int pulse,
    Consciousness consciousness,
    BigDecimal temperature) {
  private static final BigDecimal COLDEST = BigDecimal.valueOf(20);
  private static final BigDecimal HOTTEST = BigDecimal.valueOf(45);

  public VitalSigns {
    check("respiratoryRate", respiratoryRate, 0, 100);
    check("spo2", spo2, 20, 100);
    check("systolicBloodPressure", systolicBloodPressure, 20, 350);
    check("pulse", pulse, 10, 350);
    Objects.requireNonNull(consciousness, "consciousness");
    if (temperature.compareTo(COLDEST) < 0 || temperature.compareTo(HOTTEST) > 0) {
      throw new IllegalArgumentException("temperature: 20 to 45 °C");
    }
  }

  private static void check(String field, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException("%s: %d to %d".formatted(field, min, max));
    }
  }
}
