package dev.ampoule.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.ampoule.audit.AuditUnavailableException.Phase;
import dev.ampoule.audit.Finding.BlockProblem;
import dev.ampoule.audit.ScriptedAuditBlocks.Step;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SpooledAuditBlocksTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Entries.TIME);

  private final ScriptedAuditBlocks store = new ScriptedAuditBlocks();
  private final InMemoryAuditSpool spool = new InMemoryAuditSpool(CLOCK);
  private final SpooledAuditBlocks blocks = new SpooledAuditBlocks(store, store, spool);
  private final ChainedAuditLog log =
      new ChainedAuditLog(
          blocks,
          CLOCK,
          new ChainedAuditLog.Settings(100, 2, Duration.ofMinutes(1), Duration.ZERO));
  private final DrainSpool drain = new DrainSpool(spool, store, CLOCK, Duration.ofMinutes(1));

  private AuditVerification.Result verified(BlockReader reader) {
    return new AuditVerification(reader, new InMemoryCheckpoints(), Set.of()).run(100);
  }

  private static AuditVerification.Result intact(long chains, long blocks, long entries) {
    return new AuditVerification.Result.Intact(
        new AuditVerification.Counts(chains, blocks, entries, 0, Optional.empty()));
  }

  private int spooled() {
    return spool.list(Optional.empty(), Optional.empty(), 1000).items().size();
  }

  @Test
  void aBlockThatItsStoreDoesNotTakeIsAcknowledgedFromTheSpoolUnderTheSameChain() throws Exception {
    AuditId first = log.append(Entries.numbered(1));
    store.puts.add(Step.FAIL_BEFORE);
    AuditId second = log.append(Entries.numbered(2));
    AuditId third = log.append(Entries.numbered(3));
    assertThat(second.block()).isEqualTo(new BlockKey(first.block().chain(), 1));
    assertThat(third.block()).isEqualTo(new BlockKey(first.block().chain(), 2));
    assertThat(store.store.get(second.block())).isEmpty();
    assertThat(spool.get(second.block())).isPresent();
    assertThat(verified(blocks)).isEqualTo(intact(1, 3, 3));
  }

  @Test
  void aSpooledBlockThatIsNotDrainedIsNoGapToWhoReadsBothAndIsOneToWhoDoesNot() throws Exception {
    log.append(Entries.numbered(1));
    store.puts.add(Step.FAIL_BEFORE);
    AuditId second = log.append(Entries.numbered(2));
    log.append(Entries.numbered(3));
    assertThat(verified(blocks)).isEqualTo(intact(1, 3, 3));
    assertThat(verified(store.store))
        .isInstanceOfSatisfying(
            AuditVerification.Result.Tampered.class,
            tampered ->
                assertThat(tampered.findings())
                    .containsExactly(new Finding.OfBlock(second.block(), BlockProblem.MISSING)));
    assertThat(new AuditReview(blocks).byId(second)).isInstanceOf(AuditReview.Lookup.Found.class);
  }

  @Test
  void drainingMovesEveryBlockInOrderAndTheStoreAloneIsWholeAgain() throws Exception {
    for (int i = 0; i < 5; i++) {
      store.puts.add(Step.FAIL_BEFORE);
      log.append(Entries.numbered(i));
    }
    log.newChain();
    store.puts.add(Step.FAIL_BEFORE);
    log.append(Entries.numbered(5));
    store.calls.clear();
    assertThat(drain.run())
        .isEqualTo(new DrainSpool.Result(6, List.of(), Optional.empty(), Optional.empty()));
    assertThat(store.calls).hasSize(6).containsSubsequence("put 0", "put 1", "put 2", "put 3");
    assertThat(spooled()).isZero();
    assertThat(verified(store.store)).isEqualTo(intact(2, 6, 6));
    assertThat(drain.run().drained()).isZero();
  }

  @Test
  void aPutThatTimedOutAndDidLandIsTheSameBlockTwiceAndDrainsToOne() throws Exception {
    for (Step step : List.of(Step.FAIL_AFTER, Step.ARRIVE_LATE, Step.FAIL_AFTER)) {
      store.puts.add(step);
      log.append(Entries.numbered(1));
    }
    log.append(Entries.numbered(2));
    assertThat(spooled()).isEqualTo(3);
    assertThat(verified(blocks)).isEqualTo(intact(1, 4, 4));
    assertThat(drain.run().drained()).isEqualTo(3);
    assertThat(verified(store.store)).isEqualTo(intact(1, 4, 4));
  }

  /** The place must not be used for another block: the first may still arrive in the store. */
  @Test
  void aRefusedBlockThatArrivesLateInTheStoreDoesNotForkTheChain() throws Exception {
    spool.down = true;
    store.puts.addAll(List.of(Step.FAIL_BEFORE, Step.ARRIVE_LATE));
    assertThat(refused(1)).isEqualTo(Phase.STORE);
    spool.down = false;
    store.puts.addAll(List.of(Step.FAIL_BEFORE, Step.FAIL_BEFORE));
    log.append(Entries.numbered(2));
    log.append(Entries.numbered(3));
    assertThat(verified(blocks)).isEqualTo(intact(1, 3, 3));
    drain.run();
    assertThat(spooled()).isZero();
    assertThat(verified(store.store)).isEqualTo(intact(1, 3, 3));
  }

  @Test
  void withBothDownTheEntryIsRefused() throws Exception {
    spool.down = true;
    store.puts.addAll(List.of(Step.FAIL_BEFORE, Step.FAIL_BEFORE));
    assertThat(refused(1)).isEqualTo(Phase.STORE);
    assertThat(log.append(Entries.numbered(2)).block().seq()).isEqualTo(1);
  }

  private Phase refused(long number) {
    return catchThrowableOfType(
            AuditUnavailableException.class, () -> log.append(Entries.numbered(number)))
        .phase();
  }

  @Test
  void whileTheStoreIsLeftAloneItIsNotAskedToTakeABlock() {
    var leftAlone = new ScriptedAuditBlocks();
    leftAlone.puts.add(Step.FAIL_BEFORE);
    var block = Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.numbered(1));
    assertThat(new SpooledAuditBlocks(store, leftAlone, spool).putNew(block))
        .isEqualTo(new AuditBlocks.PutResult.Stored());
    assertThat(store.calls).isEmpty();
    assertThat(spooled()).isEqualTo(1);
  }

  @Test
  void aRunThatTheStoreEndsLeavesTheRestAndTellsSinceWhenItWaits() throws Exception {
    for (int i = 0; i < 4; i++) {
      store.puts.add(Step.FAIL_BEFORE);
      log.append(Entries.numbered(i));
    }
    store.puts.addAll(List.of(Step.WORK, Step.FAIL_AFTER));
    var result = drain.run();
    assertThat(result.drained()).isEqualTo(1);
    assertThat(result.oldest()).hasValue(Entries.TIME);
    assertThat(result.stoppedBy()).containsInstanceOf(ScriptedAuditBlocks.Down.class);
    assertThat(spooled()).isEqualTo(3);
    assertThat(drain.run().drained()).isEqualTo(3);
    assertThat(verified(store.store)).isEqualTo(intact(1, 4, 4));
  }

  @Test
  void aRunOutOfTimeMovesNothingMore() throws Exception {
    store.puts.add(Step.FAIL_BEFORE);
    log.append(Entries.numbered(1));
    var late = new DrainSpool(spool, store, CLOCK, Duration.ZERO).run();
    assertThat(late)
        .isEqualTo(
            new DrainSpool.Result(0, List.of(), Optional.of(Entries.TIME), Optional.empty()));
  }

  @Test
  void aSpooledBlockThatWasChangedIsNotDrainedAndIsFound() throws Exception {
    store.puts.add(Step.FAIL_BEFORE);
    AuditId id = log.append(Entries.numbered(1));
    StoredBlock there = spool.get(id.block()).orElseThrow();
    AuditBlock other = Entries.first(id.block().chain(), Entries.TIME, Entries.numbered(2));
    spool.overwrite(new StoredBlock(there.key(), other.bytes(), there.hash(), there.index()));
    assertThat(drain.run().faulty()).containsExactly(id.block());
    assertThat(spooled()).isEqualTo(1);
    assertThat(verified(blocks))
        .isInstanceOfSatisfying(
            AuditVerification.Result.Tampered.class,
            tampered ->
                assertThat(tampered.findings())
                    .containsExactly(new Finding.OfBlock(id.block(), BlockProblem.HASH_MISMATCH)));
  }

  @Test
  void anotherBlockInTheStoresPlaceIsNotOverwrittenAndIsFound() throws Exception {
    store.puts.add(Step.FAIL_BEFORE);
    AuditId id = log.append(Entries.numbered(1));
    AuditBlock other = Entries.first(id.block().chain(), Entries.TIME, Entries.numbered(2));
    store.store.putNew(other);
    assertThat(drain.run().faulty()).containsExactly(id.block());
    assertThat(store.store.get(id.block()).orElseThrow().intact()).hasValue(other);
    assertThat(verified(blocks))
        .isInstanceOfSatisfying(
            AuditVerification.Result.Tampered.class,
            tampered ->
                assertThat(tampered.findings())
                    .containsExactly(new Finding.OfBlock(id.block(), BlockProblem.DUPLICATE)));
  }

  /** Blocks of two chains strewn over both places, some in both. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void aReaderMeetsEveryBlockOnceAndInOrderWhateverThePage(long seed) {
    Random random = new Random(seed);
    List<AuditBlock> all = new ArrayList<>();
    for (ChainId chain : List.of(Entries.CHAIN_A, Entries.CHAIN_B)) {
      AuditBlock block = Entries.first(chain, Entries.TIME, Entries.numbered(0));
      for (int i = 0; i < 20; i++) {
        all.add(block);
        int where = random.nextInt(3);
        if (where != 0) {
          store.store.putNew(block);
        }
        if (where != 1) {
          spool.putNew(block);
        }
        block = Entries.after(block, Entries.numbered(i));
      }
    }
    for (int limit : new int[] {1, 2, 3, 7, 100}) {
      List<BlockKey> met = new ArrayList<>();
      for (ChainId chain : List.of(Entries.CHAIN_A, Entries.CHAIN_B)) {
        Optional<Long> from = Optional.of(0L);
        while (from.isPresent()) {
          var page = blocks.blocks(chain, from.get(), limit);
          page.items().forEach(b -> met.add(b.key()));
          from = page.next();
        }
      }
      assertThat(met).isEqualTo(all.stream().map(AuditBlock::key).toList());
    }
    assertThat(verified(blocks)).isEqualTo(intact(2, 40, 40));
    assertThat(blocks.head(Entries.CHAIN_B).orElseThrow().key())
        .isEqualTo(new BlockKey(Entries.CHAIN_B, 19));
    drain.run();
    assertThat(verified(store.store)).isEqualTo(intact(2, 40, 40));
  }

  @Test
  void whileTheStoreFailsABlockOfTheSpoolIsReadAndAnotherIsNotSaidToBeMissing() throws Exception {
    var down =
        new ScriptedAuditBlocks() {
          @Override
          public Optional<StoredBlock> get(BlockKey key) {
            throw new Down();
          }
        };
    var failing = new SpooledAuditBlocks(down, down, spool);
    AuditBlock block =
        Entries.first(
            Entries.CHAIN_A, Instant.EPOCH.plus(Duration.ofDays(30_000)), Entries.numbered(1));
    spool.putNew(block);
    assertThat(failing.get(block.key())).isPresent();
    assertThatThrownBy(() -> failing.get(new BlockKey(Entries.CHAIN_A, 1)))
        .isInstanceOf(ScriptedAuditBlocks.Down.class);
  }
}
