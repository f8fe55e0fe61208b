package dev.ampoule.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class CatalogCacheTest {
  private static final PluginName NAME = new PluginName("news2");
  private static final PluginVersion V1 = new PluginVersion("1.0.0");
  private static final PluginVersion V2 = new PluginVersion("2.0.0");

  private final InMemoryPluginCatalog catalog = new InMemoryPluginCatalog();
  private long nanos;
  private long readTakesNanos;
  private final CatalogCache cache = new CatalogCache(catalog, this::tick);

  /** Each look at the clock is followed by what the next read takes. */
  private long tick() {
    long now = nanos;
    nanos += readTakesNanos;
    readTakesNanos = 0;
    return now;
  }

  @Test
  void anActivationIsFollowedWhenTheAnswerIsTooOld() {
    catalog.put(record(V1, LifecycleState.LIVE), true);
    catalog.put(record(V2, LifecycleState.VALIDATED), false);
    assertThat(live()).isEqualTo(V1);
    Moves.activate(catalog, NAME, V2);
    nanos = CatalogCache.AGE_MAX.toNanos() - 1;
    assertThat(live()).isEqualTo(V1);
    nanos = CatalogCache.AGE_MAX.toNanos();
    assertThat(live()).isEqualTo(V2);
  }

  /** The ticker of a restored process goes on from where the snapshot was taken, days ago. */
  @Test
  void afterARestoreNothingIsBelievedThoughNoTimeHasPassed() {
    catalog.put(record(V1, LifecycleState.LIVE), true);
    catalog.put(record(V2, LifecycleState.VALIDATED), false);
    assertThat(live()).isEqualTo(V1);
    Moves.activate(catalog, NAME, V2);
    cache.forget();
    assertThat(live()).isEqualTo(V2);
  }

  @Test
  void aSlowReadDoesNotMakeItsAnswerYounger() {
    catalog.put(record(V1, LifecycleState.LIVE), true);
    catalog.put(record(V2, LifecycleState.VALIDATED), false);
    readTakesNanos = Duration.ofSeconds(4).toNanos();
    assertThat(live()).isEqualTo(V1);
    Moves.activate(catalog, NAME, V2);
    assertThat(live()).isEqualTo(V2);
  }

  @Test
  void thatSomethingIsMissingIsNotRemembered() {
    assertThat(cache.resolve(NAME, Optional.empty())).isEqualTo(new Resolution.UnknownPlugin(NAME));
    catalog.put(record(V1, LifecycleState.VALIDATED), false);
    assertThat(cache.resolve(NAME, Optional.empty())).isEqualTo(new Resolution.NothingLive(NAME));
    assertThat(cache.resolve(NAME, Optional.of(V2)))
        .isEqualTo(new Resolution.UnknownVersion(NAME, V2));
    Moves.activate(catalog, NAME, V1);
    assertThat(live()).isEqualTo(V1);
  }

  private PluginVersion live() {
    return ((Resolution.Resolved) cache.resolve(NAME, Optional.empty())).version().version();
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
