package dev.ampoule.dashboard;

import static java.util.Objects.requireNonNull;

import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.Rollout;
import dev.ampoule.registry.Trial;
import java.time.Instant;
import java.util.Optional;

/**
 * How a plugin stands.
 *
 * @param counted of the version on trial
 * @param refusedUntil while calls of the live version are refused, because it broke too often
 */
public record Standing(
    Optional<PluginVersion> live,
    Optional<Trial> trial,
    Optional<Counted> counted,
    Optional<Instant> refusedUntil) {
  public Standing {
    requireNonNull(live, "live");
    requireNonNull(trial, "trial");
    requireNonNull(counted, "counted");
    requireNonNull(refusedUntil, "refusedUntil");
  }

  /**
   * What all processes counted of a version since its trial began.
   *
   * @param agreed runs of a shadow that came to the same as the live version
   */
  public record Counted(long calls, long failures, long agreed, long disagreed) {}

  /** Port: who counts. */
  @FunctionalInterface
  public interface Counts {
    Counted of(PluginName name, PluginVersion version, long era);
  }

  static Standing of(PluginName name, Rollout rollout, Counts counts, Instant now) {
    return new Standing(
        rollout.live(),
        rollout.trial(),
        rollout.trial().map(trial -> counts.of(name, trial.version(), rollout.era())),
        rollout
            .live()
            .flatMap(live -> Optional.ofNullable(rollout.breakers().get(live)))
            .filter(now::isBefore));
  }

  /** In a few words. */
  public String trialIn(Language language) {
    return trial
        .map(on -> {
          var found = counted.orElse(new Counted(0, 0, 0, 0));
          return switch (on.kind()) {
            case CANARY ->
                Text.CANARY_STANDING.in(
                    language,
                    on.version(),
                    on.sharePercent(),
                    number(found.calls(), language),
                    number(found.failures(), language));
            case SHADOW ->
                Text.SHADOW_STANDING.in(
                    language,
                    on.version(),
                    on.sharePercent(),
                    number(found.agreed(), language),
                    number(found.agreed() + found.disagreed(), language));
          };
        })
        .orElse(Text.NONE.in(language));
  }

  public String breakerIn(Language language) {
    return (refusedUntil.isPresent() ? Text.BREAKER_OPEN : Text.BREAKER_CLOSED).in(language);
  }

  private static String number(long number, Language language) {
    return String.format(language.locale(), "%,d", number);
  }
}
