package dev.ampoule.registry;

import dev.ampoule.plugin.PluginVersion;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;

/**
 * Which versions of a plugin the calls that name none go to: its live alias.
 *
 * @param revision counts the moves of all its versions; a move is made only from the revision it
 *     was decided on
 * @param era the revision at which the live version or the one on trial last changed; what is
 *     counted of calls is counted for an era, so that both are counted from the same start
 * @param liveSince when the live version became it
 * @param takenOver whether the platform itself put the live version there
 * @param breakers until when calls of a version are refused because it broke too often
 */
public record Rollout(
    long revision,
    long era,
    Optional<PluginVersion> live,
    Instant liveSince,
    boolean takenOver,
    Optional<Trial> trial,
    Map<PluginVersion, Instant> breakers) {
  /** Of a plugin none of whose versions was ever live. */
  public static final Rollout NONE =
      new Rollout(0, 0, Optional.empty(), Instant.EPOCH, false, Optional.empty(), Map.of());

  public Rollout {
    liveSince = liveSince.truncatedTo(ChronoUnit.MILLIS);
    breakers = Map.copyOf(breakers);
    if (revision < 0 || era < 0 || era > revision) {
      throw new IllegalArgumentException("revision " + revision + ", era " + era);
    }
    if (trial.isPresent() && live.isEmpty()) {
      throw new IllegalArgumentException("a trial beside nothing");
    }
  }

  /** The first version of a plugin goes live by itself. */
  public static Rollout first(PluginVersion version, Instant at) {
    return new Rollout(1, 1, Optional.of(version), at, false, Optional.empty(), Map.of());
  }

  boolean isLive(PluginVersion version) {
    return live.equals(Optional.of(version));
  }

  boolean isOnTrial(PluginVersion version) {
    return trial.map(Trial::version).equals(Optional.of(version));
  }

  /** Nothing but the revision changes. */
  Rollout next() {
    return new Rollout(revision + 1, era, live, liveSince, takenOver, trial, breakers);
  }

  /** Another version is live, alone. */
  Rollout nextLive(Optional<PluginVersion> version, boolean byPlatform, Instant at) {
    return new Rollout(
        revision + 1, revision + 1, version, at, byPlatform, Optional.empty(), breakers);
  }

  Rollout nextTrial(Trial started) {
    boolean goesOn = trial.isPresent() && trial.get().isOf(started);
    return new Rollout(
        revision + 1,
        goesOn ? era : revision + 1,
        live,
        liveSince,
        takenOver,
        Optional.of(started),
        breakers);
  }

  Rollout nextWithoutTrial() {
    return new Rollout(
        revision + 1, revision + 1, live, liveSince, takenOver, Optional.empty(), breakers);
  }
}
