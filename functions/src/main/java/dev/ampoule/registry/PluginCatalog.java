package dev.ampoule.registry;

import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.time.Instant;
import java.util.Optional;

/**
 * Port: which versions there are and which is live. Reads are strongly consistent, writes are
 * conditional and atomic. Every method throws {@link CatalogUnavailableException} when the store
 * does not answer.
 */
public interface PluginCatalog {

  Optional<VersionRecord> version(PluginName name, PluginVersion version);

  /** Where the calls of a plugin go; empty where none of its versions was ever live. */
  Optional<Rollout> rollout(PluginName name);

  /** The version that is live now. */
  default Optional<PluginVersion> live(PluginName name) {
    return rollout(name).flatMap(Rollout::live);
  }

  /** Plugins in the order of their names, those after {@code after}. */
  Page<PluginSummary> plugins(Optional<String> after, int itemsMax);

  /** Versions of one plugin in the order of their text, those after {@code after}. */
  Page<VersionRecord> versions(PluginName name, Optional<String> after, int itemsMax);

  /**
   * Stores a version that is not there yet, or one that takes the place of a rejected one.
   *
   * @param goLive also make it live, as the first of the plugin that ever is
   */
  Put put(VersionRecord record, boolean goLive);

  /** How {@link #put} ended. */
  sealed interface Put {
    record Stored() implements Put {}

    /** The version is there already and is not rejected; nothing was written. */
    record VersionTaken(VersionRecord existing) implements Put {}

    /** A version of the plugin was live before; nothing was written. */
    record LiveTaken() implements Put {}
  }

  /**
   * Makes a move, if everything stands still as it was decided on: the rollout's revision and the
   * state of each version.
   *
   * @return whether it was made; where not, nothing was written
   */
  boolean apply(Change change);

  /**
   * The moves of a plugin's versions, the last one first; the last {@value Change#ENTRIES_KEPT}.
   */
  Page<Moved> history(PluginName name, Optional<String> after, int itemsMax);

  /**
   * Lets every process know that a version's calls are refused for a while. Without effect where no
   * version of the plugin was ever live.
   */
  void openBreaker(PluginName name, PluginVersion version, Instant until);
}
