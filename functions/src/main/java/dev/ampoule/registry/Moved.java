package dev.ampoule.registry;

import static java.util.Objects.requireNonNull;

import dev.ampoule.audit.Actor;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.PluginVersion;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * One line of a plugin's story.
 *
 * @param revision of the rollout that the move made
 * @param version what was moved, from one state to another
 * @param liveBefore what was live until then
 * @param live what is live from then on
 * @param why never holds PHI: it is made of constants, numbers and identifiers
 */
public record Moved(
    long revision,
    Instant at,
    Actor actor,
    Move move,
    PluginVersion version,
    LifecycleState from,
    LifecycleState to,
    Optional<PluginVersion> liveBefore,
    Optional<PluginVersion> live,
    String why) {
  public Moved {
    requireNonNull(actor, "actor");
    requireNonNull(move, "move");
    requireNonNull(version, "version");
    requireNonNull(from, "from");
    requireNonNull(to, "to");
    requireNonNull(why, "why");
    at = at.truncatedTo(ChronoUnit.MILLIS);
    if (revision < 1) {
      throw new IllegalArgumentException("revision " + revision);
    }
  }

  /** How every story begins. */
  public static Moved first(VersionRecord version) {
    return new Moved(
        1,
        version.registeredAt(),
        Actor.SYSTEM,
        Move.ACTIVATE,
        version.version(),
        LifecycleState.VALIDATED,
        LifecycleState.LIVE,
        Optional.empty(),
        Optional.of(version.version()),
        "the first version");
  }
}
