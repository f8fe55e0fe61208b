package dev.ampoule.invocation;

import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.CatalogUnavailableException;
import java.time.Instant;
import java.util.Optional;

/**
 * Port: what all processes together counted of a version in an era (see {@link
 * dev.ampoule.registry.Rollout#era}). Only the last era of a version is kept. Every method throws
 * {@link CatalogUnavailableException} when the store does not answer; an addition may then have
 * been made.
 */
public interface CallTallies {
  /**
   * Adds to what is there. Crashes of before {@code crashesFrom} may be forgotten.
   *
   * @return the sum; empty where a later era has begun, and then nothing was added
   */
  Optional<Tally> add(
      PluginName name, PluginVersion version, long era, Tally tally, Instant crashesFrom);

  /** {@link Tally#NONE} where nothing was counted in that era. */
  Tally read(PluginName name, PluginVersion version, long era);
}
