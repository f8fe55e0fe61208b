package dev.ampoule.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * The catalogue for invocations: while its store fails, the records it last told are still told,
 * for a bounded time, so that a plugin this process knows goes on running (RATIONALE: "How long may
 * a plugin run from a catalogue that nobody can read?"). What is not known is not answered for, and
 * writes go to the store or fail.
 */
public final class LastKnownCatalog implements PluginCatalog {
  private static final int RECORDS_MAX = 10_000;

  private record Version(PluginName name, PluginVersion version) {}

  /** The age counts from the question: a slow read must not make its answer younger. */
  private record Known<T>(T answer, long askedNanos) {}

  private final PluginCatalog patient;
  private final PluginCatalog hurried;
  private final Duration ageMax;
  private final Ticker ticker;
  private final Cache<Version, Known<VersionRecord>> versions;
  private final Cache<PluginName, Known<Rollout>> rollouts;

  /**
   * Takes what it works with.
   *
   * @param patient the store, given time: there is no other answer
   * @param hurried the same store, given up soon: there is another answer
   * @param ageMax how old a record may be that is told while the store fails
   */
  public LastKnownCatalog(
      PluginCatalog patient, PluginCatalog hurried, Duration ageMax, Ticker ticker) {
    this.patient = Objects.requireNonNull(patient, "patient");
    this.hurried = Objects.requireNonNull(hurried, "hurried");
    this.ageMax = Objects.requireNonNull(ageMax, "ageMax");
    this.ticker = Objects.requireNonNull(ticker, "ticker");
    this.versions = cache(ageMax, ticker);
    this.rollouts = cache(ageMax, ticker);
  }

  private static <K, V> Cache<K, V> cache(Duration ageMax, Ticker ticker) {
    return Caffeine.newBuilder()
        .maximumSize(RECORDS_MAX)
        .expireAfterWrite(ageMax)
        .ticker(ticker)
        .<K, V>build();
  }

  @Override
  public Optional<VersionRecord> version(PluginName name, PluginVersion version) {
    return ask(versions, new Version(name, version), catalog -> catalog.version(name, version));
  }

  @Override
  public Optional<Rollout> rollout(PluginName name) {
    return ask(rollouts, name, catalog -> catalog.rollout(name));
  }

  private <K, T> Optional<T> ask(
      Cache<K, Known<T>> cache, K key, Function<PluginCatalog, Optional<T>> question) {
    var known = cache.getIfPresent(key);
    long asked = ticker.read();
    boolean usable = known != null && asked - known.askedNanos() < ageMax.toNanos();
    try {
      var answer = question.apply(usable ? hurried : patient);
      answer.ifPresentOrElse(
          told -> cache.put(key, new Known<>(told, asked)), () -> cache.invalidate(key));
      return answer;
    } catch (CatalogUnavailableException e) {
      if (known == null || !usable) {
        throw e;
      }
      return Optional.of(known.answer());
    }
  }

  /** Knows nothing any more: after a restore from a snapshot what is known is of days ago. */
  public void forget() {
    versions.invalidateAll();
    rollouts.invalidateAll();
  }

  @Override
  public Page<PluginSummary> plugins(Optional<String> after, int itemsMax) {
    return patient.plugins(after, itemsMax);
  }

  @Override
  public Page<VersionRecord> versions(PluginName name, Optional<String> after, int itemsMax) {
    return patient.versions(name, after, itemsMax);
  }

  @Override
  public Put put(VersionRecord record, boolean goLive) {
    return patient.put(record, goLive);
  }

  @Override
  public boolean apply(Change change) {
    return patient.apply(change);
  }

  @Override
  public Page<Moved> history(PluginName name, Optional<String> after, int itemsMax) {
    return patient.history(name, after, itemsMax);
  }

  @Override
  public void openBreaker(PluginName name, PluginVersion version, Instant until) {
    patient.openBreaker(name, version, until);
  }
}
