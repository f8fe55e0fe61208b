package dev.ampoule.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

final class LastKnownCatalogTest {
  private static final PluginName NAME = new PluginName("news2");
  private static final PluginName OTHER = new PluginName("other");
  private static final PluginVersion V1 = new PluginVersion("1.0.0");
  private static final PluginVersion V2 = new PluginVersion("2.0.0");
  private static final Duration AGE_MAX = Duration.ofMinutes(15);

  private final InMemoryPluginCatalog store = new InMemoryPluginCatalog();
  private long nanos;
  private final LastKnownCatalog catalog = new LastKnownCatalog(store, store, AGE_MAX, () -> nanos);

  private static VersionRecord record(PluginName name, PluginVersion version) {
    return new VersionRecord(
        name,
        version,
        ContentDigest.of(version.value().getBytes(java.nio.charset.StandardCharsets.UTF_8)),
        LifecycleState.LIVE,
        Optional.empty(),
        Manifest.UNDECLARED,
        Optional.empty(),
        List.of(),
        8,
        Instant.EPOCH);
  }

  @Test
  void whileTheStoreFailsTheLastKnownRecordsAreToldUntilTheyAreTooOld() {
    store.put(record(NAME, V1), true);
    assertThat(catalog.live(NAME)).hasValue(V1);
    VersionRecord known = catalog.version(NAME, V1).orElseThrow();
    store.down(true);
    nanos = AGE_MAX.toNanos() - 1;
    assertThat(catalog.live(NAME)).hasValue(V1);
    assertThat(catalog.version(NAME, V1)).hasValue(known);
    nanos = AGE_MAX.toNanos();
    assertThatThrownBy(() -> catalog.live(NAME)).isInstanceOf(CatalogUnavailableException.class);
    assertThatThrownBy(() -> catalog.version(NAME, V1))
        .isInstanceOf(CatalogUnavailableException.class);
  }

  @Test
  void whileTheStoreFailsWhatIsNotKnownIsUnavailableAndNotSaidToBeMissing() {
    store.down(true);
    assertThatThrownBy(() -> catalog.live(OTHER)).isInstanceOf(CatalogUnavailableException.class);
    assertThatThrownBy(() -> catalog.version(OTHER, V1))
        .isInstanceOf(CatalogUnavailableException.class);
    assertThatThrownBy(() -> catalog.versions(OTHER, Optional.empty(), 1))
        .isInstanceOf(CatalogUnavailableException.class);
  }

  @Test
  void whileTheStoreFailsNothingIsWritten() {
    store.down(true);
    assertThatThrownBy(() -> catalog.put(record(NAME, V1), true))
        .isInstanceOf(CatalogUnavailableException.class);
    assertThatThrownBy(() -> catalog.openBreaker(NAME, V1, Instant.EPOCH))
        .isInstanceOf(CatalogUnavailableException.class);
  }

  @Test
  void whileTheStoreAnswersItsAnswerIsTold() {
    store.put(record(NAME, V1), true);
    store.put(record(NAME, V2).withState(LifecycleState.VALIDATED), false);
    assertThat(catalog.live(NAME)).hasValue(V1);
    Moves.activate(store, NAME, V2);
    assertThat(catalog.live(NAME)).hasValue(V2);
  }

  @Test
  void onlyWhereAnotherAnswerIsKnownIsTheStoreGivenUpSoon() {
    store.put(record(NAME, V1), true);
    InMemoryPluginCatalog hurried = new InMemoryPluginCatalog();
    hurried.down(true);
    var both = new LastKnownCatalog(store, hurried, AGE_MAX, () -> nanos);
    assertThat(both.live(NAME)).hasValue(V1); // of the patient one, else it would throw
    store.down(true);
    assertThat(both.live(NAME)).hasValue(V1); // the hurried one failed
  }

  @Test
  void afterARestoreNothingIsKnown() {
    store.put(record(NAME, V1), true);
    assertThat(catalog.live(NAME)).hasValue(V1);
    catalog.forget();
    store.down(true);
    assertThatThrownBy(() -> catalog.live(NAME)).isInstanceOf(CatalogUnavailableException.class);
  }
}
