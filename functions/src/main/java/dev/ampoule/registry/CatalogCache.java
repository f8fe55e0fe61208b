package dev.ampoule.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.time.Duration;
import java.util.Optional;

/**
 * Resolves names for invocations. A remembered answer was asked for at most {@link #AGE_MAX} ago,
 * so a warm process follows an activation within that time without a read for every request; that
 * something is missing is never remembered, so a new plugin can be called at once.
 */
public final class CatalogCache {
  public static final Duration AGE_MAX = Duration.ofMillis(800);
  private static final int ENTRIES_MAX = 10_000;

  private record Key(PluginName name, Optional<PluginVersion> version) {}

  /** The age counts from the question: a slow read must not make its answer younger. */
  private record Answer(Resolution resolution, long askedNanos) {}

  private final PluginCatalog catalog;
  private final Ticker ticker;
  private final Cache<Key, Answer> cache;

  public CatalogCache(PluginCatalog catalog, Ticker ticker) {
    this.catalog = catalog;
    this.ticker = ticker;
    this.cache =
        Caffeine.newBuilder()
            .maximumSize(ENTRIES_MAX)
            .expireAfterWrite(AGE_MAX)
            .ticker(ticker)
            .build();
  }

  /**
   * What a name stands for now.
   *
   * @param version empty for the live one
   */
  public Resolution resolve(PluginName name, Optional<PluginVersion> version) {
    var key = new Key(name, version);
    var asked = ticker.read();
    var cached = cache.getIfPresent(key);
    if (cached != null && asked - cached.askedNanos() < AGE_MAX.toNanos()) {
      return cached.resolution();
    }
    var fresh = version.isPresent() ? byVersion(name, version.get()) : live(name);
    if (fresh instanceof Resolution.Resolved) {
      cache.put(key, new Answer(fresh, asked));
    }
    return fresh;
  }

  /**
   * Believes nothing that was answered before. After a restore from a snapshot an answer of days
   * ago looks fresh, because the ticker stood still.
   */
  public void forget() {
    cache.invalidateAll();
  }

  private Resolution live(PluginName name) {
    var live = catalog.live(name);
    if (live.isPresent()) {
      return byVersion(name, live.get());
    }
    return catalog.versions(name, Optional.empty(), 1).items().isEmpty()
        ? new Resolution.UnknownPlugin(name)
        : new Resolution.NothingLive(name);
  }

  private Resolution byVersion(PluginName name, PluginVersion version) {
    var found = catalog.version(name, version);
    if (found.isPresent()) {
      return found.get().state().invocable()
          ? new Resolution.Resolved(found.get())
          : new Resolution.NotInvocable(found.get());
    }
    return catalog.versions(name, Optional.empty(), 1).items().isEmpty()
        ? new Resolution.UnknownPlugin(name)
        : new Resolution.UnknownVersion(name, version);
  }
}
