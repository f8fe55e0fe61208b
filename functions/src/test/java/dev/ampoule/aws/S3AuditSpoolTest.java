package dev.ampoule.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.AuditBlock;
import dev.ampoule.audit.AuditBlocks.PutResult;
import dev.ampoule.audit.AuditSpool;
import dev.ampoule.audit.AuditSpoolContract;
import dev.ampoule.audit.Entries;
import dev.ampoule.privacy.Redacted;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

final class S3AuditSpoolTest extends AuditSpoolContract {
  private static final AuditBlock BLOCK =
      Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.numbered(1));

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
  protected AuditSpool spool() {
    return new S3AuditSpool(s3.client(), s3.newBucket());
  }

  @Test
  void aPutWhoseAnswerWasLostIsKnownAsOurs() {
    String bucket = s3.newBucket();
    try (S3Client client = s3.clientThatLosesTheFirstAnswer()) {
      assertThat(new S3AuditSpool(client, bucket).putNew(BLOCK)).isEqualTo(new PutResult.Stored());
    }
  }

  @Test
  void anObjectThatIsNoBlockIsReportedByItsKeyAndStopsNoPage() {
    String bucket = s3.newBucket();
    AuditSpool spool = new S3AuditSpool(s3.client(), bucket);
    for (String key : new String[] {"blocks/0/x", "blocks/zzz", "other/x"}) {
      s3.client().putObject(p -> p.bucket(bucket).key(key), RequestBody.fromString("x"));
    }
    spool.putNew(BLOCK);
    var first = spool.list(Optional.empty(), Optional.empty(), 1);
    assertThat(first.items()).extracting(AuditSpool.Spooled::key).containsExactly(BLOCK.key());
    assertThat(first.unreadable()).containsExactly(Redacted.identifier("blocks/0/x"));
    var second = spool.list(Optional.empty(), first.next(), 1);
    assertThat(second.items()).isEmpty();
    assertThat(second.unreadable()).containsExactly(Redacted.identifier("blocks/zzz"));
  }

  @Test
  void aBlockThatWasChangedInTheSpoolIsNotIntact() {
    String bucket = s3.newBucket();
    AuditSpool spool = new S3AuditSpool(s3.client(), bucket);
    spool.putNew(BLOCK);
    String key = s3.client().listObjectsV2(l -> l.bucket(bucket)).contents().getFirst().key();
    s3.client()
        .putObject(
            p -> p.bucket(bucket).key(key),
            RequestBody.fromBytes(
                Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.numbered(2)).bytes()));
    assertThat(spool.get(BLOCK.key()).orElseThrow().intact()).isEmpty();
  }
}
