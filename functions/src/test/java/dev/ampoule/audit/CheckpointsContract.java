package dev.ampoule.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What every store of checkpoints does. */
public abstract class CheckpointsContract {
  /** An empty one. */
  protected abstract Checkpoints checkpoints();

  private static Checkpoint at(long minute) {
    return Keys.SIGNER.sign(Entries.TIME.plus(Duration.ofMinutes(minute)), List.of());
  }

  @Test
  void aCheckpointIsReadBackByteForByte() {
    Checkpoints checkpoints = checkpoints();
    assertThat(checkpoints.putNew(at(0))).isTrue();
    StoredCheckpoint stored = checkpoints.list(Optional.empty(), 10).items().getFirst();
    assertThat(stored.name()).isEqualTo("20261123T133552.123Z");
    assertThat(stored.bytes()).isEqualTo(at(0).json());
    assertThat(stored.readable()).hasValue(at(0));
  }

  @Test
  void aCheckpointIsNeverOverwritten() {
    Checkpoints checkpoints = checkpoints();
    assertThat(checkpoints.putNew(at(0))).isTrue();
    Checkpoint other =
        Keys.SIGNER.sign(
            Entries.TIME, List.of(new ChainHead(new BlockKey(Entries.CHAIN_A, 0), Sha256.ZERO)));
    assertThat(checkpoints.putNew(other)).isFalse();
    assertThat(checkpoints.latest().orElseThrow().readable()).hasValue(at(0));
  }

  @Test
  void theSameCheckpointPutAgainIsStoredOnce() {
    Checkpoints checkpoints = checkpoints();
    assertThat(checkpoints.putNew(at(0))).isTrue();
    assertThat(checkpoints.putNew(at(0))).isTrue();
    assertThat(checkpoints.list(Optional.empty(), 10).items()).hasSize(1);
  }

  @Test
  void theLatestIsTheNewestHoweverOld() {
    for (long minutes : new long[] {0, 60L * 24, 60L * 24 * 30}) {
      Checkpoints checkpoints = checkpoints();
      assertThat(checkpoints.latest()).isEmpty();
      // The store's clock is later than both.
      checkpoints.putNew(at(-minutes));
      checkpoints.putNew(at(-minutes - 1));
      assertThat(checkpoints.latest().orElseThrow().readable()).hasValue(at(-minutes));
    }
  }

  @Test
  void checkpointsAreListedOldestFirstPageByPage() {
    Checkpoints checkpoints = checkpoints();
    for (int minute : new int[] {3, 1, 2, 4, 0}) {
      checkpoints.putNew(at(minute));
    }
    for (int limit : new int[] {1, 2, 5, 10}) {
      List<Checkpoint> all = new ArrayList<>();
      Optional<String> after = Optional.empty();
      do {
        Page<StoredCheckpoint, String> page = checkpoints.list(after, limit);
        page.items().forEach(c -> all.add(c.readable().orElseThrow()));
        after = page.next();
      } while (after.isPresent());
      assertThat(all).containsExactly(at(0), at(1), at(2), at(3), at(4));
    }
  }
}
