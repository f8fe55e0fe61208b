package dev.ampoule.invocation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.PluginCatalog;
import dev.ampoule.registry.Rollout;
import dev.ampoule.registry.VersionRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntUnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what a call runs, and follows a move within {@link #BOUND} without a read for every call.
 *
 * <p>An answer of the catalogue is believed for {@link #AGE_MAX}, counted from when it was asked
 * for. After {@link #ASK_AGAIN_AFTER} the next call has it asked for again in the background; a
 * version that is new in the answer is loaded and warmed there too before the answer takes the
 * place of the old one, so that in a process with traffic no caller waits for it. A call that has
 * its version keeps it to its end, whatever is activated meanwhile.
 *
 * <p>That something is missing is never remembered, so a new plugin can be called at once.
 */
public final class HotSwap {
  /** After an activation and so much time every call that begins runs the new version. */
  public static final Duration BOUND = Duration.ofSeconds(1);

  static final Duration AGE_MAX = Duration.ofMillis(800);
  static final Duration ASK_AGAIN_AFTER = Duration.ofMillis(300);
  private static final int ENTRIES_MAX = 10_000;
  private static final int ASK_TRIES_MAX = 3;
  private static final Logger LOG = LoggerFactory.getLogger(HotSwap.class);

  /** Makes a version ready to run before anyone waits for it. It may fail: the call then tries. */
  @FunctionalInterface
  public interface Warmer {
    void warm(VersionRecord version) throws Exception;
  }

  private record Key(PluginName name, Optional<PluginVersion> version) {}

  /** The age counts from the question: a slow read must not make its answer younger. */
  private record Answer(
      Rollout rollout, Map<PluginVersion, VersionRecord> versions, long askedNanos) {}

  private final PluginCatalog catalog;
  private final Warmer warmer;
  private final Executor background;
  private final Ticker ticker;
  private final IntUnaryOperator random;
  private final Cache<Key, Answer> cache;
  private final Set<Key> asking = ConcurrentHashMap.newKeySet();

  public HotSwap(PluginCatalog catalog, Warmer warmer, Executor background, Ticker ticker) {
    this(catalog, warmer, background, ticker, bound -> ThreadLocalRandom.current().nextInt(bound));
  }

  HotSwap(
      PluginCatalog catalog,
      Warmer warmer,
      Executor background,
      Ticker ticker,
      IntUnaryOperator random) {
    this.catalog = catalog;
    this.warmer = warmer;
    this.background = background;
    this.ticker = ticker;
    this.random = random;
    this.cache =
        Caffeine.newBuilder()
            .maximumSize(ENTRIES_MAX)
            .expireAfterWrite(AGE_MAX)
            .ticker(ticker)
            .build();
  }

  /** What a plugin's name, with or without a version, stands for. */
  public sealed interface Found {
    /**
     * May be run.
     *
     * @param shadow what runs beside it
     * @param rollout empty where the call names its version: it is no part of a comparison then
     * @param breakerOpenUntil where another process found that the version breaks too often
     */
    record Version(
        VersionRecord version,
        Optional<VersionRecord> shadow,
        Optional<Rollout> rollout,
        Optional<Instant> breakerOpenUntil)
        implements Found {}

    record UnknownPlugin() implements Found {}

    record UnknownVersion() implements Found {}

    /** It is known, but its state does not allow a run. */
    record NotInvocable(VersionRecord version) implements Found {}

    /** The plugin has versions, but none is live. */
    record NothingLive() implements Found {}
  }

  /**
   * What a call runs now.
   *
   * @param version empty where the call names none
   */
  public Found find(PluginName name, Optional<PluginVersion> version, Optional<RouteKey> key) {
    var answer = answer(new Key(name, version));
    return version.isPresent()
        ? named(name, version.get(), answer)
        : routed(name, answer, Route.of(name, answer.rollout(), key, random));
  }

  /**
   * Believes nothing that was answered before. After a restore from a snapshot an answer of days
   * ago looks fresh, because the ticker stood still.
   */
  public void forget() {
    cache.invalidateAll();
  }

  private Found named(PluginName name, PluginVersion version, Answer answer) {
    var found = answer.versions().get(version);
    if (found == null) {
      return isUnknown(name) ? new Found.UnknownPlugin() : new Found.UnknownVersion();
    }
    return runnable(found, Optional.empty(), Optional.empty(), answer.rollout());
  }

  private Found routed(PluginName name, Answer answer, Optional<Route> route) {
    if (route.isEmpty()) {
      return isUnknown(name) ? new Found.UnknownPlugin() : new Found.NothingLive();
    }
    var found = answer.versions().get(route.get().version());
    if (found == null) {
      return new Found.UnknownVersion();
    }
    var shadow =
        route
            .get()
            .shadow()
            .flatMap(version -> Optional.ofNullable(answer.versions().get(version)))
            .filter(version -> version.state().invocable());
    return runnable(found, shadow, Optional.of(answer.rollout()), answer.rollout());
  }

  private static Found runnable(
      VersionRecord version,
      Optional<VersionRecord> shadow,
      Optional<Rollout> compared,
      Rollout rollout) {
    return version.state().invocable()
        ? new Found.Version(
            version,
            shadow,
            compared,
            Optional.ofNullable(rollout.breakers().get(version.version())))
        : new Found.NotInvocable(version);
  }

  private Answer answer(Key key) {
    long now = ticker.read();
    var known = cache.getIfPresent(key);
    if (known == null || now - known.askedNanos() >= AGE_MAX.toNanos()) {
      return remembered(key, ask(key, now));
    }
    if (now - known.askedNanos() >= ASK_AGAIN_AFTER.toNanos() && asking.add(key)) {
      renewInBackground(key, known, now);
    }
    return known;
  }

  private void renewInBackground(Key key, Answer known, long now) {
    try {
      background.execute(() -> renew(key, known, now));
    } catch (RejectedExecutionException e) {
      asking.remove(key);
    }
  }

  private void renew(Key key, Answer known, long now) {
    try {
      var fresh = ask(key, now);
      for (var version : fresh.versions().values()) {
        if (!known.versions().containsKey(version.version()) && version.state().invocable()) {
          warmer.warm(version);
        }
      }
      remembered(key, fresh);
    } catch (Exception e) {
      // The old answer grows too old, and then a call asks for itself.
      LOG.warn("{} could not be renewed: {}", key.name(), e.getClass().getName());
    } finally {
      asking.remove(key);
    }
  }

  /**
   * Two reads can have a move between them, and then the version that was live at the first may not
   * run at the second.
   */
  private Answer ask(Key key, long now) {
    for (int tries = 1; ; tries++) {
      var answer = askOnce(key, now);
      if (key.version().isPresent() || tries == ASK_TRIES_MAX || isOfOneMoment(answer)) {
        return answer;
      }
    }
  }

  private static boolean isOfOneMoment(Answer answer) {
    return answer.versions().values().stream().allMatch(version -> version.state().invocable());
  }

  private Answer askOnce(Key key, long now) {
    var rollout = catalog.rollout(key.name()).orElse(Rollout.NONE);
    var versions = new HashMap<PluginVersion, VersionRecord>();
    if (key.version().isPresent()) {
      read(key.name(), key.version().get(), versions);
    } else {
      rollout.live().ifPresent(live -> read(key.name(), live, versions));
      rollout.trial().ifPresent(trial -> read(key.name(), trial.version(), versions));
    }
    return new Answer(rollout, Map.copyOf(versions), now);
  }

  private void read(
      PluginName name, PluginVersion version, Map<PluginVersion, VersionRecord> versions) {
    catalog.version(name, version).ifPresent(record -> versions.put(version, record));
  }

  /** Unless a later question was answered meanwhile. */
  private Answer remembered(Key key, Answer answer) {
    if (!answer.versions().isEmpty()) {
      cache
          .asMap()
          .merge(
              key, answer, (old, fresh) -> old.askedNanos() - fresh.askedNanos() > 0 ? old : fresh);
    }
    return answer;
  }

  private boolean isUnknown(PluginName name) {
    return catalog.versions(name, Optional.empty(), 1).items().isEmpty();
  }
}
