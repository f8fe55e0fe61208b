package dev.ampoule.entry;

import dev.ampoule.registry.PlatformEvent;
import dev.ampoule.registry.PlatformEvents;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs every event, and counts those that no audit entry counts already. */
final class ReportedPlatformEvents implements PlatformEvents {
  private static final Logger LOG = LoggerFactory.getLogger("platform");

  private final Telemetry telemetry;

  ReportedPlatformEvents(Telemetry telemetry) {
    this.telemetry = telemetry;
  }

  @Override
  public void happened(PlatformEvent event) {
    switch (event) {
      case PlatformEvent.VersionMoved(var plugin, var moved) ->
          LOG.info(
              "{}@{} {}: {} to {} by {}; {}",
              plugin,
              moved.version(),
              moved.move(),
              moved.from(),
              moved.to(),
              moved.actor().kind(),
              moved.why());
      case PlatformEvent.BreakerOpened(var plugin, var version, _, Instant until) -> {
        LOG.warn("{}@{} broke too often; calls are refused until {}", plugin, version, until);
        telemetry.platformEvent(Telemetry.PlatformEvent.BREAKER_OPENED);
      }
    }
  }
}
