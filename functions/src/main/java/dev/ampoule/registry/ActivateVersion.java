package dev.ampoule.registry;

import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.RequestId;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.privacy.Redacted;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Points a plugin's live alias to one of its versions. */
public final class ActivateVersion {
  private static final Logger LOG = LoggerFactory.getLogger(ActivateVersion.class);

  /** Activations that run at the same time are tried again this often. */
  private static final int TRIES_MAX = 5;

  private final PluginCatalog catalog;
  private final AuditLog audit;
  private final Clock clock;

  public ActivateVersion(PluginCatalog catalog, AuditLog audit, Clock clock) {
    this.catalog = catalog;
    this.audit = audit;
    this.clock = clock;
  }

  /** How an activation ended. */
  public sealed interface Activation {
    /** It is live; {@code before} was until now, or it was already. */
    record Activated(VersionRecord version, Optional<PluginVersion> before) implements Activation {}

    record UnknownVersion() implements Activation {}

    /** Its state does not allow it; {@code allowed} states would. */
    record NotAllowed(LifecycleState state, List<LifecycleState> allowed) implements Activation {}

    /** Others moved the alias each time this was tried. */
    record Contended() implements Activation {}
  }

  /**
   * Activates and writes one audit entry, whatever comes of it.
   *
   * @throws AuditUnavailableException when no entry could be stored; the alias then points again to
   *     where it did, if it pointed anywhere and the catalogue still answers
   * @throws CatalogUnavailableException without an entry
   */
  public Activation activate(
      PluginName name, PluginVersion version, Actor actor, RequestId requestId)
      throws AuditUnavailableException {
    var activation = decide(name, version);
    var entry =
        switch (activation) {
          case Activation.Activated(VersionRecord live, Optional<PluginVersion> before) ->
              named(actor, AuditOutcome.SUCCESS, name, version)
                  .digest(live.digest())
                  .detail(
                      before
                          .map(old -> Redacted.literal("was ").plus(Redacted.of(old)))
                          .orElse(Redacted.EMPTY));
          // Not named: what the catalogue does not know could be anything the caller typed.
          case Activation.UnknownVersion() -> entry(actor, AuditOutcome.NOT_FOUND);
          case Activation.NotAllowed(LifecycleState state, _) ->
              named(actor, AuditOutcome.CONFLICT, name, version).detail(Redacted.of(state));
          case Activation.Contended() ->
              named(actor, AuditOutcome.CONFLICT, name, version)
                  .detail(Redacted.literal("contended"));
        };
    try {
      audit.append(entry.request(requestId).build());
    } catch (AuditUnavailableException e) {
      undo(name, activation);
      throw e;
    }
    return activation;
  }

  /** No audit, no change. */
  private void undo(PluginName name, Activation activation) {
    if (activation instanceof Activation.Activated(VersionRecord live, var before)
        && before.isPresent()
        && !before.get().equals(live.version())) {
      try {
        catalog.pointLive(name, Optional.of(live.version()), before.get());
      } catch (CatalogUnavailableException e) {
        LOG.error("{}@{} is live without an audit entry", name, live.version());
      }
    }
  }

  private AuditEntry.Builder entry(Actor actor, AuditOutcome outcome) {
    return AuditEntry.of(clock.instant(), AuditAction.ACTIVATE, actor, outcome);
  }

  private AuditEntry.Builder named(
      Actor actor, AuditOutcome outcome, PluginName name, PluginVersion version) {
    return entry(actor, outcome).plugin(name).version(version);
  }

  private Activation decide(PluginName name, PluginVersion version) {
    for (int tries = 0; tries < TRIES_MAX; tries++) {
      var found = catalog.version(name, version);
      if (found.isEmpty()) {
        return new Activation.UnknownVersion();
      }
      if (!found.get().state().invocable()) {
        return new Activation.NotAllowed(
            found.get().state(),
            List.of(LifecycleState.VALIDATED, LifecycleState.CANARY, LifecycleState.LIVE));
      }
      var live = catalog.live(name);
      if (live.equals(Optional.of(version)) || catalog.pointLive(name, live, version)) {
        return new Activation.Activated(found.get().withState(LifecycleState.LIVE), live);
      }
    }
    return new Activation.Contended();
  }
}
