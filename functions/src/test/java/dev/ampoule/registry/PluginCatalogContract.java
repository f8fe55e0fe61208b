package dev.ampoule.registry;

import static org.assertj.core.api.Assertions.assertThat;

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
  void pointingLiveMovesBothVersionsStates() {
    catalog().put(record(V1, LifecycleState.LIVE), true);
    catalog().put(record(V2, LifecycleState.VALIDATED), false);
    assertThat(catalog().pointLive(name, Optional.of(V1), V2)).isTrue();
    assertThat(catalog().live(name)).contains(V2);
    assertThat(catalog().version(name, V1).orElseThrow().state())
        .isEqualTo(LifecycleState.VALIDATED);
    assertThat(catalog().version(name, V2).orElseThrow().state()).isEqualTo(LifecycleState.LIVE);
  }

  @Test
  void pointingLiveFromWhatIsNotLiveChangesNothing() {
    catalog().put(record(V1, LifecycleState.LIVE), true);
    catalog().put(record(V2, LifecycleState.VALIDATED), false);
    assertThat(catalog().pointLive(name, Optional.of(V2), V1)).isFalse();
    assertThat(catalog().pointLive(name, Optional.empty(), V2)).isFalse();
    assertThat(catalog().pointLive(name, Optional.of(V1), new PluginVersion("3.0.0"))).isFalse();
    assertThat(catalog().live(name)).contains(V1);
    assertThat(catalog().version(name, V1).orElseThrow().state()).isEqualTo(LifecycleState.LIVE);
  }

  @Test
  void ofTwoActivationsFromTheSameVersionOneWins() throws Exception {
    catalog().put(record(V1, LifecycleState.LIVE), true);
    catalog().put(record(V2, LifecycleState.VALIDATED), false);
    var v3 = new PluginVersion("3.0.0");
    catalog().put(record(v3, LifecycleState.VALIDATED), false);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var moves = new ArrayList<Callable<Boolean>>();
      moves.add(() -> catalog().pointLive(name, Optional.of(V1), V2));
      moves.add(() -> catalog().pointLive(name, Optional.of(V1), v3));
      int won = 0;
      for (var move : threads.invokeAll(moves)) {
        won += move.get() ? 1 : 0;
      }
      assertThat(won).isEqualTo(1);
    }
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
    catalog().pointLive(name, Optional.of(V1), V2);
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
