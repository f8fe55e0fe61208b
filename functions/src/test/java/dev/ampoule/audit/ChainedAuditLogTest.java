package dev.ampoule.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.ampoule.audit.AuditUnavailableException.Phase;
import dev.ampoule.audit.ScriptedAuditBlocks.Step;
import dev.ampoule.privacy.Redacted;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ChainedAuditLogTest {
  private static final Instant NOW = Entries.TIME.plusMillis(500);
  private static final ChainedAuditLog.Settings SETTINGS =
      new ChainedAuditLog.Settings(10_000, 3, Duration.ofMinutes(1), Duration.ZERO);

  private final ScriptedAuditBlocks blocks = new ScriptedAuditBlocks();
  private final ChainedAuditLog log =
      new ChainedAuditLog(blocks, InstantSource.fixed(NOW), SETTINGS);

  private Phase refused(long number) {
    AuditUnavailableException e =
        catchThrowableOfType(
            AuditUnavailableException.class, () -> log.append(Entries.numbered(number)));
    return e.phase();
  }

  /** The numbers of the stored entries, block by block, in the only chain there is. */
  private List<List<Long>> stored() {
    return blocks.store.all().stream()
        .map(b -> b.intact().orElseThrow().entries().orElseThrow())
        .map(es -> es.stream().map(AuditEntry::inputBytes).toList())
        .toList();
  }

  private AuditVerification.Result verified() {
    return new AuditVerification(blocks.store, new InMemoryCheckpoints(), Set.of()).run(10);
  }

  private static AuditVerification.Result.Intact intact(long chains, long blocks, long entries) {
    return new AuditVerification.Result.Intact(
        new AuditVerification.Counts(chains, blocks, entries, 0, Optional.empty()));
  }

  @Test
  void eachAppendOfOneThreadIsABlockLinkedToTheOneBefore() throws Exception {
    AuditId first = log.append(Entries.numbered(1));
    AuditId second = log.append(Entries.numbered(2));

    assertThat(second).isEqualTo(new AuditId(new BlockKey(first.block().chain(), 1), 0));
    AuditBlock one = blocks.store.get(first.block()).orElseThrow().intact().orElseThrow();
    AuditBlock two = blocks.store.get(second.block()).orElseThrow().intact().orElseThrow();
    assertThat(one.previous()).isEqualTo(Sha256.ZERO);
    assertThat(two.previous()).isEqualTo(one.hash());
    assertThat(one.time()).isEqualTo(NOW);
    assertThat(verified()).isEqualTo(intact(1, 2, 2));
  }

  @Test
  void theTimeOfABlockNeverGoesBackAndIsNeverBeforeItsEntries() throws Exception {
    List<Instant> clock =
        new ArrayList<>(List.of(NOW, NOW, NOW.minusSeconds(60), Entries.TIME.minusSeconds(9)));
    ChainedAuditLog log = new ChainedAuditLog(blocks, clock::removeFirst, SETTINGS);
    log.append(Entries.numbered(1));
    log.append(Entries.numbered(2));
    log.append(
        AuditEntry.of(NOW.plusSeconds(5), AuditAction.INVOKE, Actor.SYSTEM, AuditOutcome.SUCCESS)
            .build());
    assertThat(blocks.store.all())
        .extracting(b -> b.intact().orElseThrow().time())
        .containsExactly(NOW, NOW, NOW.plusSeconds(5));
  }

  @ParameterizedTest
  @CsvSource({
    "'',                                      put 0 put 1,             1|2",
    "FAIL_BEFORE,                             put 0 put 0 put 1,       1|2",
    "FAIL_AFTER,                              put 0 put 0 put 1,       1|2",
    "FAIL_BEFORE FAIL_AFTER,                  put 0 put 0 put 0 put 1, 1|2",
    "ARRIVE_LATE,                             put 0 put 0 put 1,       1|2"
  })
  void aPutThatFailsIsPutAgainUnchanged(String puts, String calls, String stored) throws Exception {
    script(puts);
    log.append(Entries.numbered(1));
    log.append(Entries.numbered(2));
    assertThat(String.join(" ", blocks.calls)).isEqualTo(calls);
    assertThat(text(stored())).isEqualTo(stored);
    assertThat(verified()).isEqualTo(intact(1, 2, 2));
  }

  @ParameterizedTest
  @CsvSource({
    // The refused entry 1 never got there: it is put again, for no other may stand in its place.
    "FAIL_BEFORE FAIL_BEFORE FAIL_BEFORE, put 0 put 0 put 0 put 0 put 1 put 2, 1|2|3",
    // It had got there with the last put.
    "FAIL_BEFORE FAIL_BEFORE FAIL_AFTER, put 0 put 0 put 0 put 0 put 1 put 2, 1|2|3",
    // It gets there right before it is put again.
    "FAIL_BEFORE FAIL_BEFORE ARRIVE_LATE, put 0 put 0 put 0 put 0 put 1 put 2, 1|2|3"
  })
  void whatARefusedPutLeftBehindIsSettledBeforeTheNext(String puts, String calls, String stored)
      throws Exception {
    script(puts);
    assertThat(refused(1)).isEqualTo(Phase.STORE);
    log.append(Entries.numbered(2));
    log.append(Entries.numbered(3));
    assertThat(String.join(" ", blocks.calls)).isEqualTo(calls);
    assertThat(text(stored())).isEqualTo(stored);
    assertThat(verified()).isEqualTo(intact(1, 3, 3));
  }

  @Test
  void nothingElseIsPutWhileItIsUnknownWhetherARefusedBlockIsThere() throws Exception {
    script("FAIL_BEFORE FAIL_BEFORE FAIL_AFTER FAIL_BEFORE FAIL_BEFORE FAIL_BEFORE");
    assertThat(refused(1)).isEqualTo(Phase.STORE);
    assertThat(refused(2)).isEqualTo(Phase.RESOLVE);
    assertThat(log.append(Entries.numbered(3)).block().seq()).isEqualTo(1);
    assertThat(blocks.calls)
        .containsExactly("put 0", "put 0", "put 0", "put 0", "put 0", "put 0", "put 0", "put 1");
    assertThat(text(stored())).isEqualTo("1|3");
    assertThat(verified()).isEqualTo(intact(1, 2, 2));
  }

  @Test
  void aBlockThatCannotBeSettledEndsItsChain() throws Exception {
    script("FAIL_BEFORE ".repeat(3 * 65).strip());
    assertThat(refused(1)).isEqualTo(Phase.STORE);
    for (int i = 0; i < 64; i++) {
      assertThat(refused(2)).isEqualTo(Phase.RESOLVE);
    }
    AuditId id = log.append(Entries.numbered(3));
    assertThat(id.block().seq()).isZero();
    assertThat(text(stored())).isEqualTo("3");
  }

  @Test
  void anotherWritersBlockInItsPlaceEndsTheChainAndRefuses() throws Exception {
    AuditId first = log.append(Entries.numbered(1));
    script("FOREIGN");
    assertThat(refused(2)).isEqualTo(Phase.FOREIGN_BLOCK);
    AuditId third = log.append(Entries.numbered(3));
    assertThat(third.block().chain()).isNotEqualTo(first.block().chain());
    assertThat(third.block().seq()).isZero();
  }

  @Test
  void anErrorInTheStoreRefusesAndLeavesTheLogUsable() throws Exception {
    script("ERROR");
    assertThat(refused(1)).isEqualTo(Phase.STORE);
    assertThat(log.append(Entries.numbered(2)).block().seq()).isEqualTo(1);
    assertThat(blocks.calls).containsExactly("put 0", "put 0", "put 1");
  }

  @Test
  void anInterruptedThreadStillAppendsAndStaysInterrupted() throws Exception {
    Thread.currentThread().interrupt();
    AuditId id = log.append(Entries.numbered(1));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(id.block().seq()).isZero();
    assertThat(text(stored())).isEqualTo("1");
  }

  @Test
  void aProcessRestoredFromASnapshotStartsANewChain() throws Exception {
    AuditId before = log.append(Entries.numbered(1));
    log.newChain();
    AuditId after = log.append(Entries.numbered(2));
    AuditId later = log.append(Entries.numbered(3));
    assertThat(after.block().chain()).isNotEqualTo(before.block().chain());
    assertThat(after.block().seq()).isZero();
    assertThat(later.block()).isEqualTo(new BlockKey(after.block().chain(), 1));
    assertThat(verified()).isEqualTo(intact(2, 3, 3));
  }

  @Test
  void moreEntriesThanMayWaitAreRefusedAtOnce() throws Exception {
    GatedBlocks gated = new GatedBlocks();
    ChainedAuditLog log =
        new ChainedAuditLog(
            gated,
            InstantSource.fixed(NOW),
            new ChainedAuditLog.Settings(2, 1, Duration.ofMinutes(1), Duration.ZERO));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<AuditId> committer = threads.submit(() -> log.append(Entries.numbered(1)));
      gated.entered.await();
      Future<AuditId> second = threads.submit(() -> log.append(Entries.numbered(2)));
      Future<AuditId> third = threads.submit(() -> log.append(Entries.numbered(3)));
      while (log.waiting() < 2) {
        Thread.sleep(1);
      }
      assertThat(
              catchThrowableOfType(
                      AuditUnavailableException.class, () -> log.append(Entries.numbered(4)))
                  .phase())
          .isEqualTo(Phase.QUEUE_FULL);
      gated.open.countDown();
      assertThat(committer.get().block().seq()).isZero();
      assertThat(Set.of(second.get().index(), third.get().index())).isEqualTo(Set.of(0, 1));
      assertThat(second.get().block()).isEqualTo(third.get().block());
    }
  }

  @Test
  void whoWaitsTooLongForATurnIsRefusedAndNotStored() throws Exception {
    GatedBlocks gated = new GatedBlocks();
    ChainedAuditLog log =
        new ChainedAuditLog(
            gated,
            InstantSource.fixed(NOW),
            new ChainedAuditLog.Settings(9, 1, Duration.ofMillis(20), Duration.ZERO));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<AuditId> committer = threads.submit(() -> log.append(Entries.numbered(1)));
      gated.entered.await();
      assertThat(
              catchThrowableOfType(
                      AuditUnavailableException.class, () -> log.append(Entries.numbered(2)))
                  .phase())
          .isEqualTo(Phase.QUEUE_TIME);
      gated.open.countDown();
      committer.get();
    }
    assertThat(log.append(Entries.numbered(3)).block().seq()).isEqualTo(1);
  }

  @Test
  void oneBlockTakesWhatFitsAndTheRestGoesToTheNext() throws Exception {
    GatedBlocks gated = new GatedBlocks();
    ChainedAuditLog log = new ChainedAuditLog(gated, InstantSource.fixed(NOW), SETTINGS);
    Redacted detail = Redacted.EMPTY;
    while (detail.toString().length() < AuditEntry.DETAIL_CHARS_MAX) {
      detail = detail.plus("€€€€€€€€€€"); // three bytes each
    }
    AuditEntry wide =
        AuditEntry.of(Entries.TIME, AuditAction.INVOKE, Actor.SYSTEM, AuditOutcome.TRAP)
            .detail(detail)
            .build();
    int wideBytes = EntryJson.write(wide).length;
    int perBlock = (AuditBlock.BYTES_MAX - AuditBlock.OVERHEAD_BYTES - 1) / (wideBytes + 1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<AuditId>> ids = new ArrayList<>();
      ids.add(threads.submit(() -> log.append(Entries.numbered(1))));
      gated.entered.await();
      for (int i = 0; i < perBlock + 1; i++) {
        ids.add(threads.submit(() -> log.append(wide)));
      }
      while (log.waiting() < perBlock + 1) {
        Thread.sleep(1);
      }
      gated.open.countDown();
      List<Long> seqs = new ArrayList<>();
      for (Future<AuditId> id : ids) {
        seqs.add(id.get().block().seq());
      }
      assertThat(Collections.frequency(seqs, 0L)).isEqualTo(1);
      assertThat(Collections.frequency(seqs, 1L)).isEqualTo(perBlock);
      assertThat(Collections.frequency(seqs, 2L)).isEqualTo(1);
      assertThat(gated.store.all().get(1).bytes())
          .hasSize(AuditBlock.OVERHEAD_BYTES + 1 + perBlock * (wideBytes + 1));
    }
  }

  @Test
  void concurrentAppendsShareBlocksAndEachIsStoredExactlyOnce() throws Exception {
    int threadCount = 16;
    int appendsEach = 250;
    AtomicLong calls = new AtomicLong();
    InMemoryAuditBlocks store = blocks.store;
    // Every seventh put is lost before, every eleventh after it is stored.
    AuditBlocks flaky =
        new ForwardingBlocks(store) {
          @Override
          public PutResult putNew(AuditBlock block) {
            long call = calls.incrementAndGet();
            LockSupport.parkNanos(20_000); // long enough for others to queue
            if (call % 7 == 0) {
              throw new ScriptedAuditBlocks.Down();
            }
            PutResult result = super.putNew(block);
            if (call % 11 == 0) {
              throw new ScriptedAuditBlocks.Down();
            }
            return result;
          }
        };
    ChainedAuditLog log = new ChainedAuditLog(flaky, InstantSource.system(), SETTINGS);
    List<AuditId> ids = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch start = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newFixedThreadPool(threadCount)) {
      List<Future<?>> done = new ArrayList<>();
      for (int t = 0; t < threadCount; t++) {
        long base = t * 1000L;
        done.add(
            threads.submit(() -> {
              start.await();
              for (int i = 0; i < appendsEach; i++) {
                AuditId id = log.append(Entries.numbered(base + i));
                ids.add(id);
                AuditBlock block = store.get(id.block()).orElseThrow().intact().orElseThrow();
                assertThat(block.entries().orElseThrow().get(id.index()).inputBytes())
                    .isEqualTo(base + i);
              }
              return null;
            }));
      }
      start.countDown();
      for (Future<?> each : done) {
        each.get();
      }
    }
    int all = threadCount * appendsEach;
    assertThat(ids).doesNotHaveDuplicates().hasSize(all);
    List<Long> numbers = stored().stream().flatMap(List::stream).sorted().toList();
    List<Long> expected =
        LongStream.range(0, threadCount)
            .boxed()
            .flatMap(t -> LongStream.range(0, appendsEach).map(i -> t * 1000 + i).boxed())
            .toList();
    assertThat(numbers).isEqualTo(expected);
    assertThat(stored().size()).isLessThan(all);
    assertThat(verified()).isEqualTo(intact(1, stored().size(), all));
  }

  private void script(String puts) {
    for (String step : puts.isEmpty() ? new String[0] : puts.split(" ")) {
      blocks.puts.add(Step.valueOf(step));
    }
  }

  private static String text(List<List<Long>> stored) {
    return stored.stream()
        .map(b -> b.stream().map(String::valueOf).collect(Collectors.joining(",")))
        .collect(Collectors.joining("|"));
  }

  /** Lets nothing through until the gate opens. */
  private static final class GatedBlocks extends ForwardingBlocks {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch open = new CountDownLatch(1);
    final InMemoryAuditBlocks store;

    GatedBlocks() {
      this(new InMemoryAuditBlocks());
    }

    private GatedBlocks(InMemoryAuditBlocks store) {
      super(store);
      this.store = store;
    }

    @Override
    public PutResult putNew(AuditBlock block) {
      entered.countDown();
      try {
        open.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return super.putNew(block);
    }
  }

  private static class ForwardingBlocks implements AuditBlocks {
    private final AuditBlocks to;

    ForwardingBlocks(AuditBlocks to) {
      this.to = to;
    }

    @Override
    public PutResult putNew(AuditBlock block) {
      return to.putNew(block);
    }

    @Override
    public Optional<StoredBlock> head(ChainId chain) {
      return to.head(chain);
    }

    @Override
    public Optional<StoredBlock> get(BlockKey key) {
      return to.get(key);
    }

    @Override
    public Page<ChainId, TimePosition> chains(Optional<TimePosition> after, int limit) {
      return to.chains(after, limit);
    }

    @Override
    public Page<StoredBlock, Long> blocks(ChainId chain, long fromSeq, int limit) {
      return to.blocks(chain, fromSeq, limit);
    }

    @Override
    public Page<BlockKey, TimePosition> keysByTime(
        TimeRange range, Optional<TimePosition> after, int limit) {
      return to.keysByTime(range, after, limit);
    }

    @Override
    public Page<StoredBlock, TimePosition> byTime(
        TimeRange range, Order order, Optional<TimePosition> after, int limit) {
      return to.byTime(range, order, after, limit);
    }
  }
}
