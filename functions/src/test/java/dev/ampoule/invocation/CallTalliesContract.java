package dev.ampoule.invocation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** What all tallies do; run against those in memory and those on DynamoDB. */
public abstract class CallTalliesContract {
  private static final PluginVersion V1 = new PluginVersion("1.0.0");
  private static final PluginVersion V2 = new PluginVersion("2.0.0");
  private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");
  private static final Tally GOOD = Tally.of(Ending.OK, Duration.ofMillis(3), NOW);
  private static final Tally TRAP = Tally.of(Ending.TRAP, Duration.ofMillis(7), NOW);

  private final PluginName name =
      new PluginName("p" + UUID.randomUUID().toString().replace("-", "").substring(0, 20));

  protected abstract CallTallies tallies();

  private Optional<Tally> add(PluginVersion version, long era, Tally tally) {
    return tallies().add(name, version, era, tally, NOW);
  }

  @Test
  void whatIsAddedIsSummedForEachVersion() {
    assertThat(tallies().read(name, V1, 3)).isEqualTo(Tally.NONE);
    assertThat(add(V1, 3, GOOD)).contains(GOOD);
    assertThat(add(V1, 3, TRAP.plus(Tally.ofComparison(false))))
        .contains(GOOD.plus(TRAP).plus(Tally.ofComparison(false)));
    assertThat(add(V2, 3, TRAP)).contains(TRAP);
    assertThat(tallies().read(name, V1, 3))
        .isEqualTo(GOOD.plus(TRAP).plus(Tally.ofComparison(false)));
  }

  @Test
  void aLaterEraBeginsAnewAndNothingIsAddedToAnEarlierOne() {
    add(V1, 3, GOOD);
    assertThat(add(V1, 4, TRAP)).contains(TRAP);
    assertThat(add(V1, 3, GOOD)).isEmpty();
    assertThat(tallies().read(name, V1, 4)).isEqualTo(TRAP);
    assertThat(tallies().read(name, V1, 3)).isEqualTo(Tally.NONE);
  }

  @Test
  void oldCrashesAreForgottenAndStayCountedAsTraps() {
    add(V1, 1, TRAP);
    var later = Tally.of(Ending.TRAP, Duration.ofMillis(7), NOW.plusSeconds(60));
    var sum = tallies().add(name, V1, 1, later, NOW.plusSeconds(30)).orElseThrow();
    assertThat(sum.traps()).isEqualTo(2);
    assertThat(sum.crashes()).isEqualTo(Map.of(Tally.slot(NOW.plusSeconds(60)), 1L));
  }

  @Test
  void processesThatAddAtOnceLoseNothing() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var additions = new ArrayList<Callable<Optional<Tally>>>();
      for (int i = 0; i < 8; i++) {
        additions.add(() -> add(V1, 9, GOOD));
      }
      for (var added : threads.invokeAll(additions)) {
        assertThat(added.get()).isPresent();
      }
    }
    assertThat(tallies().read(name, V1, 9).calls()).isEqualTo(8);
  }
}
