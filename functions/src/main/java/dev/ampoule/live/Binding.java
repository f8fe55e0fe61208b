package dev.ampoule.live;

import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.PluginName;
import java.util.Objects;
import java.util.Optional;

/**
 * A plugin that every event of some topics goes through; what it answers is published below the
 * topic, under the plugin's name.
 *
 * @param function empty for the manifest's default
 */
public record Binding(TopicPattern pattern, PluginName plugin, Optional<FunctionName> function) {
  public Binding {
    Objects.requireNonNull(pattern, "pattern");
    Objects.requireNonNull(plugin, "plugin");
    Objects.requireNonNull(function, "function");
  }
}
