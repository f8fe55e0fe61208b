package dev.ampoule.registry;

import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.util.ArrayList;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;

/** The catalogue in memory; held to the same contract as the one on DynamoDB. */
public final class InMemoryPluginCatalog implements PluginCatalog {
  private record Plugin(Map<String, VersionRecord> versions, Optional<PluginVersion> live) {}

  private final NavigableMap<String, Plugin> plugins = new TreeMap<>();
  private boolean down;

  /** Makes every call fail, as a store that is out of reach does. */
  public synchronized void down(boolean isDown) {
    down = isDown;
  }

  @Override
  public synchronized Optional<VersionRecord> version(PluginName name, PluginVersion version) {
    return Optional.ofNullable(plugin(name).versions().get(version.value()));
  }

  @Override
  public synchronized Optional<PluginVersion> live(PluginName name) {
    return plugin(name).live();
  }

  @Override
  public synchronized Page<PluginSummary> plugins(Optional<String> after, int itemsMax) {
    requireUp();
    return page(
        plugins,
        after,
        itemsMax,
        (name, plugin) -> new PluginSummary(new PluginName(name), plugin.live()));
  }

  @Override
  public synchronized Page<VersionRecord> versions(
      PluginName name, Optional<String> after, int itemsMax) {
    var versions = new TreeMap<>(plugin(name).versions());
    return page(versions, after, itemsMax, (_, version) -> version);
  }

  @Override
  public synchronized Put put(VersionRecord record, boolean goLive) {
    var plugin = plugin(record.name());
    var existing = plugin.versions().get(record.version().value());
    if (existing != null && existing.state() != LifecycleState.REJECTED) {
      return new Put.VersionTaken(existing);
    }
    if (goLive && plugin.live().isPresent()) {
      return new Put.LiveTaken();
    }
    store(record);
    if (goLive) {
      pointAt(record.name(), record.version());
    }
    return new Put.Stored();
  }

  @Override
  public synchronized boolean pointLive(
      PluginName name, Optional<PluginVersion> from, PluginVersion to) {
    var target = version(name, to);
    if (!live(name).equals(from) || target.isEmpty() || !target.get().state().invocable()) {
      return false;
    }
    from.flatMap(old -> version(name, old))
        .ifPresent(old -> store(old.withState(LifecycleState.VALIDATED)));
    store(target.get().withState(LifecycleState.LIVE));
    pointAt(name, to);
    return true;
  }

  /** For tests of what later issues' moves lead to. */
  public synchronized void setState(PluginName name, PluginVersion version, LifecycleState state) {
    store(version(name, version).orElseThrow().withState(state));
  }

  private void store(VersionRecord record) {
    var plugin = plugin(record.name());
    plugin.versions().put(record.version().value(), record);
    plugins.put(record.name().value(), plugin);
  }

  private void pointAt(PluginName name, PluginVersion live) {
    plugins.put(name.value(), new Plugin(plugin(name).versions(), Optional.of(live)));
  }

  private Plugin plugin(PluginName name) {
    requireUp();
    var plugin = plugins.get(name.value());
    return plugin == null ? new Plugin(new TreeMap<>(), Optional.empty()) : plugin;
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
