package dev.ampoule.registry;

import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.time.Instant;

/** What an operator wants to hear of at once. */
public sealed interface PlatformEvent {
  PluginName plugin();

  PluginVersion version();

  Instant at();

  /**
   * A version was moved, by a person or by the platform itself; {@code moved} says by whom, from
   * where to where, and why.
   */
  record VersionMoved(PluginName plugin, Moved moved) implements PlatformEvent {
    @Override
    public PluginVersion version() {
      return moved.version();
    }

    @Override
    public Instant at() {
      return moved.at();
    }
  }

  /** A version broke too often; its calls are refused until then. */
  record BreakerOpened(PluginName plugin, PluginVersion version, Instant at, Instant until)
      implements PlatformEvent {}
}
