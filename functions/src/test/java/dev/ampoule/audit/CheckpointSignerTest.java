package dev.ampoule.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CheckpointSignerTest {
  @Test
  void aCheckpointIsReadBackAndHeldToTheKeyThatSignedIt() {
    Checkpoint checkpoint =
        Keys.SIGNER.sign(
            Entries.TIME,
            List.of(
                new ChainHead(new BlockKey(Entries.CHAIN_B, 7), Sha256.of(new byte[] {2})),
                new ChainHead(new BlockKey(Entries.CHAIN_A, 0), Sha256.of(new byte[] {1}))));
    assertThat(Checkpoint.read(checkpoint.json())).hasValue(checkpoint);
    assertThat(checkpoint.heads())
        .extracting(h -> h.block().chain())
        .containsExactly(Entries.CHAIN_A, Entries.CHAIN_B);
    assertThat(checkpoint.rootHolds()).isTrue();
    assertThat(checkpoint.signedBy(Keys.SIGNER.publicKey())).isTrue();
    assertThat(checkpoint.signedBy(Keys.OTHER.publicKey())).isFalse();
    assertThat(checkpoint.name()).isEqualTo("20261123T133552.123Z");
  }

  @Test
  void keysThatAreWrongOrDoNotBelongTogetherAreRefusedWithoutShowingThem() {
    for (String[] pair :
        new String[][] {
          {Keys.PRIVATE, Keys.OTHER_PUBLIC}, {Keys.PUBLIC, Keys.PUBLIC}, {"", ""}, {"?", "!"}
        }) {
      assertThatThrownBy(() -> CheckpointSigner.of(pair[0], pair[1]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasNoCause()
          .hasMessageStartingWith("checkpoint signing key: ")
          .hasMessageNotContaining("MC");
    }
  }

  @Test
  void aChainThatTheListOfChainsHasLostStaysInEveryLaterCheckpoint() {
    InMemoryAuditBlocks blocks = new InMemoryAuditBlocks();
    InMemoryCheckpoints checkpoints = new InMemoryCheckpoints();
    AuditBlock first = Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.FULL);
    blocks.putNew(first);
    new TakeCheckpoint(blocks, checkpoints, Keys.SIGNER, InstantSource.fixed(Entries.TIME)).run();
    AuditBlock second = Entries.after(first, Entries.numbered(2));
    blocks.putNew(second);
    StoredBlock listed = blocks.get(first.key()).orElseThrow();
    blocks.replace(new StoredBlock(listed.key(), listed.bytes(), listed.hash(), Map.of()));
    var clock = InstantSource.fixed(Entries.TIME.plusSeconds(60));
    TakeCheckpoint.Result result =
        new TakeCheckpoint(blocks, checkpoints, Keys.SIGNER, clock).run();
    assertThat(((TakeCheckpoint.Result.Taken) result).checkpoint().heads())
        .containsExactly(new ChainHead(second.key(), second.hash()));
  }

  @Test
  void ofTwoCheckpointsOfOneMillisecondTheFirstIsKept() {
    InMemoryAuditBlocks blocks = new InMemoryAuditBlocks();
    InMemoryCheckpoints checkpoints = new InMemoryCheckpoints();
    AuditBlock first = Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.FULL);
    blocks.putNew(first);
    TakeCheckpoint take =
        new TakeCheckpoint(blocks, checkpoints, Keys.SIGNER, InstantSource.fixed(Entries.TIME));
    TakeCheckpoint.Result taken = take.run();
    assertThat(take.run()).isEqualTo(taken);
    blocks.putNew(Entries.after(first, Entries.numbered(2)));
    assertThat(take.run()).isEqualTo(new TakeCheckpoint.Result.SameInstant());
    assertThat(checkpoints.latest().orElseThrow().readable())
        .hasValue(((TakeCheckpoint.Result.Taken) taken).checkpoint());
  }
}
