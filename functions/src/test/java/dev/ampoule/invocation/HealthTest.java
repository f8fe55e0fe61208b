package dev.ampoule.invocation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.invocation.Health.State;
import dev.ampoule.invocation.InvocationOutcome.Dependency;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class HealthTest {
  private final List<String> failing = new ArrayList<>();
  private Instant now = Instant.EPOCH;
  private final Health health =
      new Health(
          new Health.Probes(
              () -> ask("catalog"),
              () -> ask("modules"),
              () -> ask("audit"),
              () -> {
                ask("spool");
                return 3;
              }),
          Duration.ofMinutes(15),
          () -> now);

  private void ask(String dependency) {
    if (failing.contains(dependency)) {
      throw new IllegalStateException(dependency);
    }
  }

  private static Map<Dependency, State> states(State catalog, State modules, State audit) {
    return Map.of(
        Dependency.CATALOG, catalog, Dependency.MODULE_STORE, modules, Dependency.AUDIT, audit);
  }

  @Test
  void whereEverythingAnswersAllIsUp() {
    assertThat(health.check())
        .isEqualTo(
            new Health.Report(
                State.UP,
                states(State.UP, State.UP, State.UP),
                Optional.of(Duration.ZERO),
                OptionalInt.of(3)));
  }

  @Test
  void aCatalogueIsDegradedWhileItsLastAnswerMayBeUsedAndThenDown() {
    health.check();
    failing.add("catalog");
    now = now.plusSeconds(899);
    var degraded = health.check();
    assertThat(degraded.overall()).isEqualTo(State.DEGRADED);
    assertThat(degraded.dependencies().get(Dependency.CATALOG)).isEqualTo(State.DEGRADED);
    assertThat(degraded.catalogAge()).hasValue(Duration.ofSeconds(899));
    now = now.plusSeconds(1);
    assertThat(health.check().dependencies().get(Dependency.CATALOG)).isEqualTo(State.DOWN);
    assertThat(health.check().overall()).isEqualTo(State.DOWN);
  }

  @Test
  void aCatalogueThatNeverAnsweredIsDegradedFromTheFirstQuestionOn() {
    failing.add("catalog");
    assertThat(health.check().overall()).isEqualTo(State.DEGRADED);
    assertThat(health.check().catalogAge()).isEmpty();
    now = now.plusSeconds(900);
    assertThat(health.check().overall()).isEqualTo(State.DOWN);
  }

  @Test
  void afterARestoreTheAnswersOfTheSnapshotCountNoMore() {
    health.check();
    failing.add("catalog");
    now = now.plus(Duration.ofDays(3));
    health.forget();
    assertThat(health.check().overall()).isEqualTo(State.DEGRADED);
    assertThat(health.check().catalogAge()).isEmpty();
  }

  @Test
  void theAuditIsDegradedWithOneOfItsTwoPlacesAndDownWithNone() {
    for (Set<String> one : List.of(Set.of("audit"), Set.of("spool"))) {
      failing.clear();
      failing.addAll(one);
      assertThat(health.check().dependencies())
          .isEqualTo(states(State.UP, State.UP, State.DEGRADED));
      assertThat(health.check().overall()).isEqualTo(State.DEGRADED);
    }
    failing.addAll(List.of("audit", "spool"));
    assertThat(health.check().dependencies()).isEqualTo(states(State.UP, State.UP, State.DOWN));
    assertThat(health.check().overall()).isEqualTo(State.DOWN);
    assertThat(health.check().spooledBlocks()).isEmpty();
  }

  @Test
  void withoutTheModuleStoreLoadedPluginsRunOn() {
    failing.add("modules");
    assertThat(health.check().overall()).isEqualTo(State.DEGRADED);
    assertThat(health.check().dependencies()).isEqualTo(states(State.UP, State.DOWN, State.UP));
  }
}
