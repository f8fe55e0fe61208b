package dev.ampoule.invocation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.invocation.HotSwap.Found;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.privacy.Redacted;
import dev.ampoule.registry.InMemoryPluginCatalog;
import dev.ampoule.registry.Margins;
import dev.ampoule.registry.Moves;
import dev.ampoule.registry.Order;
import dev.ampoule.registry.Trial;
import dev.ampoule.registry.VersionRecord;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class HotSwapTest {
  private static final PluginName NAME = new PluginName("news2");
  private static final PluginVersion V1 = new PluginVersion("1.0.0");
  private static final PluginVersion V2 = new PluginVersion("2.0.0");

  private final InMemoryPluginCatalog catalog = new InMemoryPluginCatalog();
  private final List<PluginVersion> warmed = new ArrayList<>();
  private final List<Runnable> background = new ArrayList<>();
  private boolean warmingFails;
  private long nanos;
  private long readTakesNanos;
  private final HotSwap hotSwap =
      new HotSwap(catalog, this::warm, background::add, this::tick, _ -> 0);

  private void warm(VersionRecord version) throws IOException {
    if (warmingFails) {
      throw new IOException("no");
    }
    warmed.add(version.version());
  }

  /** Each look at the clock is followed by what the next read takes. */
  private long tick() {
    long now = nanos;
    nanos += readTakesNanos;
    readTakesNanos = 0;
    return now;
  }

  private void at(Duration time) {
    nanos = time.toNanos();
  }

  private void runBackground() {
    background.forEach(Runnable::run);
    background.clear();
  }

  private void twoVersions() {
    catalog.put(record(V1, LifecycleState.LIVE), true);
    catalog.put(record(V2, LifecycleState.VALIDATED), false);
  }

  @Test
  void aYoungAnswerIsNotAskedForAgain() {
    twoVersions();
    assertThat(live()).isEqualTo(V1);
    Moves.activate(catalog, NAME, V2);
    at(HotSwap.ASK_AGAIN_AFTER.minusNanos(1));
    assertThat(live()).isEqualTo(V1);
    assertThat(background).isEmpty();
  }

  @Test
  void theNewVersionIsWarmBeforeACallGetsIt() {
    twoVersions();
    assertThat(live()).isEqualTo(V1);
    Moves.activate(catalog, NAME, V2);
    at(HotSwap.ASK_AGAIN_AFTER);
    assertThat(live()).isEqualTo(V1);
    assertThat(live()).isEqualTo(V1);
    assertThat(background).as("one question for all calls").hasSize(1);
    runBackground();
    assertThat(warmed).containsExactly(V2);
    assertThat(live()).isEqualTo(V2);
  }

  @Test
  void whatIsKnownAlreadyIsNotWarmedAgain() {
    twoVersions();
    live();
    at(HotSwap.ASK_AGAIN_AFTER);
    live();
    runBackground();
    assertThat(warmed).isEmpty();
  }

  @Test
  void anAnswerThatIsTooOldIsWaitedFor() {
    twoVersions();
    assertThat(live()).isEqualTo(V1);
    Moves.activate(catalog, NAME, V2);
    at(HotSwap.AGE_MAX);
    assertThat(live()).isEqualTo(V2);
    assertThat(HotSwap.AGE_MAX).isLessThan(HotSwap.BOUND);
  }

  @Test
  void aVersionThatCannotBeWarmedIsFollowedWhenTheAnswerIsTooOld() {
    twoVersions();
    live();
    Moves.activate(catalog, NAME, V2);
    warmingFails = true;
    at(HotSwap.ASK_AGAIN_AFTER);
    live();
    runBackground();
    assertThat(live()).isEqualTo(V1);
    assertThat(background).as("it is tried again").hasSize(1);
    at(HotSwap.AGE_MAX);
    assertThat(live()).isEqualTo(V2);
  }

  @Test
  void anAnswerInTheBackgroundDoesNotReplaceAYoungerOne() {
    twoVersions();
    live();
    at(HotSwap.ASK_AGAIN_AFTER);
    live();
    var late = List.copyOf(background);
    background.clear();
    at(HotSwap.AGE_MAX);
    Moves.activate(catalog, NAME, V2);
    assertThat(live()).isEqualTo(V2);
    catalog.setState(NAME, V2, LifecycleState.LIVE);
    late.forEach(Runnable::run);
    assertThat(live()).isEqualTo(V2);
    at(HotSwap.AGE_MAX.plus(HotSwap.ASK_AGAIN_AFTER).minusNanos(1));
    live();
    assertThat(background).isEmpty();
  }

  @Test
  void aStoreThatDoesNotAnswerInTheBackgroundIsNoFailureYet() {
    twoVersions();
    live();
    at(HotSwap.ASK_AGAIN_AFTER);
    live();
    catalog.down(true);
    runBackground();
    assertThat(live()).isEqualTo(V1);
  }

  /** The ticker of a restored process goes on from where the snapshot was taken, days ago. */
  @Test
  void afterARestoreNothingIsBelievedThoughNoTimeHasPassed() {
    twoVersions();
    assertThat(live()).isEqualTo(V1);
    Moves.activate(catalog, NAME, V2);
    hotSwap.forget();
    assertThat(live()).isEqualTo(V2);
  }

  @Test
  void aSlowReadDoesNotMakeItsAnswerYounger() {
    twoVersions();
    readTakesNanos = Duration.ofSeconds(4).toNanos();
    assertThat(live()).isEqualTo(V1);
    Moves.activate(catalog, NAME, V2);
    assertThat(live()).isEqualTo(V2);
  }

  @Test
  void thatSomethingIsMissingIsNotRemembered() {
    assertThat(find(Optional.empty())).isEqualTo(new Found.UnknownPlugin());
    assertThat(find(Optional.of(V1))).isEqualTo(new Found.UnknownPlugin());
    catalog.put(record(V1, LifecycleState.VALIDATED), false);
    assertThat(find(Optional.empty())).isEqualTo(new Found.NothingLive());
    assertThat(find(Optional.of(V2))).isEqualTo(new Found.UnknownVersion());
    Moves.activate(catalog, NAME, V1);
    assertThat(live()).isEqualTo(V1);
  }

  @Test
  void aCallThatNamesItsVersionIsNoPartOfAComparison() {
    twoVersions();
    assertThat(find(Optional.of(V2)))
        .isEqualTo(
            new Found.Version(
                record(V2, LifecycleState.VALIDATED),
                Optional.empty(),
                Optional.empty(),
                Optional.empty()));
    Moves.make(catalog, new Order.Quarantine(NAME, V2, Redacted.EMPTY));
    at(HotSwap.AGE_MAX);
    assertThat(find(Optional.of(V2)))
        .isEqualTo(new Found.NotInvocable(record(V2, LifecycleState.QUARANTINED)));
  }

  @Test
  void aShadowRunsBesideTheLiveVersion() {
    twoVersions();
    Moves.make(catalog, new Order.Try(NAME, V2, Trial.Kind.SHADOW, 100, Margins.DEFAULT));
    assertThat(find(Optional.empty()))
        .isEqualTo(
            new Found.Version(
                record(V1, LifecycleState.LIVE),
                Optional.of(record(V2, LifecycleState.CANARY)),
                catalog.rollout(NAME),
                Optional.empty()));
  }

  @Test
  void aBreakerThatAnotherProcessOpenedIsKnownWithTheVersion() {
    twoVersions();
    var until = Instant.parse("2026-11-28T12:00:00Z");
    catalog.openBreaker(NAME, V1, until);
    assertThat(((Found.Version) find(Optional.empty())).breakerOpenUntil()).contains(until);
    assertThat(((Found.Version) find(Optional.of(V2))).breakerOpenUntil()).isEmpty();
  }

  private PluginVersion live() {
    return ((Found.Version) find(Optional.empty())).version().version();
  }

  private Found find(Optional<PluginVersion> version) {
    return hotSwap.find(NAME, version, Optional.empty());
  }

  private static VersionRecord record(PluginVersion version, LifecycleState state) {
    return new VersionRecord(
        NAME,
        version,
        ContentDigest.of(new byte[0]),
        state,
        Optional.empty(),
        Manifest.UNDECLARED,
        Optional.empty(),
        List.of(),
        0,
        Instant.parse("2026-11-23T00:00:00Z"));
  }
}
