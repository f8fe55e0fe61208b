package dev.ampoule.invocation;

import java.time.Duration;

/**
 * How often a live version may crash: as many times in the window, and it is quarantined. The name
 * is OTP's, whose supervisors give up at theirs.
 */
public record RestartIntensity(int crashes, Duration window) {
  public static final RestartIntensity DEFAULT = new RestartIntensity(10, Duration.ofSeconds(60));

  public RestartIntensity {
    if (crashes < 1 || window.compareTo(Tally.SLOT) < 0) {
      throw new IllegalArgumentException(crashes + " crashes in " + window);
    }
  }
}
