package dev.ampoule.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.BlockKey;
import dev.ampoule.audit.ChainHead;
import dev.ampoule.audit.Checkpoints;
import dev.ampoule.audit.CheckpointsContract;
import dev.ampoule.audit.Entries;
import dev.ampoule.audit.Keys;
import dev.ampoule.audit.Sha256;
import dev.ampoule.privacy.Redacted;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

final class S3CheckpointsTest extends CheckpointsContract {
  private static EmbeddedS3 s3;

  @BeforeAll
  static void start() throws Exception {
    s3 = EmbeddedS3.start();
  }

  @AfterAll
  static void stop() {
    s3.close();
  }

  @Override
  protected Checkpoints checkpoints() {
    return checkpoints(s3.newBucket());
  }

  private static Checkpoints checkpoints(String bucket) {
    return new S3Checkpoints(
        s3.client(), bucket, InstantSource.fixed(Entries.TIME.plus(Duration.ofMinutes(10))));
  }

  @Test
  void anObjectThatIsNoCheckpointIsReportedByItsKey() {
    String bucket = s3.newBucket();
    Checkpoints checkpoints = checkpoints(bucket);
    s3.client()
        .putObject(p -> p.bucket(bucket).key("checkpoints/2026.txt"), RequestBody.fromString("x"));
    s3.client().putObject(p -> p.bucket(bucket).key("other/x.json"), RequestBody.fromString("x"));
    checkpoints.putNew(Keys.SIGNER.sign(Entries.TIME, List.of()));
    var page = checkpoints.list(Optional.empty(), 10);
    assertThat(page.items()).hasSize(1);
    assertThat(page.unreadable()).containsExactly(Redacted.identifier("checkpoints/2026.txt"));
  }

  @Test
  void aPutWhoseAnswerWasLostIsKnownAsOurs() {
    String bucket = s3.newBucket();
    try (S3Client client = s3.clientThatLosesTheFirstAnswer()) {
      Checkpoints checkpoints = new S3Checkpoints(client, bucket, InstantSource.system());
      assertThat(checkpoints.putNew(Keys.SIGNER.sign(Entries.TIME, List.of()))).isTrue();
    }
    assertThat(checkpoints(bucket).list(Optional.empty(), 10).items()).hasSize(1);
  }

  @Test
  void aPutWhoseAnswerWasLostIsNotTakenForAnothersCheckpoint() {
    String bucket = s3.newBucket();
    assertThat(checkpoints(bucket).putNew(Keys.SIGNER.sign(Entries.TIME, List.of()))).isTrue();
    var head = new ChainHead(new BlockKey(Entries.CHAIN_A, 0), Sha256.ZERO);
    try (S3Client client = s3.clientThatLosesTheFirstAnswer()) {
      Checkpoints checkpoints = new S3Checkpoints(client, bucket, InstantSource.system());
      assertThat(checkpoints.putNew(Keys.SIGNER.sign(Entries.TIME, List.of(head)))).isFalse();
    }
  }
}
