package dev.ampoule.registry;

import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;

/** The catalogue in memory; held to the same contract as the one on DynamoDB. */
public final class InMemoryPluginCatalog implements PluginCatalog {
  private static final class Plugin {
    private final Map<String, VersionRecord> versions = new TreeMap<>();
    private final Deque<Moved> history = new ArrayDeque<>();
    private Rollout rollout = Rollout.NONE;
  }

  private final NavigableMap<String, Plugin> plugins = new TreeMap<>();
  private boolean down;
  private boolean answersLost;

  /** Makes every call fail, as a store that is out of reach does. */
  public synchronized void down(boolean isDown) {
    down = isDown;
  }

  /** Makes moves, and then fails, as a store does whose answer came too late. */
  synchronized void loseAnswersOfMoves() {
    answersLost = true;
  }

  @Override
  public synchronized Optional<VersionRecord> version(PluginName name, PluginVersion version) {
    return Optional.ofNullable(plugin(name).versions.get(version.value()));
  }

  @Override
  public synchronized Optional<Rollout> rollout(PluginName name) {
    return Optional.of(plugin(name).rollout).filter(rollout -> rollout.revision() > 0);
  }

  @Override
  public synchronized Page<PluginSummary> plugins(Optional<String> after, int itemsMax) {
    requireUp();
    return page(
        plugins,
        after,
        itemsMax,
        (name, plugin) -> new PluginSummary(new PluginName(name), plugin.rollout.live()));
  }

  @Override
  public synchronized Page<VersionRecord> versions(
      PluginName name, Optional<String> after, int itemsMax) {
    var versions = new TreeMap<>(plugin(name).versions);
    return page(versions, after, itemsMax, (_, version) -> version);
  }

  @Override
  public synchronized Put put(VersionRecord record, boolean goLive) {
    var plugin = plugin(record.name());
    var existing = plugin.versions.get(record.version().value());
    if (existing != null && existing.state() != LifecycleState.REJECTED) {
      return new Put.VersionTaken(existing);
    }
    if (goLive && plugin.rollout.revision() > 0) {
      return new Put.LiveTaken();
    }
    store(record);
    if (goLive) {
      plugin = plugin(record.name());
      plugin.rollout = Rollout.first(record.version(), record.registeredAt());
      plugin.history.addFirst(Moved.first(record));
    }
    return new Put.Stored();
  }

  @Override
  public synchronized boolean apply(Change change) {
    var plugin = plugin(change.name());
    if (plugin.rollout.revision() != change.before().revision()
        || !change.states().stream()
            .allMatch(state ->
                version(change.name(), state.version())
                    .map(VersionRecord::state)
                    .equals(Optional.of(state.from())))) {
      return false;
    }
    change
        .states()
        .forEach(state ->
            store(version(change.name(), state.version()).orElseThrow().withState(state.to())));
    var after = change.after();
    var breakers = new HashMap<>(plugin.rollout.breakers());
    change
        .before()
        .breakers()
        .forEach((version, until) -> {
          if (until.isBefore(change.entry().at())) {
            breakers.remove(version);
          }
        });
    plugin.rollout =
        new Rollout(
            after.revision(),
            after.era(),
            after.live(),
            after.liveSince(),
            after.takenOver(),
            after.trial(),
            breakers);
    plugin.history.addFirst(change.entry());
    if (plugin.history.size() > Change.ENTRIES_KEPT) {
      plugin.history.removeLast();
    }
    if (answersLost) {
      throw new CatalogUnavailableException(new IllegalStateException("the answer is lost"));
    }
    return true;
  }

  @Override
  public synchronized Page<Moved> history(PluginName name, Optional<String> after, int itemsMax) {
    var all = List.copyOf(plugin(name).history);
    int from = after.map(Integer::parseInt).orElse(0);
    int to = Math.min(from + itemsMax, all.size());
    return new Page<>(
        all.subList(from, to),
        to < all.size() ? Optional.of(Integer.toString(to)) : Optional.empty());
  }

  @Override
  public synchronized void openBreaker(PluginName name, PluginVersion version, Instant until) {
    var plugin = plugin(name);
    var before = plugin.rollout;
    if (before.revision() > 0) {
      var breakers = new HashMap<>(before.breakers());
      breakers.put(version, until);
      plugin.rollout =
          new Rollout(
              before.revision(),
              before.era(),
              before.live(),
              before.liveSince(),
              before.takenOver(),
              before.trial(),
              breakers);
    }
  }

  /** For tests of states that no move leads to. */
  public synchronized void setState(PluginName name, PluginVersion version, LifecycleState state) {
    store(version(name, version).orElseThrow().withState(state));
  }

  private void store(VersionRecord record) {
    var plugin = plugin(record.name());
    plugin.versions.put(record.version().value(), record);
    plugins.put(record.name().value(), plugin);
  }

  private Plugin plugin(PluginName name) {
    requireUp();
    var plugin = plugins.get(name.value());
    return plugin == null ? new Plugin() : plugin;
  }

  private void requireUp() {
    if (down) {
      throw new CatalogUnavailableException(new IllegalStateException("down"));
    }
  }

  private static <V, T> Page<T> page(
      NavigableMap<String, V> all,
      Optional<String> after,
      int itemsMax,
      BiFunction<String, V, T> item) {
    var rest = after.isEmpty() ? all : all.tailMap(after.get(), false);
    var items = new ArrayList<T>();
    for (var entry : rest.entrySet()) {
      if (items.size() == itemsMax) {
        return new Page<>(items, Optional.of(rest.lowerKey(entry.getKey())));
      }
      items.add(item.apply(entry.getKey(), entry.getValue()));
    }
    return new Page<>(items, Optional.empty());
  }
}
