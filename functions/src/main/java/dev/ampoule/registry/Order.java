package dev.ampoule.registry;

import static java.util.Objects.requireNonNull;

import dev.ampoule.audit.AuditAction;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.privacy.Redacted;
import java.util.Optional;

/** What is to be done to a plugin's versions. */
public sealed interface Order {
  PluginName plugin();

  /** How it is audited. */
  default AuditAction action() {
    return switch (this) {
      case Activate _, Try _ -> AuditAction.ACTIVATE;
      case RollBack _, EndTrial _ -> AuditAction.ROLLBACK;
      case Retire _ -> AuditAction.RETIRE;
      case Quarantine _, TakeOver _ -> AuditAction.QUARANTINE;
    };
  }

  /** All calls go to this version, and a trial is over. */
  record Activate(PluginName plugin, PluginVersion version) implements Order {}

  /** A trial begins, or goes on with another share; another version's trial is over. */
  record Try(
      PluginName plugin, PluginVersion version, Trial.Kind kind, int sharePercent, Margins margins)
      implements Order {
    public Try {
      requireNonNull(kind, "kind");
      requireNonNull(margins, "margins");
      if (sharePercent < 1 || sharePercent > 100) {
        throw new IllegalArgumentException("sharePercent " + sharePercent + " is not 1 to 100");
      }
    }
  }

  /**
   * Ends a trial where there is one and no version is named; else goes back to the version that was
   * live before, or to the one that is named, which was live some time among the last {@value
   * Lifecycle#LIVE_KEPT}.
   */
  record RollBack(PluginName plugin, Optional<PluginVersion> version) implements Order {}

  record Retire(PluginName plugin, PluginVersion version) implements Order {}

  /** The last good version takes over where it was live. */
  record Quarantine(PluginName plugin, PluginVersion version, Redacted why) implements Order {}

  /** The platform's own: a trial went worse than it may. Only in the era it was judged in. */
  record EndTrial(PluginName plugin, PluginVersion version, long era, Redacted why)
      implements Order {}

  /**
   * The platform's own: the live version broke too often. Only in the era it was judged in, and
   * only where there is a version to take over.
   */
  record TakeOver(PluginName plugin, PluginVersion version, long era, Redacted why)
      implements Order {}
}
