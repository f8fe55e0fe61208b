package dev.ampoule.live;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.privacy.Redacted;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** What becomes of plugins, on {@code platform/plugins}. */
public final class PlatformFeed {
  private final EventLog log;
  private final Clock clock;

  public PlatformFeed(EventLog log, Clock clock) {
    this.log = log;
    this.clock = clock;
  }

  /**
   * Publishes {@code {plugin, version, event, why, at}}.
   *
   * @param event what happened, in a word: {@code ACTIVATED}
   */
  public void told(PluginName plugin, PluginVersion version, Enum<?> event, Redacted why) {
    var at = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    var data =
        JsonNodeFactory.instance
            .objectNode()
            .put("plugin", plugin.value())
            .put("version", version.value())
            .put("event", event.name())
            .put("why", why.toString())
            .put("at", at.toString());
    log.append(
        new EventLog.Draft(Topic.PLATFORM_PLUGINS, at, data.toString(), false, Optional.empty()));
  }
}
