package dev.ampoule.entry;

import dev.ampoule.live.PlatformFeed;
import dev.ampoule.privacy.Redacted;
import dev.ampoule.registry.PlatformEvent;
import dev.ampoule.registry.PlatformEvents;

/** Tells who watches {@code platform/plugins}. */
final class PublishedPlatformEvents implements PlatformEvents {
  private final PlatformFeed feed;

  PublishedPlatformEvents(PlatformFeed feed) {
    this.feed = feed;
  }

  /** What happened beside moves. */
  private enum Incident {
    BREAKER_OPENED
  }

  @Override
  public void happened(PlatformEvent event) {
    switch (event) {
      case PlatformEvent.VersionMoved(var plugin, var moved, Redacted why) ->
          feed.told(plugin, moved.version(), moved.move(), why);
      case PlatformEvent.BreakerOpened(var plugin, var version, _, _) ->
          feed.told(plugin, version, Incident.BREAKER_OPENED, Redacted.EMPTY);
    }
  }
}
