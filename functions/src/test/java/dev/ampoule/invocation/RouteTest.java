package dev.ampoule.invocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.Margins;
import dev.ampoule.registry.Rollout;
import dev.ampoule.registry.Trial;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RouteTest {
  private static final PluginName NAME = new PluginName("news2");
  private static final PluginVersion LIVE = new PluginVersion("1.0.0");
  private static final PluginVersion NEW = new PluginVersion("2.0.0");

  private static Rollout trial(Trial.Kind kind, int share) {
    return new Rollout(
        2,
        2,
        Optional.of(LIVE),
        Instant.EPOCH,
        false,
        Optional.of(new Trial(NEW, kind, share, Margins.DEFAULT, Instant.EPOCH)),
        Map.of());
  }

  private static Set<String> keysOnTheCanary(int share) {
    var keys = new HashSet<String>();
    for (int i = 0; i < 10_000; i++) {
      var route =
          Route.of(
              NAME,
              trial(Trial.Kind.CANARY, share),
              Optional.of(new RouteKey("ward-" + i)),
              _ -> {
                throw new AssertionError("the key decides");
              });
      if (route.orElseThrow().version().equals(NEW)) {
        keys.add("ward-" + i);
      }
    }
    return keys;
  }

  @Test
  void aKeyDecidesTheSameEachTimeAndInTheCanarysShare() {
    var tenth = keysOnTheCanary(10);
    assertThat(tenth).isEqualTo(keysOnTheCanary(10));
    assertThat(tenth).hasSizeBetween(900, 1_100);
    assertThat(keysOnTheCanary(100)).hasSize(10_000);
  }

  @Test
  void whoGetsTheCanaryStillDoesWhenItsShareGrows() {
    assertThat(keysOnTheCanary(50)).containsAll(keysOnTheCanary(10));
  }

  @ParameterizedTest
  @CsvSource({"0, 2.0.0", "9, 2.0.0", "10, 1.0.0", "99, 1.0.0"})
  void withoutAKeyChanceDecides(int random, String version) {
    assertThat(Route.of(NAME, trial(Trial.Kind.CANARY, 10), Optional.empty(), _ -> random))
        .contains(new Route(new PluginVersion(version), Optional.empty()));
  }

  @Test
  void aShadowStaysBesideTheLiveVersion() {
    assertThat(Route.of(NAME, trial(Trial.Kind.SHADOW, 10), Optional.empty(), _ -> 9))
        .contains(new Route(LIVE, Optional.of(NEW)));
    assertThat(Route.of(NAME, trial(Trial.Kind.SHADOW, 10), Optional.empty(), _ -> 10))
        .contains(new Route(LIVE, Optional.empty()));
  }

  @Test
  void whereNothingIsLiveThereIsNoRoute() {
    assertThat(Route.of(NAME, Rollout.NONE, Optional.empty(), _ -> 0)).isEmpty();
  }

  @Test
  void aKeyHasALimitAndIsNeverWrittenOut() {
    assertThat(RouteKey.parse("")).isEmpty();
    assertThat(RouteKey.parse("x".repeat(257))).isEmpty();
    assertThat(RouteKey.parse("x".repeat(256))).isPresent();
    assertThat(new RouteKey("MRN 12345").toString()).isEqualTo("RouteKey[9 characters]");
    assertThatThrownBy(() -> new RouteKey("12345".repeat(100)))
        .hasMessage("a route key of 500 characters");
  }
}
