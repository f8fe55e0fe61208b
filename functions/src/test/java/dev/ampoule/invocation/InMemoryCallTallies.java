package dev.ampoule.invocation;

import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Tallies in memory; held to the same contract as those on DynamoDB. */
public final class InMemoryCallTallies implements CallTallies {
  private record Key(PluginName name, PluginVersion version) {}

  private record OfEra(long era, Tally tally) {}

  private final Map<Key, OfEra> tallies = new HashMap<>();

  @Override
  public synchronized Optional<Tally> add(
      PluginName name, PluginVersion version, long era, Tally tally, Instant crashesFrom) {
    var key = new Key(name, version);
    var before = tallies.getOrDefault(key, new OfEra(-1, Tally.NONE));
    if (before.era() > era) {
      return Optional.empty();
    }
    var old = before.era() == era ? before.tally() : Tally.NONE;
    var kept =
        new Tally(
            old.calls(),
            old.traps(),
            old.errors(),
            old.timeLimits(),
            old.agreed(),
            old.disagreed(),
            old.runTimes(),
            new TreeMap<>(old.crashes().tailMap(Tally.slot(crashesFrom))));
    var sum = kept.plus(tally);
    tallies.put(key, new OfEra(era, sum));
    return Optional.of(sum);
  }

  @Override
  public synchronized Tally read(PluginName name, PluginVersion version, long era) {
    var stored = tallies.get(new Key(name, version));
    return stored != null && stored.era() == era ? stored.tally() : Tally.NONE;
  }
}
