package dev.ampoule.aws;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.AuditBlock;
import dev.ampoule.audit.AuditBlocks;
import dev.ampoule.audit.AuditBlocksContract;
import dev.ampoule.audit.AuditVerification;
import dev.ampoule.audit.BlockKey;
import dev.ampoule.audit.Entries;
import dev.ampoule.audit.Finding;
import dev.ampoule.audit.Finding.BlockProblem;
import dev.ampoule.audit.InMemoryCheckpoints;
import dev.ampoule.privacy.Redacted;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

final class DynamoDbAuditBlocksTest extends AuditBlocksContract {
  private static EmbeddedDynamoDb dynamoDb;
  private static DynamoDbClient client;

  private String table = "";

  @BeforeAll
  static void start() {
    dynamoDb = new EmbeddedDynamoDb();
    client = dynamoDb.client();
  }

  @AfterAll
  static void stop() {
    dynamoDb.close();
  }

  @BeforeEach
  void table() {
    table = dynamoDb.newTable(Tables::auditTable);
  }

  @Override
  protected AuditBlocks blocks() {
    return new DynamoDbAuditBlocks(client, table, InstantSource.fixed(NOW));
  }

  private static final AuditBlock FIRST =
      Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.FULL);
  private static final AuditBlock SECOND = Entries.after(FIRST, Entries.numbered(2));
  private static final AuditBlock THIRD = Entries.after(SECOND, Entries.numbered(3));

  private AuditVerification.Result verified() {
    return new AuditVerification(blocks(), new InMemoryCheckpoints(), Set.of()).run(100);
  }

  private List<Finding> findings() {
    return ((AuditVerification.Result.Tampered) verified()).findings();
  }

  private void fill() {
    for (AuditBlock block : List.of(FIRST, SECOND, THIRD)) {
      blocks().putNew(block);
    }
    assertThat(verified()).isInstanceOf(AuditVerification.Result.Intact.class);
  }

  private static Map<String, AttributeValue> key(long seq) {
    return Map.of(
        "pk",
        AttributeValue.fromS("CHAIN#" + Entries.CHAIN_A),
        "sk",
        AttributeValue.fromN(Long.toString(seq)));
  }

  /** Changes an item as someone with full access would: keys by deleting and putting. */
  private void change(long seq, Consumer<Map<String, AttributeValue>> change) {
    Map<String, AttributeValue> item =
        new HashMap<>(client.getItem(g -> g.tableName(table).key(key(seq))).item());
    client.deleteItem(d -> d.tableName(table).key(key(seq)));
    change.accept(item);
    client.putItem(p -> p.tableName(table).item(item));
  }

  private static Finding found(long seq, BlockProblem problem) {
    return new Finding.OfBlock(new BlockKey(Entries.CHAIN_A, seq), problem);
  }

  private static String flipped(String text, int at) {
    char[] chars = text.toCharArray();
    chars[at] = (char) (chars[at] ^ 1);
    return new String(chars);
  }

  @Test
  void flippingAByteOfAnyAttributeOfAnyItemNamesTheBlock() {
    for (long seq = 0; seq < 3; seq++) {
      for (String name : List.of("block", "hash", "day", "place", "chains")) {
        if (name.equals("chains") && seq > 0) {
          continue; // only the first block of a chain has it
        }
        table();
        fill();
        change(
            seq,
            item -> {
              AttributeValue value = requireNonNull(item.get(name));
              if (name.equals("block")) {
                byte[] bytes = value.b().asByteArray();
                bytes[bytes.length - 3] ^= 1;
                item.put(name, AttributeValue.fromB(SdkBytes.fromByteArray(bytes)));
              } else {
                item.put(name, AttributeValue.fromS(flipped(value.s(), 5)));
              }
            });
        // Off the list of chains the chain is still found by the day, or else by nothing but
        // checkpoints; so each is found here.
        assertThat(findings())
            .as("%s of %d", name, seq)
            .extracting(DynamoDbAuditBlocksTest::block)
            .contains(new BlockKey(Entries.CHAIN_A, seq));
      }
    }
  }

  private static Object block(Finding finding) {
    return switch (finding) {
      case Finding.OfBlock(BlockKey block, BlockProblem _) -> block;
      case Finding.OfCheckpoint(Redacted name, Finding.CheckpointProblem _) -> name;
      case Finding.OfKey(Redacted key) -> key;
    };
  }

  @Test
  void aBlockUnderAnotherChainsNameIsMissedInItsOwn() {
    for (String pk : List.of("CHAIN#" + Entries.CHAIN_B, "CHAIN#x", "x")) {
      for (long seq = 0; seq < 3; seq++) {
        table();
        fill();
        change(seq, item -> item.put("pk", AttributeValue.fromS(pk)));
        boolean last = seq == 2;
        if (last) {
          // Its own chain ends earlier now, which alone would not show: where it went does.
          assertThat(findings()).as("%s %d", pk, seq).isNotEmpty();
        } else {
          assertThat(findings()).as("%s %d", pk, seq).contains(found(seq, BlockProblem.MISSING));
        }
      }
    }
  }

  @Test
  void aBlockUnderAnotherNumberIsFound() {
    for (String sk : List.of("7", "-1", "0.5", "1e30")) {
      table();
      fill();
      change(1, item -> item.put("sk", AttributeValue.fromN(sk)));
      assertThat(findings()).as(sk).contains(found(1, BlockProblem.MISSING)).hasSizeGreaterThan(1);
    }
  }

  @Test
  void attributesThatAreMissingOfAnotherTypeOrTooManyAreFound() {
    table();
    fill();
    change(0, item -> item.remove("chains"));
    assertThat(findings()).containsExactly(found(0, BlockProblem.INDEX_MISMATCH));
    table();
    fill();
    change(1, item -> item.remove("block"));
    assertThat(findings())
        .containsExactly(found(1, BlockProblem.HASH_MISMATCH), found(1, BlockProblem.UNREADABLE));
    table();
    fill();
    change(1, item -> item.put("hash", AttributeValue.fromN("1")));
    assertThat(findings()).containsExactly(found(1, BlockProblem.HASH_MISMATCH));
    table();
    fill();
    change(2, item -> item.put("extra", AttributeValue.fromBool(true)));
    assertThat(findings()).containsExactly(found(2, BlockProblem.INDEX_MISMATCH));
  }

  @Test
  void aDeletedBlockIsNamed() {
    for (long seq = 0; seq < 2; seq++) {
      table();
      fill();
      long gone = seq;
      client.deleteItem(d -> d.tableName(table).key(key(gone)));
      assertThat(findings()).containsExactly(found(seq, BlockProblem.MISSING));
    }
  }
}
