package dev.ampoule.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.Actor;
import dev.ampoule.audit.SigningKeyId;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.ManifestReader;
import dev.ampoule.plugin.ManifestReading;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.sandbox.Abi;
import dev.ampoule.sandbox.ModuleFacts;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** What every catalogue does; run against the one in memory and the one on DynamoDB. */
public abstract class PluginCatalogContract {
  private static final PluginVersion V1 = new PluginVersion("1.0.0");
  private static final PluginVersion V2 = new PluginVersion("2.0.0");

  private static final Instant AT = Instant.parse("2026-11-28T10:00:00.123Z");

  private final PluginName name =
      new PluginName("p" + UUID.randomUUID().toString().replace("-", "").substring(0, 20));

  protected abstract PluginCatalog catalog();

  @Test
  void aVersionIsReadBackAsItWasPut() {
    var record = record(V1, LifecycleState.VALIDATED);
    assertThat(catalog().put(record, false)).isEqualTo(new PluginCatalog.Put.Stored());
    assertThat(catalog().version(name, V1)).contains(record);
    assertThat(catalog().live(name)).isEmpty();
  }

  @Test
  void aRejectedVersionKeepsItsReasonsAndCanBeReplaced() {
    var rejected =
        new VersionRecord(
            name,
            V1,
            ContentDigest.of(new byte[] {9}),
            LifecycleState.REJECTED,
            Optional.of("not json"),
            Manifest.UNDECLARED,
            Optional.empty(),
            List.of("imports env.foo, which no ABI provides"),
            1,
            Instant.parse("2026-11-23T00:00:00Z"));
    assertThat(catalog().put(rejected, false)).isEqualTo(new PluginCatalog.Put.Stored());
    assertThat(catalog().version(name, V1)).contains(rejected);
    var good = record(V1, LifecycleState.LIVE);
    assertThat(catalog().put(good, true)).isEqualTo(new PluginCatalog.Put.Stored());
    assertThat(catalog().version(name, V1)).contains(good);
  }

  @Test
  void aVersionThatIsNotRejectedIsNeverReplaced() {
    var record = record(V1, LifecycleState.VALIDATED);
    catalog().put(record, false);
    assertThat(catalog().put(record.withState(LifecycleState.LIVE), true))
        .isEqualTo(new PluginCatalog.Put.VersionTaken(record));
    assertThat(catalog().live(name)).isEmpty();
  }

  @Test
  void onlyTheFirstVersionGoesLiveByItself() {
    assertThat(catalog().put(record(V1, LifecycleState.LIVE), true))
        .isEqualTo(new PluginCatalog.Put.Stored());
    assertThat(catalog().put(record(V2, LifecycleState.LIVE), true))
        .isEqualTo(new PluginCatalog.Put.LiveTaken());
    assertThat(catalog().live(name)).contains(V1);
    assertThat(catalog().version(name, V2)).isEmpty();
  }

  @Test
  void theFirstLiveVersionBeginsTheStory() {
    var first = record(V1, LifecycleState.LIVE);
    assertThat(catalog().rollout(name)).isEmpty();
    assertThat(catalog().history(name, Optional.empty(), 10).items()).isEmpty();
    catalog().put(first, true);
    assertThat(catalog().rollout(name)).contains(Rollout.first(V1, first.registeredAt()));
    assertThat(catalog().history(name, Optional.empty(), 10).items())
        .containsExactly(Moved.first(first));
  }

  @Test
  void aMoveWritesRolloutStatesAndStory() {
    catalog().put(record(V1, LifecycleState.LIVE), true);
    catalog().put(record(V2, LifecycleState.VALIDATED), false);
    var change = toLive(catalog().rollout(name).orElseThrow(), V1, V2);
    assertThat(catalog().apply(change)).isTrue();
    assertThat(catalog().rollout(name)).contains(change.after());
    assertThat(catalog().live(name)).contains(V2);
    assertThat(catalog().version(name, V1).orElseThrow().state())
        .isEqualTo(LifecycleState.VALIDATED);
    assertThat(catalog().version(name, V2).orElseThrow().state()).isEqualTo(LifecycleState.LIVE);
    assertThat(catalog().history(name, Optional.empty(), 10).items())
        .containsExactly(change.entry(), Moved.first(record(V1, LifecycleState.LIVE)));
  }

  @Test
  void aTrialIsReadBackAsItWasWritten() {
    catalog().put(record(V1, LifecycleState.LIVE), true);
    catalog().put(record(V2, LifecycleState.VALIDATED), false);
    var before = catalog().rollout(name).orElseThrow();
    var trial = new Trial(V2, Trial.Kind.SHADOW, 7, new Margins(9, 1, 2, 3, 4), AT);
    var after = before.nextTrial(trial);
    assertThat(
            catalog()
                .apply(
                    change(
                        before,
                        after,
                        Move.SHADOW,
                        V2,
                        LifecycleState.VALIDATED,
                        LifecycleState.CANARY)))
        .isTrue();
    assertThat(catalog().rollout(name)).contains(after);
    var ended = after.nextWithoutTrial();
    catalog()
        .apply(
            change(
                after, ended, Move.ROLL_BACK, V2, LifecycleState.CANARY, LifecycleState.VALIDATED));
    assertThat(catalog().rollout(name)).contains(ended);
  }

