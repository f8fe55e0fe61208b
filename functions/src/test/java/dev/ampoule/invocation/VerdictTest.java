package dev.ampoule.invocation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.registry.Margins;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class VerdictTest {
  private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");
  private static final Margins MARGINS = new Margins(20, 5, 5, 5, 50);

  private static Tally tally(long calls, long traps, long errors, long timeLimits, int step) {
    return new Tally(
        calls,
        traps,
        errors,
        timeLimits,
        0,
        0,
        new TreeMap<>(Map.of(step, calls)),
        new TreeMap<>());
  }

  @ParameterizedTest(name = "{0} {1} {2} {3} against {4} {5} {6} {7}: {8}")
  @CsvSource({
    // trial: calls, traps, errors, time limits; live: the same; why
    "19, 19, 0, 0, 100, 0, 0, 0, ''",
    "20, 1, 0, 0, 100, 0, 0, 0, ''",
    "20, 2, 0, 0, 100, 0, 0, 0, 'traps in 2 of 20 calls, live in 0 of 100'",
    "20, 2, 0, 0, 100, 5, 0, 0, ''",
    "100, 11, 0, 0, 100, 5, 0, 0, 'traps in 11 of 100 calls, live in 5 of 100'",
    "20, 0, 2, 0, 100, 0, 0, 0, 'errors in 2 of 20 calls, live in 0 of 100'",
    "20, 0, 2, 0, 100, 0, 9, 0, ''",
    "20, 0, 0, 2, 100, 0, 0, 0, 'time limits in 2 of 20 calls, live in 0 of 100'",
    "20, 2, 0, 0, 0, 0, 0, 0, 'traps in 2 of 20 calls, live in 0 of 0'",
  })
  void aTrialEndsWhereItIsWorseByMoreThanAMarginAfterEnoughCalls(
      long calls,
      long traps,
      long errors,
      long timeLimits,
      long liveCalls,
      long liveTraps,
      long liveErrors,
      long liveTimeLimits,
      String why) {
    var verdict =
        Verdict.onTrial(
            tally(calls, traps, errors, timeLimits, 8),
            tally(liveCalls, liveTraps, liveErrors, liveTimeLimits, 8),
            MARGINS);
    assertThat(verdict.map(Object::toString).orElse("")).isEqualTo(why);
  }

  @Test
  void aTrialEndsWhereItsSlowestTwentiethIsTooSlow() {
    // Steps of four to an octave: step 24 is 64 ms, 26 is 91 ms, 28 is 128 ms.
    var live = tally(20, 0, 0, 0, 24);
    assertThat(Verdict.onTrial(tally(20, 0, 0, 0, 26), live, MARGINS)).isEmpty();
    assertThat(Verdict.onTrial(tally(20, 0, 0, 0, 28), live, MARGINS).map(Object::toString))
        .contains("p95 128 ms, live 64 ms");
    assertThat(Verdict.onTrial(tally(20, 0, 0, 0, 28), tally(19, 0, 0, 0, 24), MARGINS)).isEmpty();
  }

  @Test
  void aFewMillisecondsAreNoDifferenceHoweverManyTimesMore() {
    assertThat(Verdict.onTrial(tally(20, 0, 0, 0, 16), tally(20, 0, 0, 0, 0), MARGINS)).isEmpty();
    assertThat(
            Verdict.onTrial(tally(20, 0, 0, 0, 18), tally(20, 0, 0, 0, 0), MARGINS)
                .map(Object::toString))
        .contains("p95 23 ms, live 1 ms");
  }

  @Test
  void aLiveVersionGoesAtTheRestartIntensityWithinItsWindow() {
    var intensity = new RestartIntensity(3, Duration.ofSeconds(60));
    var crashed =
        Tally.of(Ending.TRAP, Duration.ZERO, NOW)
            .plus(Tally.of(Ending.TRAP, Duration.ZERO, NOW.plusSeconds(20)));
    assertThat(Verdict.onLive(crashed, intensity, NOW.plusSeconds(20))).isEmpty();
    crashed = crashed.plus(Tally.of(Ending.TIME_LIMIT, Duration.ZERO, NOW.plusSeconds(40)));
    assertThat(Verdict.onLive(crashed, intensity, NOW.plusSeconds(60)).map(Object::toString))
        .contains("3 crashes in 60 s");
    assertThat(Verdict.onLive(crashed, intensity, NOW.plusSeconds(66))).isEmpty();
  }
}
