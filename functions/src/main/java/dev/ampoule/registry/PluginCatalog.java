package dev.ampoule.registry;

import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.util.Optional;

/**
 * Port: which versions there are and which is live. Reads are strongly consistent, writes are
 * conditional and atomic. Every method throws {@link CatalogUnavailableException} when the store
 * does not answer.
 */
public interface PluginCatalog {

  Optional<VersionRecord> version(PluginName name, PluginVersion version);

  /** The version that {@code ALIAS#live} points to. */
  Optional<PluginVersion> live(PluginName name);

  /** Plugins in the order of their names, those after {@code after}. */
  Page<PluginSummary> plugins(Optional<String> after, int itemsMax);

  /** Versions of one plugin in the order of their text, those after {@code after}. */
  Page<VersionRecord> versions(PluginName name, Optional<String> after, int itemsMax);

  /**
   * Stores a version that is not there yet, or one that takes the place of a rejected one.
   *
   * @param goLive also point the live alias to it, if the plugin has none
   */
  Put put(VersionRecord record, boolean goLive);

  /** How {@link #put} ended. */
  sealed interface Put {
    record Stored() implements Put {}

    /** The version is there already and is not rejected; nothing was written. */
    record VersionTaken(VersionRecord existing) implements Put {}

    /** The plugin has a live version already; nothing was written. */
    record LiveTaken() implements Put {}
  }

  /**
   * Points the live alias from {@code from} (empty: there is none) to {@code to} and moves both
   * versions' states with it.
   *
   * @return whether the alias stood where {@code from} says and {@code to} could go live; where
   *     not, nothing was written
   */
  boolean pointLive(PluginName name, Optional<PluginVersion> from, PluginVersion to);
}
