package dev.ampoule.invocation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.invocation.CircuitBreakers.Entry;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.InMemoryPluginCatalog;
import dev.ampoule.registry.PlatformEvent;
import dev.ampoule.registry.VersionRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class CircuitBreakersTest {
  private static final PluginName NAME = new PluginName("news2");
  private static final PluginVersion V1 = new PluginVersion("1.0.0");
  private static final PluginVersion V2 = new PluginVersion("2.0.0");
  private static final Instant OPEN_UNTIL = SteppedClock.START.plus(CircuitBreakers.OPEN);

  private final InMemoryPluginCatalog catalog = new InMemoryPluginCatalog();
  private final List<PlatformEvent> events = new ArrayList<>();
  private final SteppedClock clock = new SteppedClock();
  private final CircuitBreakers breakers = breakers();

  private CircuitBreakers breakers() {
    return new CircuitBreakers(catalog, events::add, Runnable::run, clock);
  }

  @BeforeEach
  void live() {
    catalog.put(
        new VersionRecord(
            NAME,
            V1,
            ContentDigest.of(new byte[0]),
            LifecycleState.LIVE,
            Optional.empty(),
            Manifest.UNDECLARED,
            Optional.empty(),
            List.of(),
            0,
            SteppedClock.START),
        true);
  }

  /** As a process does that has just asked the catalogue. */
  private Entry enter(CircuitBreakers process, PluginVersion version) {
    return process.enter(
        NAME,
        version,
        Optional.ofNullable(catalog.rollout(NAME).orElseThrow().breakers().get(version)));
  }

  private void run(CircuitBreakers process, Ending ending, int times) {
    for (int i = 0; i < times; i++) {
      ((Entry.Permitted) enter(process, V1)).permit().ended(ending);
    }
  }

  @Test
  void halfOfTheLastRunsMustCrash() {
    run(breakers, Ending.TRAP, 9);
    run(breakers, Ending.OK, 11);
    assertThat(enter(breakers, V1)).isInstanceOf(Entry.Permitted.class);
    run(breakers, Ending.OK, 20);
    run(breakers, Ending.TRAP, 5);
    run(breakers, Ending.TIME_LIMIT, 5);
    assertThat(enter(breakers, V1)).isEqualTo(new Entry.Refused(Duration.ofSeconds(10)));
    assertThat(events)
        .containsExactly(new PlatformEvent.BreakerOpened(NAME, V1, SteppedClock.START, OPEN_UNTIL));
    assertThat(enter(breakers, V2)).isInstanceOf(Entry.Permitted.class);
  }

  @Test
  void whatThePluginSaysAndWhatIsNotItsDoingOpensNothing() {
    run(breakers, Ending.ERROR, 40);
    run(breakers, Ending.NONE, 40);
    assertThat(enter(breakers, V1)).isInstanceOf(Entry.Permitted.class);
  }

  @Test
  void aNewProcessStartsOpenAndClosesByItself() {
    run(breakers, Ending.TRAP, 20);
    assertThat(catalog.rollout(NAME).orElseThrow().breakers()).isEqualTo(Map.of(V1, OPEN_UNTIL));
    var other = breakers();
    clock.pass(Duration.ofSeconds(4));
    assertThat(enter(other, V1)).isEqualTo(new Entry.Refused(Duration.ofSeconds(6)));
    assertThat(events).as("it opened once").hasSize(1);
    clock.pass(Duration.ofSeconds(7));
    run(other, Ending.OK, CircuitBreakers.TRIALS);
    run(other, Ending.OK, 10);
  }

  @Test
  void afterTheRestAFewCallsDecide() {
    run(breakers, Ending.TRAP, 20);
    clock.pass(CircuitBreakers.OPEN.plusMillis(1));
    for (int i = 0; i < CircuitBreakers.TRIALS; i++) {
      assertThat(enter(breakers, V1)).isInstanceOf(Entry.Permitted.class);
    }
    assertThat(enter(breakers, V1))
        .as("while they are under way")
        .isEqualTo(new Entry.Refused(Duration.ofSeconds(1)));
  }

  @Test
  void itOpensAgainForAllWhereTheFewCrash() {
    run(breakers, Ending.TRAP, 20);
    clock.pass(CircuitBreakers.OPEN.plusMillis(1));
    run(breakers, Ending.TRAP, CircuitBreakers.TRIALS);
    assertThat(enter(breakers, V1)).isInstanceOf(Entry.Refused.class);
    assertThat(enter(breakers(), V1)).isInstanceOf(Entry.Refused.class);
    assertThat(events).hasSize(2);
  }

  @Test
  void aRestoredProcessKnowsNothingOfBefore() {
    run(breakers, Ending.TRAP, 20);
    breakers.forget();
    clock.pass(Duration.ofDays(1));
    assertThat(enter(breakers, V1)).isInstanceOf(Entry.Permitted.class);
  }

  @Test
  void aCatalogueThatDoesNotAnswerKeepsNoBreakerFromOpening() {
    run(breakers, Ending.TRAP, 19);
    var permit = ((Entry.Permitted) enter(breakers, V1)).permit();
    catalog.down(true);
    permit.ended(Ending.TRAP);
    assertThat(breakers.enter(NAME, V1, Optional.empty())).isInstanceOf(Entry.Refused.class);
    assertThat(events).hasSize(1);
  }
}
