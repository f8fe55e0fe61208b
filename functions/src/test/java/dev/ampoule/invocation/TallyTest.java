package dev.ampoule.invocation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TallyTest {
  private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");

  @Test
  void talliesAddUp() {
    var sum =
        Tally.of(Ending.OK, Duration.ofMillis(1), NOW)
            .plus(Tally.of(Ending.ERROR, Duration.ofMillis(1), NOW))
            .plus(Tally.of(Ending.TRAP, Duration.ofMillis(2), NOW))
            .plus(Tally.of(Ending.TIME_LIMIT, Duration.ofMillis(16), NOW.plusSeconds(5)))
            .plus(Tally.ofComparison(true))
            .plus(Tally.ofComparison(false));
    long slot = Tally.slot(NOW);
    assertThat(sum)
        .isEqualTo(
            new Tally(
                4,
                1,
                1,
                1,
                1,
                1,
                new TreeMap<>(Map.of(0, 2L, 4, 1L, 16, 1L)),
                new TreeMap<>(Map.of(slot, 1L, slot + 1, 1L))));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "1, 1",
    "2, 2",
    "3, 4",
    "10, 12",
    "100, 108",
    "1000, 1024",
    "28000, 32768",
    "99999999, 65536",
  })
  void aRunTimeIsKeptRoundedUp(long millis, long kept) {
    assertThat(Tally.of(Ending.OK, Duration.ofMillis(millis), NOW).p95Millis()).hasValue(kept);
  }

  @Test
  void p95IsWhatNineteenOfTwentyRunsStayBelow() {
    var tally = Tally.NONE;
    assertThat(tally.p95Millis()).isEmpty();
    for (int i = 0; i < 19; i++) {
      tally = tally.plus(Tally.of(Ending.OK, Duration.ofMillis(8), NOW));
    }
    tally = tally.plus(Tally.of(Ending.OK, Duration.ofMillis(512), NOW));
    assertThat(tally.p95Millis()).hasValue(8);
    tally = tally.plus(Tally.of(Ending.OK, Duration.ofMillis(512), NOW));
    assertThat(tally.p95Millis()).hasValue(512);
  }

  @Test
  void crashesAreCountedFromTheSlotATimeIsIn() {
    var tally =
        Tally.of(Ending.TRAP, Duration.ZERO, NOW)
            .plus(Tally.of(Ending.TIME_LIMIT, Duration.ZERO, NOW.plusSeconds(30)));
    assertThat(tally.crashesSince(NOW)).isEqualTo(2);
    assertThat(tally.crashesSince(NOW.plusSeconds(4))).isEqualTo(2);
    assertThat(tally.crashesSince(NOW.plusSeconds(5))).isEqualTo(1);
    assertThat(tally.crashesSince(NOW.plusSeconds(60))).isZero();
  }
}
