package dev.ampoule.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.AuditVerification.Counts;
import dev.ampoule.audit.AuditVerification.Result;
import dev.ampoule.audit.Finding.BlockProblem;
import dev.ampoule.audit.Finding.CheckpointProblem;
import dev.ampoule.privacy.Redacted;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AuditVerificationTest {
  private static final AuditBlock A0 =
      Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.FULL, Entries.numbered(2));
  private static final AuditBlock A1 = Entries.after(A0, Entries.numbered(3));
  private static final AuditBlock A2 = Entries.after(A1, Entries.numbered(4));
  private static final AuditBlock B0 =
      Entries.first(Entries.CHAIN_B, Entries.TIME, Entries.numbered(5));
  private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");

  private InMemoryAuditBlocks blocks = new InMemoryAuditBlocks();
  private InMemoryCheckpoints checkpoints = new InMemoryCheckpoints();

  @BeforeEach
  void fill() {
    blocks = new InMemoryAuditBlocks();
    checkpoints = new InMemoryCheckpoints();
    for (AuditBlock block : List.of(A0, A1, A2, B0)) {
      blocks.putNew(block);
    }
  }

  private Checkpoint checkpoint(CheckpointSigner signer, Instant time) {
    return ((TakeCheckpoint.Result.Taken)
            new TakeCheckpoint(blocks, checkpoints, signer, InstantSource.fixed(time)).run())
        .checkpoint();
  }

  private Result verified(int findingsMax) {
    return new AuditVerification(blocks, checkpoints, Set.of(Keys.SIGNER.publicKey()))
        .run(findingsMax);
  }

  private List<Finding> findings() {
    return switch (verified(100)) {
      case Result.Intact(Counts _) -> List.of();
      case Result.Tampered(Counts _, List<Finding> findings, boolean complete) -> {
        assertThat(complete).isTrue();
        yield findings;
      }
    };
  }

  private static Finding of(AuditBlock block, BlockProblem problem) {
    return new Finding.OfBlock(block.key(), problem);
  }

  private static Finding of(Checkpoint checkpoint, CheckpointProblem problem) {
    return new Finding.OfCheckpoint(Redacted.identifier(checkpoint.name()), problem);
  }

  private StoredBlock stored(AuditBlock block) {
    return blocks.get(block.key()).orElseThrow();
  }

  @Test
  void whatWasWrittenIsIntactAndCounted() {
    assertThat(verified(1)).isEqualTo(new Result.Intact(new Counts(2, 4, 5, 0, Optional.empty())));
    checkpoint(Keys.SIGNER, NOON);
    checkpoint(Keys.SIGNER, NOON.plusSeconds(60));
    assertThat(verified(1))
        .isEqualTo(new Result.Intact(new Counts(2, 4, 5, 2, Optional.of(NOON.plusSeconds(60)))));
  }

  @Test
  void anEmptyLogIsIntact() {
    blocks = new InMemoryAuditBlocks();
    checkpoint(Keys.SIGNER, NOON);
    assertThat(verified(1)).isEqualTo(new Result.Intact(new Counts(0, 0, 0, 1, Optional.of(NOON))));
  }

  @Test
  void flippingAnyBitOfAnyByteOfABlockNamesThatBlock() {
    checkpoint(Keys.SIGNER, NOON);
    for (AuditBlock block : List.of(A0, A1, A2)) {
      for (int at = 0; at < block.bytes().length; at++) {
        StoredBlock good = stored(block);
        byte[] bytes = block.bytes();
        bytes[at] ^= (byte) (1 << (at % 8));
        blocks.replace(new StoredBlock(good.key(), bytes, good.hash(), good.index()));
        assertThat(findings())
            .as("byte %d of %s", at, block.key())
            .contains(of(block, BlockProblem.HASH_MISMATCH))
            .allMatch(
                f -> f instanceof Finding.OfBlock(BlockKey key, _) && key.equals(block.key()));
        blocks.replace(good);
      }
    }
    assertThat(findings()).isEmpty();
  }

  @Test
  void flippingAnyCharacterOfWhatIsStoredBesideABlockNamesThatBlock() {
    for (AuditBlock block : List.of(A0, A1, A2)) {
      StoredBlock good = stored(block);
      for (int at = 0; at < good.hash().length(); at++) {
        blocks.replace(
            new StoredBlock(good.key(), good.bytes(), flipped(good.hash(), at), good.index()));
        assertThat(findings()).containsExactly(of(block, BlockProblem.HASH_MISMATCH));
      }
      for (Map.Entry<String, String> attribute : good.index().entrySet()) {
        for (int at = 0; at < attribute.getValue().length(); at++) {
          Map<String, String> index = new HashMap<>(good.index());
          index.put(attribute.getKey(), flipped(attribute.getValue(), at));
          blocks.replace(new StoredBlock(good.key(), good.bytes(), good.hash(), index));
          assertThat(findings())
              .as("%s of %s at %d", attribute.getKey(), block.key(), at)
              .contains(of(block, BlockProblem.INDEX_MISMATCH));
        }
      }
      blocks.replace(good);
    }
    assertThat(findings()).isEmpty();
  }

  private static String flipped(String text, int at) {
    char[] chars = text.toCharArray();
    chars[at] = (char) (chars[at] ^ 1);
    return new String(chars);
  }

  @Test
  void aDeletedBlockIsNamed() {
    blocks.remove(A1.key());
    assertThat(findings()).containsExactly(of(A1, BlockProblem.MISSING));
    fill();
    blocks.remove(A0.key()); // also off the list of chains
    assertThat(findings()).containsExactly(of(A0, BlockProblem.MISSING));
  }

  @Test
  void aTailThatIsCutOffIsFoundWhereACheckpointNamesIt() {
    checkpoint(Keys.SIGNER, NOON);
    blocks.remove(A2.key());
    assertThat(findings()).containsExactly(of(A2, BlockProblem.CHECKPOINTED_MISSING));
    fill();
    checkpoint(Keys.SIGNER, NOON);
    blocks.remove(B0.key());
    assertThat(findings()).containsExactly(of(B0, BlockProblem.CHECKPOINTED_MISSING));
  }

  @Test
  void aTailThatIsCutOffBeyondTheLastCheckpointIsNotFound() {
    blocks.remove(A2.key());
    assertThat(findings()).isEmpty();
  }

  @Test
  void swappedBlocksAreBothNamed() {
    StoredBlock one = stored(A1);
    StoredBlock two = stored(A2);
    blocks.replace(new StoredBlock(one.key(), two.bytes(), two.hash(), two.index()));
    blocks.replace(new StoredBlock(two.key(), one.bytes(), one.hash(), one.index()));
    assertThat(findings())
        .containsExactly(of(A1, BlockProblem.MISPLACED), of(A2, BlockProblem.MISPLACED));
  }

  @Test
  void aCopyOfABlockAtTheEndIsNamed() {
    StoredBlock one = stored(A1);
    BlockKey end = new BlockKey(Entries.CHAIN_A, 3);
    blocks.replace(new StoredBlock(end, one.bytes(), one.hash(), one.index()));
    assertThat(findings()).containsExactly(new Finding.OfBlock(end, BlockProblem.MISPLACED));
  }

  @Test
  void aBlockThatIsReplacedWithItsHashBreaksTheLink() {
    blocks.replace(StoredBlock.of(Entries.after(A0, Entries.numbered(99))));
    assertThat(findings()).containsExactly(of(A2, BlockProblem.LINK_BROKEN));
  }

  @Test
  void aChainThatIsRewrittenWholeIsFoundWhereACheckpointNamesIt() {
    checkpoint(Keys.SIGNER, NOON);
    AuditBlock first = Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.numbered(90));
    AuditBlock second = Entries.after(first, Entries.numbered(91));
    AuditBlock third = Entries.after(second, Entries.numbered(92));
    Stream.of(first, second, third).forEach(b -> blocks.replace(StoredBlock.of(b)));
    assertThat(findings()).containsExactly(of(third, BlockProblem.CHECKPOINT_MISMATCH));
  }

  @Test
  void entriesThatCannotBeReadAreNamed() {
    for (String body :
        List.of(
            "",
            "[]",
            "{}",
            "[{}]",
            "[1]",
            text(EntryJson.array(List.of(EntryJson.write(Entries.FULL)))) + " []",
            "[" + text(EntryJson.write(Entries.FULL)).replace("}", ",\"name\":\"x\"}") + "]",
            "[" + text(EntryJson.write(Entries.FULL)).replace("}", ",\"inputBytes\":1}") + "]",
            "[" + text(EntryJson.write(Entries.FULL)).replace("TREAT", "CURIOUS") + "]",
            "[" + text(EntryJson.write(Entries.FULL)).replace("2048", "-1") + "]",
            "[" + text(EntryJson.write(Entries.FULL)).replace("2048", "\"2048\"") + "]",
            "[" + text(EntryJson.write(Entries.FULL)).replace("2026-11", "2026-13") + "]",
            "[" + text(EntryJson.write(Entries.FULL)).replace("2026-11", "1926-11") + "]")) {
      byte[] bytes =
          Encoding.join(
              Encoding.ascii(AuditBlock.DOMAIN),
              Encoding.ascii(Entries.CHAIN_B.value()),
              Encoding.number(0),
              Sha256.ZERO.bytes(),
              Encoding.number(Entries.TIME.toEpochMilli()),
              body.getBytes(StandardCharsets.UTF_8));
      blocks.replace(StoredBlock.of(AuditBlock.decode(bytes).orElseThrow()));
      assertThat(findings()).as(body).containsExactly(of(B0, BlockProblem.ENTRIES_UNREADABLE));
    }
  }

  private static String text(byte[] json) {
    return new String(json, StandardCharsets.UTF_8);
  }

  @Test
  void aCheckpointThatIsChangedIsNamed() {
    Checkpoint good = checkpoint(Keys.SIGNER, NOON);
    byte[] json = good.json();
    for (int at = 0; at < json.length; at++) {
      byte[] changed = json.clone();
      changed[at] ^= 1;
      checkpoints.replace(new StoredCheckpoint(good.name(), changed));
      assertThat(findings())
          .as("byte %d", at)
          .hasSize(1)
          .allMatch(f ->
              f instanceof Finding.OfCheckpoint(Redacted name, _)
                  && name.equals(Redacted.identifier(good.name())));
    }
  }

  @Test
  void whatIsWrongWithACheckpointIsTold() {
    Checkpoint good = checkpoint(Keys.SIGNER, NOON);
    ChainHead head = good.heads().getFirst();
    Map<CheckpointProblem, Checkpoint> wrong =
        Map.of(
            CheckpointProblem.BAD_ROOT,
            new Checkpoint(good.time(), List.of(head), good.root(), good.keyId(), good.signature()),
            CheckpointProblem.BAD_SIGNATURE,
            new Checkpoint(
                good.time(),
                List.of(head),
                Checkpoint.root(List.of(head)),
                good.keyId(),
                good.signature()),
            CheckpointProblem.UNKNOWN_KEY,
            Keys.OTHER.sign(good.time(), good.heads()));
    wrong.forEach((problem, checkpoint) -> {
      checkpoints.replace(new StoredCheckpoint(good.name(), checkpoint.json()));
      assertThat(findings()).containsExactly(of(good, problem));
    });
    Checkpoint forged =
        new Checkpoint(
            good.time(),
            good.heads(),
            good.root(),
            Keys.SIGNER.id(),
            Keys.OTHER.sign(good.time(), good.heads()).signature());
    checkpoints.replace(new StoredCheckpoint(good.name(), forged.json()));
    assertThat(findings()).containsExactly(of(good, CheckpointProblem.BAD_SIGNATURE));
    checkpoints.replace(new StoredCheckpoint("20261124T000000.000Z", good.json()));
    assertThat(findings())
        .contains(
            new Finding.OfCheckpoint(
                Redacted.literal("20261124T000000.000Z"), CheckpointProblem.UNREADABLE));
  }

  @Test
  void noMoreFindingsAreReportedThanAskedForAndThatIsSaid() {
    for (AuditBlock block : List.of(A0, A1, A2)) {
      StoredBlock good = stored(block);
      blocks.replace(new StoredBlock(good.key(), good.bytes(), "", good.index()));
    }
    Result.Tampered two = (Result.Tampered) verified(2);
    assertThat(two.findings())
        .containsExactly(of(A0, BlockProblem.HASH_MISMATCH), of(A1, BlockProblem.HASH_MISMATCH));
    assertThat(two.complete()).isFalse();
    Result.Tampered three = (Result.Tampered) verified(3);
    assertThat(three.findings()).hasSize(3);
    assertThat(three.complete()).isTrue();
  }

  @Test
  void aLogThatGrowsWhileItIsVerifiedIsIntact() throws Exception {
    checkpoint(Keys.SIGNER, NOON);
    ChainedAuditLog log =
        new ChainedAuditLog(blocks, InstantSource.fixed(NOON), ChainedAuditLog.Settings.DEFAULT);
    log.append(Entries.numbered(1));
    AtomicInteger reads = new AtomicInteger();
    // Before every page of blocks, another append; every second one on a chain of its own.
    BlockReader growing =
        new BlockReader() {
          private void grow() {
            try {
              if (reads.incrementAndGet() % 2 == 0) {
                log.newChain();
              }
              log.append(Entries.numbered(reads.get()));
            } catch (AuditUnavailableException e) {
              throw new IllegalStateException(e);
            }
          }

          @Override
          public Page<ChainId, TimePosition> chains(Optional<TimePosition> after, int limit) {
            Page<ChainId, TimePosition> page = blocks.chains(after, limit);
            grow();
            return page;
          }

          @Override
          public Optional<StoredBlock> get(BlockKey key) {
            return blocks.get(key);
          }

          @Override
          public Page<StoredBlock, Long> blocks(ChainId chain, long fromSeq, int limit) {
            Page<StoredBlock, Long> page = blocks.blocks(chain, fromSeq, limit);
            grow();
            return page;
          }

          @Override
          public Page<BlockKey, TimePosition> keysByTime(
              TimeRange range, Optional<TimePosition> after, int limit) {
            grow();
            return blocks.keysByTime(range, after, limit);
          }
        };
    assertThat(new AuditVerification(growing, checkpoints, Set.of(Keys.SIGNER.publicKey())).run(10))
        .isInstanceOf(Result.Intact.class);
    assertThat(reads.get()).isGreaterThan(4);
  }

  @Test
  void manyBlocksAreReadAPageAtATime() throws Exception {
    blocks = new InMemoryAuditBlocks();
    List<AuditBlock> chain =
        new ArrayList<>(List.of(Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.FULL)));
    for (int i = 1; i < 1234; i++) {
      chain.add(Entries.after(chain.getLast(), Entries.numbered(i)));
    }
    chain.forEach(blocks::putNew);
    assertThat(verified(1))
        .isEqualTo(new Result.Intact(new Counts(1, 1234, 1234, 0, Optional.empty())));
  }

  @Test
  void theHashIsOverLengthPrefixedFieldsInOneOrder() {
    byte[] body = EntryJson.array(List.of(EntryJson.write(Entries.numbered(3))));
    ByteBuffer expected = ByteBuffer.allocate(4096);
    for (byte[] field :
        List.of(
            "ampoule.dev/audit-block/v1".getBytes(StandardCharsets.US_ASCII),
            "019a0000-0000-7000-8000-00000000000a".getBytes(StandardCharsets.US_ASCII),
            ByteBuffer.allocate(8).putLong(1).array(),
            A0.hash().bytes(),
            ByteBuffer.allocate(8).putLong(Entries.TIME.toEpochMilli() + 1000).array(),
            body)) {
      expected.putInt(field.length).put(field);
    }
    byte[] bytes = new byte[expected.position()];
    expected.flip().get(bytes);
    assertThat(A1.bytes()).isEqualTo(bytes);
    assertThat(A1.hash()).isEqualTo(Sha256.of(bytes));
  }
}
