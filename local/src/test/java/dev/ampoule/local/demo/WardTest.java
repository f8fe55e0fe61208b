package dev.ampoule.local.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class WardTest {
  /** A minute and more of the demo. */
  private static final int OBSERVATIONS = 40;

  @Test
  void theSameSeedHasTheSameVitalSignsAndAnotherHasOthers() {
    assertThat(observed(7)).isEqualTo(observed(7)).isNotEqualTo(observed(8));
  }

  private static List<VitalSigns> observed(long seed) {
    return Ward.of("3", 8, seed).patients().stream()
        .flatMap(patient -> Stream.generate(patient::observe).limit(OBSERVATIONS))
        .toList();
  }

  @Test
  void morePatientsLeaveTheOthersAsTheyAre() {
    assertThat(Ward.of("3", 50, 1).patients().get(3).observe())
        .isEqualTo(Ward.of("3", 4, 1).patients().get(3).observe());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, -1, Long.MAX_VALUE})
  void whoFallsIllShowsItInEverySignIsGivenOxygenAndGetsWellAgain(long seed) {
    Patient patient = Ward.of("3", 1, seed).patients().getFirst();
    VitalSigns first = patient.observe();
    List<VitalSigns> course = Stream.generate(patient::observe).limit(OBSERVATIONS).toList();
    VitalSigns worst = course.get(22);
    VitalSigns last = course.getLast();
    assertThat(first.consciousness()).isEqualTo(Consciousness.A);
    assertThat(first.supplementalOxygen()).isFalse();
    assertThat(worst.respiratoryRate()).isGreaterThanOrEqualTo(25);
    assertThat(worst.spo2()).isLessThan(first.spo2());
    assertThat(worst.supplementalOxygen()).isTrue();
    assertThat(worst.systolicBloodPressure()).isLessThanOrEqualTo(100);
    assertThat(worst.pulse()).isGreaterThan(110);
    assertThat(worst.consciousness()).isNotEqualTo(Consciousness.A);
    assertThat(worst.temperature()).isGreaterThan(first.temperature());
    assertThat(last.consciousness()).isEqualTo(Consciousness.A);
    assertThat(last.pulse()).isLessThan(100);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, -1, Long.MAX_VALUE})
  void whoIsWellStaysWell(long seed) {
    Patient patient = Ward.of("3", 2, seed).patients().getLast();
    for (int i = 0; i < 500; i++) {
      VitalSigns signs = patient.observe();
      assertThat(signs.respiratoryRate()).isBetween(10, 22);
      assertThat(signs.spo2()).isGreaterThanOrEqualTo(94);
      assertThat(signs.supplementalOxygen()).isFalse();
      assertThat(signs.systolicBloodPressure()).isBetween(101, 219);
      assertThat(signs.pulse()).isBetween(51, 110);
      assertThat(signs.consciousness()).isEqualTo(Consciousness.A);
      assertThat(signs.temperature()).isBetween(new BigDecimal("36.1"), new BigDecimal("38.0"));
    }
  }

  @Test
  void signsChangeByLittleFromOneObservationToTheNext() {
    for (Patient patient : Ward.of("3", 8, 1).patients()) {
      VitalSigns before = patient.observe();
      for (int i = 0; i < OBSERVATIONS; i++) {
        VitalSigns now = patient.observe();
        assertThat(Math.abs(now.pulse() - before.pulse())).isLessThan(15);
        assertThat(Math.abs(now.spo2() - before.spo2())).isLessThanOrEqualTo(5);
        before = now;
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "3, 0, 'patients: 1 to 50, got 0'",
    "3, 51, 'patients: 1 to 50, got 51'",
    "Ward 3, 1, 'ward: 1 to 32 of a-z, 0-9 and -'",
    "'', 1, 'ward: 1 to 32 of a-z, 0-9 and -'",
  })
  void whatIsOutOfBoundsIsRefused(String name, int patients, String message) {
    assertThatThrownBy(() -> Ward.of(name, patients, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
