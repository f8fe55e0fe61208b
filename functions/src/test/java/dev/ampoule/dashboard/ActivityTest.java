package dev.ampoule.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ActivityTest {
  private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");

  private static AuditEntry call(AuditOutcome outcome, int minutesAgo, int millis) {
    return AuditEntry.of(
            NOW.minus(Duration.ofMinutes(minutesAgo)), AuditAction.INVOKE, Actor.SYSTEM, outcome)
        .duration(Duration.ofMillis(millis))
        .build();
  }

  @Test
  void whatRanIsCountedAndWhatWasRefusedIsNot() {
    var activity =
        Activity.of(
            List.of(
                call(AuditOutcome.SUCCESS, 0, 10),
                call(AuditOutcome.TRAP, 1, 20),
                call(AuditOutcome.FORBIDDEN, 1, 0),
                call(AuditOutcome.SUCCESS, 59, 40)),
            NOW);
    assertThat(activity.calls()).isEqualTo(3);
    assertThat(activity.errors()).isEqualTo(1);
    assertThat(activity.median()).isEqualTo(Optional.of(Duration.ofMillis(20)));
    assertThat(activity.p95()).isEqualTo(Optional.of(Duration.ofMillis(40)));
    assertThat(activity.p95ByBucket()).containsExactly(40.0, 20.0);
    assertThat(activity.highestMillis()).isEqualTo(40);
  }

  @Test
  void ofTwentyCallsNineteenTookNoLongerThanTheP95() {
    var calls = new ArrayList<AuditEntry>();
    for (int i = 1; i <= 20; i++) {
      calls.add(call(AuditOutcome.SUCCESS, 5, i));
    }
    assertThat(Activity.of(calls, NOW).p95()).isEqualTo(Optional.of(Duration.ofMillis(19)));
  }

  @Test
  void withoutCallsThereIsNoLatency() {
    var activity = Activity.of(List.of(), NOW);
    assertThat(activity.calls()).isZero();
    assertThat(activity.median()).isEmpty();
    assertThat(activity.latency()).isEqualTo(new Chart(""));
  }
}
