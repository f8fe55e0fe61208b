package dev.ampoule.registry;

import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.util.Optional;

/** A plugin in the list of plugins. */
public record PluginSummary(PluginName name, Optional<PluginVersion> live) {}
