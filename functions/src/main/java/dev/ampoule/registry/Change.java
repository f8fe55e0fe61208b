package dev.ampoule.registry;

import dev.ampoule.audit.Actor;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.time.Instant;
import java.util.List;

/**
 * What one move writes, all of it or nothing.
 *
 * @param before what the move was decided on
 * @param after its successor
 * @param states versions whose state changes; each must be in {@code from} still
 */
public record Change(
    PluginName name, Rollout before, Rollout after, List<StateChange> states, Moved entry) {
  /** So many of the last moves are kept; each new one drops the oldest. */
  public static final int ENTRIES_KEPT = 1_000;

  public Change {
    states = List.copyOf(states);
    if (after.revision() != before.revision() + 1 || entry.revision() != after.revision()) {
      throw new IllegalArgumentException(
          "revisions %d, %d, %d".formatted(before.revision(), after.revision(), entry.revision()));
    }
    if (states.stream().map(StateChange::version).distinct().count() != states.size()) {
      throw new IllegalArgumentException("a version in two states");
    }
  }

  /** Takes everything back but the revision, and says so in the story. */
  Change reversed(Instant at) {
    return new Change(
        name,
        after,
        new Rollout(
            after.revision() + 1,
            after.revision() + 1,
            before.live(),
            before.liveSince(),
            before.takenOver(),
            before.trial(),
            before.breakers()),
        states.stream().map(s -> new StateChange(s.version(), s.to(), s.from())).toList(),
        new Moved(
            after.revision() + 1,
            at,
            Actor.SYSTEM,
            Move.ROLL_BACK,
            entry.version(),
            entry.to(),
            entry.from(),
            entry.live(),
            entry.liveBefore(),
            "taken back: it could not be audited"));
  }

  /** One version's state. */
  public record StateChange(PluginVersion version, LifecycleState from, LifecycleState to) {}
}
