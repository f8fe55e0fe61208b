package dev.ampoule.invocation;

import dev.ampoule.privacy.Redacted;
import dev.ampoule.registry.Margins;
import java.time.Instant;
import java.util.Optional;

/** When a version did badly enough to be moved, and why. */
final class Verdict {
  /**
   * A difference below it says nothing: a version's first runs are slow, until the JVM knows it.
   */
  private static final long P95_MILLIS_MIN = 20;

  private Verdict() {}

  /** Why a trial is over; empty while it may go on. */
  static Optional<Redacted> onTrial(Tally trial, Tally live, Margins margins) {
    if (trial.calls() < margins.callsMin()) {
      return Optional.empty();
    }
    if (isWorse(trial.traps(), trial, live.traps(), live, margins.trapPoints())) {
      return Optional.of(
          share(Redacted.literal("traps"), trial.traps(), trial, live.traps(), live));
    }
    if (isWorse(trial.timeLimits(), trial, live.timeLimits(), live, margins.timeLimitPoints())) {
      return Optional.of(
          share(
              Redacted.literal("time limits"), trial.timeLimits(), trial, live.timeLimits(), live));
    }
    if (isWorse(trial.errors(), trial, live.errors(), live, margins.errorPoints())) {
      return Optional.of(
          share(Redacted.literal("errors"), trial.errors(), trial, live.errors(), live));
    }
    return slower(trial, live, margins);
  }

  /** Why a live version must go; empty while it may stay. */
  static Optional<Redacted> onLive(Tally live, RestartIntensity intensity, Instant now) {
    long crashes = live.crashesSince(now.minus(intensity.window()));
    return crashes < intensity.crashes()
        ? Optional.empty()
        : Optional.of(
            Redacted.of(crashes)
                .plus(" crashes in ")
                .plus(Redacted.of(intensity.window().toSeconds()))
                .plus(" s"));
  }

  private static boolean isWorse(long bad, Tally trial, long liveBad, Tally live, int points) {
    double liveShare = live.calls() == 0 ? 0 : (double) liveBad / live.calls();
    return (double) bad / trial.calls() > liveShare + points / 100.0;
  }

  private static Redacted share(Redacted what, long bad, Tally trial, long liveBad, Tally live) {
    return what.plus(" in ")
        .plus(Redacted.of(bad))
        .plus(" of ")
        .plus(Redacted.of(trial.calls()))
        .plus(" calls, live in ")
        .plus(Redacted.of(liveBad))
        .plus(" of ")
        .plus(Redacted.of(live.calls()));
  }

  private static Optional<Redacted> slower(Tally trial, Tally live, Margins margins) {
    var p95 = trial.p95Millis();
    var liveP95 = live.p95Millis();
    if (p95.isEmpty()
        || liveP95.isEmpty()
        || live.calls() < margins.callsMin()
        || p95.getAsLong() - liveP95.getAsLong() < P95_MILLIS_MIN
        || p95.getAsLong() * 100 <= liveP95.getAsLong() * (100 + margins.p95Percent())) {
      return Optional.empty();
    }
    return Optional.of(
        Redacted.literal("p95 ")
            .plus(Redacted.of(p95.getAsLong()))
            .plus(" ms, live ")
            .plus(Redacted.of(liveP95.getAsLong()))
            .plus(" ms"));
  }
}
