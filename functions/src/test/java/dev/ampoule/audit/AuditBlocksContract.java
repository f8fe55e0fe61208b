package dev.ampoule.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.AuditBlocks.Order;
import dev.ampoule.audit.AuditBlocks.PutResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What every store of blocks does. */
public abstract class AuditBlocksContract {
  /** The clock of the store. */
  protected static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");

  private static final Instant LATE = Instant.parse("2026-11-23T23:59:59.999Z");

  /** An empty one. */
  protected abstract AuditBlocks blocks();

  private static final AuditBlock A0 =
      Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.FULL, Entries.numbered(2));
  private static final AuditBlock A1 = Entries.after(A0, Entries.numbered(3));
  private static final AuditBlock A2 = Entries.after(A1, Entries.numbered(4));
  private static final AuditBlock B0 = Entries.first(Entries.CHAIN_B, LATE, Entries.numbered(5));
  private static final AuditBlock B1 = Entries.after(B0, Entries.numbered(6));

  private AuditBlocks filled() {
    AuditBlocks blocks = blocks();
    for (AuditBlock block : List.of(A0, B0, A1, B1, A2)) {
      assertThat(blocks.putNew(block)).isEqualTo(new PutResult.Stored());
    }
    return blocks;
  }

  private static void assertIsStored(StoredBlock stored, AuditBlock block) {
    assertThat(stored.key()).isEqualTo(block.key());
    assertThat(stored.bytes()).isEqualTo(block.bytes());
    assertThat(stored.hash()).isEqualTo(block.hash().hex());
    assertThat(stored.index()).isEqualTo(block.index());
  }

  @Test
  void aStoredBlockIsReadBackByteForByte() {
    AuditBlocks blocks = filled();
    assertIsStored(blocks.get(A0.key()).orElseThrow(), A0);
    assertIsStored(blocks.get(B1.key()).orElseThrow(), B1);
    assertThat(blocks.get(new BlockKey(Entries.CHAIN_A, 3))).isEmpty();
  }

  @Test
  void theLargestBlockFits() {
    List<AuditEntry> entries = new ArrayList<>();
    int entryBytes = EntryJson.write(Entries.FULL).length;
    int count =
        Math.min(
            AuditBlock.ENTRIES_MAX,
            (AuditBlock.BYTES_MAX - AuditBlock.OVERHEAD_BYTES - 1) / (entryBytes + 1));
    for (int i = 0; i < count; i++) {
      entries.add(Entries.FULL);
    }
    AuditBlock largest =
        AuditBlock.of(new BlockKey(Entries.CHAIN_A, 0), Sha256.ZERO, Entries.TIME, entries);
    assertThat(AuditBlock.BYTES_MAX - largest.bytes().length).isBetween(0, entryBytes);
    AuditBlocks blocks = blocks();
    assertThat(blocks.putNew(largest)).isEqualTo(new PutResult.Stored());
    assertIsStored(blocks.get(largest.key()).orElseThrow(), largest);
  }

  @Test
  void aPlaceThatIsTakenStaysAsItIs() {
    AuditBlocks blocks = filled();
    AuditBlock other = Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.numbered(9));
    PutResult result = blocks.putNew(other);
    assertThat(result).isInstanceOf(PutResult.AlreadyThere.class);
    assertIsStored(((PutResult.AlreadyThere) result).existing(), A0);
    assertIsStored(blocks.get(A0.key()).orElseThrow(), A0);
  }

  @Test
  void theHeadIsTheLastBlockOfItsChain() {
    AuditBlocks blocks = filled();
    assertIsStored(blocks.head(Entries.CHAIN_A).orElseThrow(), A2);
    assertIsStored(blocks.head(Entries.CHAIN_B).orElseThrow(), B1);
    assertThat(blocks.head(new ChainId("019a0000-0000-7000-8000-00000000000c"))).isEmpty();
  }

  @Test
  void aChainIsReadInOrderPageByPage() {
    AuditBlocks blocks = filled();
    Page<StoredBlock, Long> first = blocks.blocks(Entries.CHAIN_A, 0, 2);
    assertThat(first.items()).extracting(StoredBlock::key).containsExactly(A0.key(), A1.key());
    assertThat(first.next()).hasValue(2L);
    Page<StoredBlock, Long> second = blocks.blocks(Entries.CHAIN_A, 2, 2);
    assertThat(second.items()).extracting(StoredBlock::key).containsExactly(A2.key());
    assertThat(second.next()).isEmpty();
    assertThat(blocks.blocks(Entries.CHAIN_A, 3, 2).items()).isEmpty();
  }

  @Test
  void chainsAreListedOldestFirstPageByPage() {
    AuditBlocks blocks = filled();
    Page<ChainId, TimePosition> first = blocks.chains(Optional.empty(), 1);
    assertThat(first.items()).containsExactly(Entries.CHAIN_A);
    assertThat(first.next()).hasValue(A0.position());
    Page<ChainId, TimePosition> second = blocks.chains(first.next(), 2);
    assertThat(second.items()).containsExactly(Entries.CHAIN_B);
    assertThat(second.next()).isEmpty();
  }

  @Test
  void blocksAreListedByTimeAcrossDaysFromEitherEnd() {
    AuditBlocks blocks = filled();
    List<BlockKey> oldestFirst = List.of(A0.key(), A1.key(), A2.key(), B0.key(), B1.key());
    for (int limit = 1; limit <= 6; limit++) {
      assertThat(all(blocks, TimeRange.ALL, Order.OLDEST_FIRST, limit)).isEqualTo(oldestFirst);
      assertThat(all(blocks, TimeRange.ALL, Order.NEWEST_FIRST, limit))
          .isEqualTo(oldestFirst.reversed());
      assertThat(keys(blocks, TimeRange.ALL, limit)).isEqualTo(oldestFirst);
    }
  }

  @Test
  void aRangeOfTimeTakesInItsStartAndNotItsEnd() {
    AuditBlocks blocks = filled();
    TimeRange range = new TimeRange(A1.time(), B1.time());
    assertThat(all(blocks, range, Order.OLDEST_FIRST, 10))
        .containsExactly(A1.key(), A2.key(), B0.key());
    assertThat(all(blocks, range, Order.NEWEST_FIRST, 2))
        .containsExactly(B0.key(), A2.key(), A1.key());
    assertThat(keys(blocks, range, 1)).containsExactly(A1.key(), A2.key(), B0.key());
    assertThat(all(blocks, new TimeRange(A1.time(), A1.time()), Order.NEWEST_FIRST, 2)).isEmpty();
    Instant month = Entries.TIME.minus(Duration.ofDays(40));
    assertThat(all(blocks, new TimeRange(month, A1.time()), Order.NEWEST_FIRST, 2))
        .containsExactly(A0.key());
  }

  @Test
  void aBlockByTimeIsTheWholeBlock() {
    StoredBlock newest =
        filled().byTime(TimeRange.ALL, Order.NEWEST_FIRST, Optional.empty(), 1).items().getFirst();
    assertIsStored(newest, B1);
  }

  private static List<BlockKey> all(AuditBlocks blocks, TimeRange range, Order order, int limit) {
    List<BlockKey> all = new ArrayList<>();
    Optional<TimePosition> after = Optional.empty();
    do {
      Page<StoredBlock, TimePosition> page = blocks.byTime(range, order, after, limit);
      assertThat(page.items().size()).isLessThanOrEqualTo(limit);
      page.items().forEach(b -> all.add(b.key()));
      after = page.next();
    } while (after.isPresent());
    return all;
  }

  private static List<BlockKey> keys(AuditBlocks blocks, TimeRange range, int limit) {
    List<BlockKey> all = new ArrayList<>();
    Optional<TimePosition> after = Optional.empty();
    do {
      Page<BlockKey, TimePosition> page = blocks.keysByTime(range, after, limit);
      all.addAll(page.items());
      after = page.next();
    } while (after.isPresent());
    return all;
  }
}