  @Test
  void aMoveFromWhatIsNoMoreChangesNothing() {
    catalog().put(record(V1, LifecycleState.LIVE), true);
    catalog().put(record(V2, LifecycleState.VALIDATED), false);
    var now = catalog().rollout(name).orElseThrow();
    assertThat(catalog().apply(toLive(now.next(), V1, V2))).as("another revision").isFalse();
    assertThat(catalog().apply(toLive(Rollout.NONE, V1, V2))).as("no revision").isFalse();
    assertThat(catalog().apply(toLive(now, V2, V1))).as("other states").isFalse();
    assertThat(catalog().apply(toLive(now, V1, new PluginVersion("3.0.0")))).isFalse();
    assertThat(catalog().rollout(name)).contains(now);
    assertThat(catalog().version(name, V1).orElseThrow().state()).isEqualTo(LifecycleState.LIVE);
    assertThat(catalog().version(name, V2).orElseThrow().state())
        .isEqualTo(LifecycleState.VALIDATED);
    assertThat(catalog().history(name, Optional.empty(), 10).items()).hasSize(1);
  }

  @Test
  void ofTwoMovesFromTheSameRevisionOneWins() throws Exception {
    catalog().put(record(V1, LifecycleState.LIVE), true);
    catalog().put(record(V2, LifecycleState.VALIDATED), false);
    var v3 = new PluginVersion("3.0.0");
    catalog().put(record(v3, LifecycleState.VALIDATED), false);
    var now = catalog().rollout(name).orElseThrow();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var moves = new ArrayList<Callable<Boolean>>();
      moves.add(() -> catalog().apply(toLive(now, V1, V2)));
      moves.add(() -> catalog().apply(toLive(now, V1, v3)));
      int won = 0;
      for (var move : threads.invokeAll(moves)) {
        won += move.get() ? 1 : 0;
      }
      assertThat(won).isEqualTo(1);
    }
  }

  @Test
  void whereNothingIsLiveThePluginIsListedWithoutLiveVersionAndNoneGoesLiveByItself() {
    catalog().put(record(V1, LifecycleState.LIVE), true);
    var before = catalog().rollout(name).orElseThrow();
    var after = before.nextLive(Optional.empty(), true, AT);
    assertThat(
            catalog()
                .apply(
                    change(
                        before,
                        after,
                        Move.QUARANTINE,
                        V1,
                        LifecycleState.LIVE,
                        LifecycleState.QUARANTINED)))
        .isTrue();
    assertThat(catalog().rollout(name)).contains(after);
    assertThat(mine()).containsExactly(new PluginSummary(name, Optional.empty()));
    assertThat(catalog().put(record(V2, LifecycleState.LIVE), true))
        .isEqualTo(new PluginCatalog.Put.LiveTaken());
  }

  @Test
  void theStoryIsReadBackwardsPageByPage() {
    catalog().put(record(V1, LifecycleState.LIVE), true);
    catalog().put(record(V2, LifecycleState.VALIDATED), false);
    moveBackAndForth(2);
    var first = catalog().history(name, Optional.empty(), 2);
    assertThat(first.items()).extracting(Moved::revision).containsExactly(3L, 2L);
    var second = catalog().history(name, first.next(), 2);
    assertThat(second.items()).extracting(Moved::revision).containsExactly(1L);
    assertThat(second.next()).isEmpty();
  }

  @Test
  void aBreakerThatOpenedIsThereForAllAndStaysThroughMovesUntilItIsOver() {
    catalog().openBreaker(name, V1, AT);
    assertThat(catalog().rollout(name)).isEmpty();
    catalog().put(record(V1, LifecycleState.LIVE), true);
    catalog().put(record(V2, LifecycleState.VALIDATED), false);
    var before = catalog().rollout(name).orElseThrow();
    catalog().openBreaker(name, V1, AT.plusSeconds(1));
    catalog().openBreaker(name, V2, AT.minusSeconds(1));
    var opened = Map.of(V1, AT.plusSeconds(1), V2, AT.minusSeconds(1));
    assertThat(catalog().rollout(name).orElseThrow().breakers()).isEqualTo(opened);
    assertThat(catalog().apply(toLive(before, V1, V2))).as("it is no move").isTrue();
    var now = catalog().rollout(name).orElseThrow();
    assertThat(now.breakers()).isEqualTo(opened);
    catalog().apply(toLive(now, V2, V1));
    assertThat(catalog().rollout(name).orElseThrow().breakers())
        .isEqualTo(Map.of(V1, AT.plusSeconds(1)));
  }

  private void moveBackAndForth(int moves) {
    var from = V1;
    var to = V2;
    for (int i = 0; i < moves; i++) {
      assertThat(catalog().apply(toLive(catalog().rollout(name).orElseThrow(), from, to))).isTrue();
      var swap = from;
      from = to;
      to = swap;
    }
  }

  private Change toLive(Rollout before, PluginVersion from, PluginVersion to) {
    var after = before.nextLive(Optional.of(to), false, AT);
    return new Change(
        name,
        before,
        after,
        List.of(
            new Change.StateChange(to, LifecycleState.VALIDATED, LifecycleState.LIVE),
            new Change.StateChange(from, LifecycleState.LIVE, LifecycleState.VALIDATED)),
        entry(before, after, Move.ACTIVATE, to, LifecycleState.VALIDATED, LifecycleState.LIVE));
  }

  private Change change(
      Rollout before,
      Rollout after,
      Move move,
      PluginVersion version,
      LifecycleState from,
      LifecycleState to) {
    return new Change(
        name,
        before,
        after,
        List.of(new Change.StateChange(version, from, to)),
        entry(before, after, move, version, from, to));
  }

  private static Moved entry(
      Rollout before,
      Rollout after,
      Move move,
      PluginVersion version,
      LifecycleState from,
      LifecycleState to) {
    return new Moved(
        after.revision(),
        AT,
        Actor.ofSubject("ana").orElseThrow(),
        move,
        version,
        from,
        to,
        before.live(),
        after.live(),
        "because");
  }

  @Test
  void versionsAreListedPageByPage() {
    for (var version : List.of("1.0.0", "1.1.0", "2.0.0")) {
      catalog().put(record(new PluginVersion(version), LifecycleState.VALIDATED), false);
    }
    var first = catalog().versions(name, Optional.empty(), 2);
    assertThat(first.items())
        .extracting(v -> v.version().value())
        .containsExactly("1.0.0", "1.1.0");
    assertThat(first.next()).contains("1.1.0");
    var second = catalog().versions(name, first.next(), 2);
    assertThat(second.items()).extracting(v -> v.version().value()).containsExactly("2.0.0");
    assertThat(second.next()).isEmpty();
  }

  @Test
  void aPluginIsListedOnceWithItsLiveVersion() {
    catalog().put(record(V1, LifecycleState.LIVE), true);
    catalog().put(record(V2, LifecycleState.VALIDATED), false);
    assertThat(mine()).containsExactly(new PluginSummary(name, Optional.of(V1)));
    moveBackAndForth(1);
    assertThat(mine()).containsExactly(new PluginSummary(name, Optional.of(V2)));
  }

  /** 1 000 functions of 128 characters and a manifest of 64 KiB. */
  @Test
  void theLargestVersionThatPassesInspectionIsKept() {
    var json = "{\"description\":\"é\"" + " ".repeat(ManifestReader.MANIFEST_BYTES_MAX - 20) + "}";
    var functions = new TreeSet<FunctionName>();
    for (int i = 0; i < 1_000; i++) {
      functions.add(new FunctionName("f%0127d".formatted(i)));
    }
    var largest = record(V1, LifecycleState.LIVE, json, functions);
    assertThat(catalog().put(largest, true)).isEqualTo(new PluginCatalog.Put.Stored());
    assertThat(catalog().version(name, V1)).contains(largest);
  }

  private List<PluginSummary> mine() {
    return catalog().plugins(Optional.empty(), Page.ITEMS_MAX).items().stream()
        .filter(summary -> summary.name().equals(name))
        .toList();
  }

  @Test
  void whoSignedAVersionIsKept() {
    var unsigned = record(V1, LifecycleState.LIVE);
    var signed =
        new VersionRecord(
            unsigned.name(),
            unsigned.version(),
            unsigned.digest(),
            unsigned.state(),
            unsigned.manifestJson(),
            unsigned.manifest(),
            unsigned.facts(),
            unsigned.reasons(),
            unsigned.moduleBytes(),
            unsigned.registeredAt(),
            SigningKeyId.parse("0123456789abcdef".repeat(4)));
    assertThat(signed.signedBy()).isPresent();
    assertThat(catalog().put(signed, true)).isEqualTo(new PluginCatalog.Put.Stored());
    assertThat(catalog().version(name, V1)).contains(signed);
  }

  private VersionRecord record(PluginVersion version, LifecycleState state) {
    return record(
        version,
        state,
        "{\"description\":\"Scores\",\"limits\":{\"timeoutMs\":250}}",
        new TreeSet<>(List.of(new FunctionName("score"), new FunctionName("explain"))));
  }

  private VersionRecord record(
      PluginVersion version, LifecycleState state, String json, SortedSet<FunctionName> functions) {
    return new VersionRecord(
        name,
        version,
        ContentDigest.of(version.value().getBytes(StandardCharsets.UTF_8)),
        state,
        Optional.of(json),
        ((ManifestReading.Valid)
                ManifestReader.read(json.getBytes(StandardCharsets.UTF_8), name, version))
            .manifest(),
        Optional.of(new ModuleFacts(Abi.EXTISM, functions)),
        List.of(),
        1234,
        Instant.parse("2026-11-23T12:34:56.789Z"));
  }
}
