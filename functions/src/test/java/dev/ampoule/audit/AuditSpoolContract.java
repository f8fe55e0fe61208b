package dev.ampoule.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.AuditBlocks.PutResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What every spool does. */
public abstract class AuditSpoolContract {
  private static final AuditBlock A0 =
      Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.FULL, Entries.numbered(2));
  private static final AuditBlock A1 = Entries.after(A0, Entries.numbered(3));
  private static final AuditBlock A2 = Entries.after(A1, Entries.numbered(4));
  private static final AuditBlock B0 =
      Entries.first(Entries.CHAIN_B, Entries.TIME, Entries.numbered(5));

  /** An empty one. */
  protected abstract AuditSpool spool();

  private AuditSpool filled() {
    AuditSpool spool = spool();
    for (AuditBlock block : List.of(B0, A2, A0, A1)) {
      assertThat(spool.putNew(block)).isEqualTo(new PutResult.Stored());
    }
    return spool;
  }

  private static void assertIs(StoredBlock stored, AuditBlock block) {
    assertThat(stored.intact()).hasValue(block);
    assertThat(stored.index()).isEqualTo(block.index());
  }

  @Test
  void aSpooledBlockIsReadBackByteForByte() {
    AuditSpool spool = filled();
    assertIs(spool.get(A0.key()).orElseThrow(), A0);
    assertIs(spool.get(B0.key()).orElseThrow(), B0);
    assertThat(spool.get(new BlockKey(Entries.CHAIN_B, 1))).isEmpty();
  }

  @Test
  void aPlaceThatIsTakenStaysAsItIs() {
    AuditSpool spool = filled();
    AuditBlock other = Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.numbered(9));
    assertThat(spool.putNew(other))
        .isInstanceOfSatisfying(
            PutResult.AlreadyThere.class, there -> assertIs(there.existing(), A0));
    assertIs(spool.get(A0.key()).orElseThrow(), A0);
  }

  @Test
  void theSameBlockPutAgainIsStoredOnce() {
    AuditSpool spool = filled();
    assertThat(spool.putNew(A0)).isEqualTo(new PutResult.Stored());
    assertThat(keys(spool, Optional.empty(), 10)).hasSize(4);
  }

  @Test
  void blocksAreListedByChainAndNumberPageByPage() {
    AuditSpool spool = filled();
    for (int limit : new int[] {1, 2, 4, 1000}) {
      assertThat(keys(spool, Optional.empty(), limit))
          .containsExactly(A0.key(), A1.key(), A2.key(), B0.key());
      assertThat(keys(spool, Optional.of(Entries.CHAIN_A), limit))
          .containsExactly(A0.key(), A1.key(), A2.key());
    }
    assertThat(spool.list(Optional.of(Entries.CHAIN_A), Optional.of(A1.key()), 10).items())
        .extracting(AuditSpool.Spooled::key)
        .containsExactly(A2.key());
  }

  @Test
  void aBlockWaitsSinceItWasPut() {
    Instant before = Instant.now().minusSeconds(1);
    AuditSpool spool = filled();
    assertThat(spool.list(Optional.empty(), Optional.empty(), 10).items())
        .extracting(AuditSpool.Spooled::since)
        .allSatisfy(since -> assertThat(since).isBetween(before, Instant.now().plusSeconds(1)));
  }

  @Test
  void aRemovedBlockIsGoneAndMayBeRemovedAgain() {
    AuditSpool spool = filled();
    spool.remove(A1.key());
    spool.remove(A1.key());
    assertThat(spool.get(A1.key())).isEmpty();
    assertThat(keys(spool, Optional.empty(), 10)).containsExactly(A0.key(), A2.key(), B0.key());
  }

  private static List<BlockKey> keys(AuditSpool spool, Optional<ChainId> chain, int limit) {
    List<BlockKey> keys = new ArrayList<>();
    Optional<BlockKey> after = Optional.empty();
    do {
      var page = spool.list(chain, after, limit);
      assertThat(page.items()).hasSizeLessThanOrEqualTo(limit);
      page.items().forEach(spooled -> keys.add(spooled.key()));
      after = page.next();
    } while (after.isPresent());
    return keys;
  }
}
