package dev.ampoule.invocation;

import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.Rollout;
import dev.ampoule.registry.Trial;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.function.IntUnaryOperator;

/**
 * Which version a call gets.
 *
 * @param shadow what runs beside it
 */
record Route(PluginVersion version, Optional<PluginVersion> shadow) {

  /**
   * Empty where nothing is live.
   *
   * @param random gives a number from 0 on, below its argument; asked where there is no key
   */
  static Optional<Route> of(
      PluginName plugin, Rollout rollout, Optional<RouteKey> key, IntUnaryOperator random) {
    return rollout
        .live()
        .map(live ->
            rollout
                .trial()
                .filter(trial ->
                    key.map(k -> place(plugin, trial, k)).orElseGet(() -> random.applyAsInt(100))
                        < trial.sharePercent())
                .map(trial -> beside(live, trial))
                .orElse(new Route(live, Optional.empty())));
  }

  private static Route beside(PluginVersion live, Trial trial) {
    return switch (trial.kind()) {
      case CANARY -> new Route(trial.version(), Optional.empty());
      case SHADOW -> new Route(live, Optional.of(trial.version()));
    };
  }

  /**
   * 0 to 99. Plugin and version are hashed too, so that not the same callers try out everything;
   * the share is not, so that a caller who got the canary still does when its share grows.
   */
  private static int place(PluginName plugin, Trial trial, RouteKey key) {
    var text = plugin + "\n" + trial.version() + "\n" + key.value();
    try {
      var hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Math.floorMod(ByteBuffer.wrap(hash).getLong(), 100);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("a JDK without SHA-256", e);
    }
  }
}
