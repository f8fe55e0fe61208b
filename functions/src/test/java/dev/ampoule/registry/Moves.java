package dev.ampoule.registry;

import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.RecordingAuditLog;
import dev.ampoule.audit.RequestId;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.time.Clock;

/** Makes moves as {@link Lifecycle} does, for tests of what follows from them. */
public final class Moves {
  private Moves() {}

  public static void activate(PluginCatalog catalog, PluginName name, PluginVersion version) {
    make(catalog, new Order.Activate(name, version));
  }

  public static void make(PluginCatalog catalog, Order order) {
    var lifecycle = new Lifecycle(catalog, new RecordingAuditLog(), _ -> {}, Clock.systemUTC());
    try {
      var outcome = lifecycle.move(order, Actor.SYSTEM, new RequestId("test"));
      if (!(outcome instanceof Lifecycle.Outcome.Done)) {
        throw new AssertionError(outcome);
      }
    } catch (AuditUnavailableException e) {
      throw new AssertionError(e);
    }
  }
}
