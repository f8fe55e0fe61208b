package dev.ampoule.registry;

import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;

/** What a plugin's name, with or without a version, stands for. */
public sealed interface Resolution {
  /** May be run. */
  record Resolved(VersionRecord version) implements Resolution {}

  record UnknownPlugin(PluginName name) implements Resolution {}

  record UnknownVersion(PluginName name, PluginVersion version) implements Resolution {}

  /** It is known, but its state does not allow a run. */
  record NotInvocable(VersionRecord version) implements Resolution {}

  /** The plugin has versions, but none is live. */
  record NothingLive(PluginName name) implements Resolution {}
}
