package dev.ampoule.audit;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Keeps checkpoints by name. */
public final class InMemoryCheckpoints implements Checkpoints {
  private final TreeMap<String, StoredCheckpoint> rows = new TreeMap<>();

  @Override
  public boolean putNew(Checkpoint checkpoint) {
    StoredCheckpoint stored = new StoredCheckpoint(checkpoint.name(), checkpoint.json());
    StoredCheckpoint there = rows.putIfAbsent(checkpoint.name(), stored);
    return there == null || Arrays.equals(there.bytes(), stored.bytes());
  }

  public void replace(StoredCheckpoint checkpoint) {
    rows.put(checkpoint.name(), checkpoint);
  }

  @Override
  public Optional<StoredCheckpoint> latest() {
    return rows.isEmpty() ? Optional.empty() : Optional.of(rows.lastEntry().getValue());
  }

  @Override
  public Page<StoredCheckpoint, String> list(Optional<String> after, int limit) {
    List<StoredCheckpoint> items =
        rows.values().stream()
            .filter(c -> after.isEmpty() || c.name().compareTo(after.get()) > 0)
            .limit(limit)
            .toList();
    return new Page<>(
        items, items.size() < limit ? Optional.empty() : Optional.of(items.getLast().name()));
  }
}
