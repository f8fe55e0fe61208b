package dev.ampoule.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HostBlocksTest {
  private final RunBudget budget = new RunBudget(SandboxLimits.DEFAULT, 10, System.nanoTime());
  private final HostBlocks blocks = new HostBlocks(budget);

  @Test
  void aBlockHasItsLengthUntilItIsFreed() {
    long block = blocks.alloc(100);

    assertThat(blocks.length(block)).isEqualTo(100);
    assertThat(blocks.length(block + 1)).isZero();
    assertThat(blocks.length(block - 1)).isZero();
    blocks.free(block + 1);
    assertThat(blocks.length(block)).isEqualTo(100);
    blocks.free(block);
    assertThat(blocks.length(block)).isZero();
    blocks.free(block);
    assertThat(blocks.alloc(60)).isEqualTo(block);
    assertThat(blocks.length(block)).isEqualTo(60);
  }

  @Test
  void noBytesAreNoBlock() {
    assertThat(blocks.alloc(0)).isZero();
    assertThat(blocks.length(0)).isZero();
    assertThat(blocks.bytes(0)).isEmpty();
    blocks.free(0);
  }

  @Test
  void wordsAreLittleEndianAndNeedNoAlignment() {
    long block = blocks.alloc(16);
    blocks.storeU64(block + 3, 0x0807060504030201L);

    assertThat(blocks.bytes(block)).containsExactly(0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0);
    assertThat(blocks.loadU64(block + 2)).isEqualTo(0x0706050403020100L);
    assertThat(blocks.loadU8(block + 10)).isEqualTo(8);
    blocks.storeU8(block, -1);
    assertThat(blocks.loadU8(block)).isEqualTo(255);
  }

  @Test
  void freeingTheInputLeavesNone() {
    long input = blocks.put(new byte[] {1, 2, 3});
    blocks.setInput(input, 3);
    assertThat(blocks.inputU8(2)).isEqualTo(3);
    assertThat(blocks.inputU8(3)).isZero();
    assertThat(blocks.inputU64(0)).isZero();

    blocks.free(input);

    assertThat(blocks.inputLength()).isZero();
    assertThat(blocks.inputU8(0)).isZero();
  }

  @Test
  void resetForgetsEverythingButThePages() {
    long first = blocks.put(new byte[200_000]);
    blocks.storeU8(first, 7);
    blocks.setOutput(first, 10);
    blocks.setError(first);
    int pages = budget.memoryPages();

    blocks.reset();

    assertThat(blocks.length(first)).isZero();
    assertThat(blocks.loadU8(first)).isZero();
    assertThat(blocks.outputLength()).isZero();
    assertThat(blocks.errorOffset()).isZero();
    assertThat(budget.memoryPages()).isEqualTo(pages);
    assertThat(blocks.alloc(200_000)).isEqualTo(first);
    assertThat(budget.memoryPages()).isEqualTo(pages);
  }

  @Test
  void theFirstPageIsFreeAndTheRestComesOutOfTheLimit() {
    blocks.alloc(60_000);
    assertThat(budget.memoryPages()).isZero();
    blocks.alloc(60_000);
    assertThat(budget.memoryPages()).isEqualTo(1);
    assertThatThrownBy(() -> blocks.alloc(700_000))
        .isInstanceOfSatisfying(
            RunStopped.class,
            stopped ->
                assertThat(stopped.outcome())
                    .isEqualTo(new RunOutcome.LimitExceeded(RunOutcome.Limit.MEMORY_PAGES, 10)));
  }

  @Test
  void withNoRoomLeftAnyFreedBlockThatFitsIsReused() {
    long large = blocks.alloc(500_000);
    blocks.alloc(180_000);
    blocks.free(large);

    assertThat(blocks.alloc(60_000)).isEqualTo(large);
  }

  @Test
  void liveBlocksKeepTheirBytesWhateverHappensAround() {
    var random = new Random(42);
    var big = new RunBudget(SandboxLimits.DEFAULT, 8192, System.nanoTime());
    var many = new HostBlocks(big);
    Map<Long, byte[]> live = new TreeMap<>();
    for (int step = 0; step < 20_000; step++) {
      if (live.isEmpty() || random.nextInt(100) < 55) {
        byte[] bytes = new byte[1 + random.nextInt(random.nextInt(20) == 0 ? 5000 : 40)];
        random.nextBytes(bytes);
        long block = many.put(bytes);
        assertThat(live).doesNotContainKey(block);
        live.put(block, bytes);
      } else {
        List<Long> offsets = new ArrayList<>(live.keySet());
        long block = offsets.get(random.nextInt(offsets.size()));
        assertThat(Arrays.equals(many.bytes(block), live.remove(block))).isTrue();
        many.free(block);
      }
    }
    live.forEach((block, bytes) -> assertThat(many.bytes(block)).isEqualTo(bytes));
  }
}
