package dev.ampoule.local.demo;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.random.RandomGenerator;

/**
 * An invented patient. Each vital sign is drawn to the value that belongs to the severity of the
 * moment, and wanders around it; so they change together, as they do in people. Not thread-safe.
 */
public final class Patient {
  /** How far a sign moves to where it is drawn in one observation. */
  private static final double PULL = 0.35;

  private static final int OXYGEN_GIVEN_BELOW = 92;
  private static final int OXYGEN_ENDED_FROM = 97;

  /** What oxygen adds, %. */
  private static final double OXYGEN_HELPS = 5;

  private final String id;
  private final int bed;
  private final Course course;
  private final RandomGenerator random;
  private final int phase;
  private final Sign respiratoryRate;
  private final Sign spo2;
  private final Sign systolic;
  private final Sign pulse;
  private final Sign temperature;
  private boolean oxygen;
  private int observation;

  Patient(int bed, Course course, int phase, RandomGenerator random) {
    this.id = "demo-" + bed;
    this.bed = bed;
    this.course = course;
    this.phase = phase;
    this.random = random;
    double severity = course.severity(phase);
    this.respiratoryRate = new Sign(15, 30, 1.2, 0.6, severity);
    this.spo2 = new Sign(97.5, 86, 0.5, 0.3, severity);
    this.systolic = new Sign(128, 82, 4, 2, severity);
    this.pulse = new Sign(73, 136, 4, 1.5, severity);
    this.temperature = new Sign(36.8, 39.4, 0.15, 0.05, severity);
  }

  /** {@code demo-} and the bed: a name that is in a topic, so nothing of a person. */
  public String id() {
    return id;
  }

  /** 1 to {@link Ward#PATIENTS_MAX}. */
  public int bed() {
    return bed;
  }

  /** The vital signs of the next observation. */
  public VitalSigns observe() {
    double severity = course.severity(phase + observation++);
    int saturation =
        (int) Math.min(100, Math.round(spo2.next(severity, oxygen ? OXYGEN_HELPS : 0)));
    var signs =
        new VitalSigns(
            (int) Math.round(respiratoryRate.next(severity, 0)),
            saturation,
            oxygen,
            (int) Math.round(systolic.next(severity, 0)),
            (int) Math.round(pulse.next(severity, 0)),
            severity < 0.85 ? Consciousness.A : severity < 0.98 ? Consciousness.C : Consciousness.V,
            BigDecimal.valueOf(temperature.next(severity, 0)).setScale(1, RoundingMode.HALF_UP));
    // From the next observation on: someone has to bring it.
    oxygen =
        oxygen ? saturation < OXYGEN_ENDED_FROM || severity > 0.3 : saturation < OXYGEN_GIVEN_BELOW;
    return signs;
  }

  /** One vital sign: an Ornstein-Uhlenbeck walk around a target that moves. */
  private final class Sign {
    private final double well;
    private final double ill;
    private final double noise;
    private double value;

    /**
     * @param spread how people differ when they are well, a standard deviation
     * @param noise from one observation to the next, a standard deviation
     */
    Sign(double well, double ill, double spread, double noise, double severity) {
      // No further than two deviations: nobody is to be ill by accident.
      double own = Math.clamp(random.nextGaussian(), -2, 2) * spread;
      this.well = well + own;
      this.ill = ill + own;
      this.noise = noise;
      this.value = target(severity);
    }

    private double target(double severity) {
      return well + severity * (ill - well);
    }

    double next(double severity, double help) {
      value +=
          PULL * (target(severity) + help - value)
              + noise * Math.clamp(random.nextGaussian(), -3, 3);
      return value;
    }
  }
}
