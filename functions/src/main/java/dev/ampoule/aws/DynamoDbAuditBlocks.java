package dev.ampoule.aws;

import static java.util.Objects.requireNonNull;

import dev.ampoule.audit.AuditBlock;
import dev.ampoule.audit.AuditBlocks;
import dev.ampoule.audit.BlockKey;
import dev.ampoule.audit.ChainId;
import dev.ampoule.audit.Page;
import dev.ampoule.audit.StoredBlock;
import dev.ampoule.audit.TimePosition;
import dev.ampoule.audit.TimeRange;
import dev.ampoule.privacy.Redacted;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * One block an item: pk {@code CHAIN#{chain}}, sk seq, {@code block} (the hashed bytes), {@code
 * hash} (hexadecimal) and the attributes of {@link AuditBlock#index}. {@link Tables#auditTable}
 * makes the table.
 */
public final class DynamoDbAuditBlocks implements AuditBlocks {
  static final String PK = "pk";
  static final String SK = "sk";
  static final String BY_DAY = "byDay";
  static final String CHAINS = "chains";

  private static final String PK_PREFIX = "CHAIN#";
  private static final String BLOCK = "block";
  private static final String HASH = "hash";

  /** Days looked through for one page, each one query. */
  private static final int DAYS_PER_PAGE = 31;

  private static final int BATCH_ATTEMPTS_MAX = 10;

  /** The SDK's own retries included; the log retries after that. */
  private static final AwsRequestOverrideConfiguration BOUNDED =
      AwsRequestOverrideConfiguration.builder()
          .apiCallAttemptTimeout(Duration.ofSeconds(1))
          .apiCallTimeout(Duration.ofSeconds(2))
          .build();

  private final DynamoDbClient client;
  private final String table;
  private final InstantSource clock;

  /**
   * Takes what it works with.
   *
   * @param clock says which day is the last one to look at
   */
  public DynamoDbAuditBlocks(DynamoDbClient client, String table, InstantSource clock) {
    this.client = requireNonNull(client, "client");
    this.table = requireNonNull(table, "table");
    this.clock = requireNonNull(clock, "clock");
  }

  private static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }

  private static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }

  private static Map<String, AttributeValue> key(BlockKey key) {
    return Map.of(PK, text(PK_PREFIX + key.chain()), SK, number(key.seq()));
  }

  private static Map<String, AttributeValue> item(AuditBlock block) {
    Map<String, AttributeValue> item = new HashMap<>(key(block.key()));
    item.put(BLOCK, AttributeValue.fromB(SdkBytes.fromByteArray(block.bytes())));
    item.put(HASH, text(block.hash().hex()));
    block.index().forEach((name, value) -> item.put(name, text(value)));
    return item;
  }

  private static Optional<BlockKey> blockKey(Map<String, AttributeValue> item) {
    Optional<ChainId> chain = chain(item);
    if (chain.isEmpty()) {
      return Optional.empty();
    }
    try {
      long seq = new BigDecimal(requireNonNull(item.get(SK)).n()).longValueExact();
      return seq < 0 || seq > BlockKey.SEQ_MAX
          ? Optional.empty()
          : Optional.of(new BlockKey(chain.get(), seq));
    } catch (ArithmeticException _) {
      return Optional.empty();
    }
  }

  private static Optional<ChainId> chain(Map<String, AttributeValue> item) {
    String pk = requireNonNull(item.get(PK)).s();
    return pk.startsWith(PK_PREFIX)
        ? ChainId.parse(pk.substring(PK_PREFIX.length()))
        : Optional.empty();
  }

  private static Redacted unreadable(Map<String, AttributeValue> item) {
    return Redacted.identifier(
        requireNonNull(item.get(PK)).s() + "/" + requireNonNull(item.get(SK)).n());
  }

  private static StoredBlock stored(BlockKey key, Map<String, AttributeValue> item) {
    AttributeValue block = item.get(BLOCK);
    AttributeValue hash = item.get(HASH);
    Map<String, String> index = new HashMap<>();
    item.forEach((name, value) -> {
      switch (name) {
        case PK, SK, BLOCK, HASH -> {}
        // One of another type than text is no attribute of the log's; its kind says so.
        default -> index.put(name, value.s() != null ? value.s() : "(" + value.type() + ")");
      }
    });
    return new StoredBlock(
        key,
        block == null || block.b() == null ? new byte[0] : block.b().asByteArray(),
        hash == null || hash.s() == null ? "" : hash.s(),
        index);
  }

  @Override
  public PutResult putNew(AuditBlock block) {
    try {
      client.putItem(put ->
          put.tableName(table)
              .item(item(block))
              .conditionExpression("attribute_not_exists(" + PK + ")")
              .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
              .overrideConfiguration(BOUNDED));
      return new PutResult.Stored();
    } catch (ConditionalCheckFailedException e) {
      return new PutResult.AlreadyThere(
          e.hasItem() && !e.item().isEmpty()
              ? stored(block.key(), e.item())
              : get(block.key()).orElseThrow(() -> e));
    }
  }

  @Override
  public Optional<StoredBlock> get(BlockKey key) {
    Map<String, AttributeValue> item =
        client
            .getItem(get ->
                get.tableName(table)
                    .key(key(key))
                    .consistentRead(true)
                    .overrideConfiguration(BOUNDED))
            .item();
    return item.isEmpty() ? Optional.empty() : Optional.of(stored(key, item));
  }

  @Override
  public Optional<StoredBlock> head(ChainId chain) {
    return client
        .query(query ->
            query
                .tableName(table)
                .keyConditionExpression(PK + " = :pk")
                .expressionAttributeValues(Map.of(":pk", text(PK_PREFIX + chain)))
                .scanIndexForward(false)
                .limit(1)
                .consistentRead(true)
                .overrideConfiguration(BOUNDED))
        .items()
        .stream()
        .findFirst()
        .flatMap(item -> blockKey(item).map(key -> stored(key, item)));
  }

  @Override
  public Page<StoredBlock, Long> blocks(ChainId chain, long fromSeq, int limit) {
    requireLimit(limit, PAGE_MAX);
    QueryRequest.Builder query =
        QueryRequest.builder().tableName(table).consistentRead(true).limit(limit);
    if (fromSeq == 0) {
      // Without a lower bound, so that whatever stands before number 0 is met as well.
      query
          .keyConditionExpression(PK + " = :pk")
          .expressionAttributeValues(Map.of(":pk", text(PK_PREFIX + chain)));
    } else {
      query
          .keyConditionExpression(PK + " = :pk AND " + SK + " >= :from")
          .expressionAttributeValues(
              Map.of(":pk", text(PK_PREFIX + chain), ":from", number(fromSeq)));
    }
    List<StoredBlock> items = new ArrayList<>();
    List<Redacted> unreadable = new ArrayList<>();
    boolean more;
    do {
      QueryResponse response = client.query(query.build());
      for (Map<String, AttributeValue> item : response.items()) {
        blockKey(item)
            .ifPresentOrElse(
                key -> items.add(stored(key, item)), () -> unreadable.add(unreadable(item)));
      }
      more = !response.lastEvaluatedKey().isEmpty();
      query.exclusiveStartKey(response.lastEvaluatedKey());
    } while (more && items.isEmpty());
    return new Page<>(
        items, more ? Optional.of(items.getLast().key().seq() + 1) : Optional.empty(), unreadable);
  }

  @Override
  public Page<ChainId, TimePosition> chains(Optional<TimePosition> after, int limit) {
    requireLimit(limit, PAGE_MAX);
    Found found = new Found(limit);
    found.query(query ->
        query
            .indexName(CHAINS)
            .keyConditionExpression("#h = :h AND #r > :after")
            .expressionAttributeNames(Map.of("#h", AuditBlock.CHAINS, "#r", AuditBlock.PLACE))
            .expressionAttributeValues(
                Map.of(
                    ":h",
                    text(AuditBlock.CHAINS_ALL),
                    ":after",
                    // Before every place there can be, readable or not: the empty text may not
                    // be a key, the blank is.
                    text(after.map(TimePosition::toString).orElse(" ")))));
    return new Page<>(
        found.keys.stream().map(BlockKey::chain).toList(),
        found.full() ? Optional.of(found.places.getLast()) : Optional.empty(),
        found.unreadable);
  }

  @Override
  public Page<BlockKey, TimePosition> keysByTime(
      TimeRange range, Optional<TimePosition> after, int limit) {
    requireLimit(limit, PAGE_MAX);
    return keys(range, Order.OLDEST_FIRST, after, limit);
  }

  @Override
  public Page<StoredBlock, TimePosition> byTime(
      TimeRange range, Order order, Optional<TimePosition> after, int limit) {
    requireLimit(limit, REVIEW_PAGE_MAX);
    Page<BlockKey, TimePosition> keys = keys(range, order, after, limit);
    return new Page<>(batch(keys.items()), keys.next(), keys.unreadable());
  }

  private Page<BlockKey, TimePosition> keys(
      TimeRange range, Order order, Optional<TimePosition> after, int limit) {
    Instant tomorrow = clock.instant().plus(Duration.ofDays(1));
    Instant to = range.to().isAfter(tomorrow) ? tomorrow : range.to();
    Found found = new Found(limit);
    LocalDate first = day(range.from());
    LocalDate last = day(to);
    boolean forward = order == Order.OLDEST_FIRST;
    LocalDate day = forward ? first : last;
    if (after.isPresent()) {
      LocalDate there = day(after.get().time());
      day = forward == there.isAfter(day) ? there : day;
    }
    for (int i = 0; i < DAYS_PER_PAGE && !day.isBefore(first) && !day.isAfter(last); i++) {
      day(found, day, range.from(), to, forward, after);
      if (found.full()) {
        return new Page<>(found.keys, Optional.of(found.places.getLast()), found.unreadable);
      }
      day = day.plusDays(forward ? 1 : -1);
    }
    if (day.isBefore(first) || day.isAfter(last)) {
      return new Page<>(found.keys, Optional.empty(), found.unreadable);
    }
    // Right between the days looked through and those left.
    LocalDate boundary = forward ? day : day.plusDays(1);
    return new Page<>(
        found.keys,
        Optional.of(TimePosition.before(boundary.atStartOfDay(ZoneOffset.UTC).toInstant())),
        found.unreadable);
  }

  private static LocalDate day(Instant time) {
    return LocalDate.ofInstant(time, ZoneOffset.UTC);
  }

  private void day(
      Found found,
      LocalDate day,
      Instant from,
      Instant to,
      boolean forward,
      Optional<TimePosition> after) {
    String low = TimePosition.before(from).toString();
    String high = TimePosition.before(to).toString();
    if (after.isPresent()) {
      String place = after.get().toString();
      if (forward) {
        low = place.compareTo(low) > 0 ? place : low;
      } else {
        high = place.compareTo(high) < 0 ? place : high;
      }
    }
    if (low.compareTo(high) > 0) {
      return;
    }
    String between = low;
    String and = high;
    // BETWEEN takes in both ends, and the page before ended with one of them.
    found.skip = after.map(TimePosition::toString);
    found.query(query ->
        query
            .indexName(BY_DAY)
            .scanIndexForward(forward)
            .keyConditionExpression("#h = :h AND #r BETWEEN :low AND :high")
            .expressionAttributeNames(Map.of("#h", AuditBlock.DAY, "#r", AuditBlock.PLACE))
            .expressionAttributeValues(
                Map.of(
                    ":h",
                    text(AuditBlock.day(day.atStartOfDay(ZoneOffset.UTC).toInstant())),
                    ":low",
                    text(between),
                    ":high",
                    text(and))));
  }

  /** The blocks, in the order of the keys; those that are gone are left out. */
  private List<StoredBlock> batch(List<BlockKey> keys) {
    Map<BlockKey, StoredBlock> found = new HashMap<>();
    List<Map<String, AttributeValue>> wanted = keys.stream().map(DynamoDbAuditBlocks::key).toList();
    for (int attempt = 0; !wanted.isEmpty(); attempt++) {
      if (attempt == BATCH_ATTEMPTS_MAX) {
        throw new IllegalStateException(
            wanted.size() + " blocks still unread after " + attempt + " batches");
      }
      Map<String, KeysAndAttributes> request =
          Map.of(table, KeysAndAttributes.builder().keys(wanted).consistentRead(true).build());
      var response = client.batchGetItem(batch -> batch.requestItems(request));
      for (Map<String, AttributeValue> item : response.responses().getOrDefault(table, List.of())) {
        blockKey(item).ifPresent(key -> found.put(key, stored(key, item)));
      }
      KeysAndAttributes rest = response.unprocessedKeys().get(table);
      wanted = rest == null ? List.of() : rest.keys();
    }
    return keys.stream().filter(found::containsKey).map(k -> requireNonNull(found.get(k))).toList();
  }

  private static void requireLimit(int limit, int max) {
    if (limit < 1 || limit > max) {
      throw new IllegalArgumentException("limit " + limit + " is not within 1.." + max);
    }
  }

  /** Keys that queries on an index find, up to a limit. */
  private final class Found {
    private final int limit;
    private final List<BlockKey> keys = new ArrayList<>();
    private final List<TimePosition> places = new ArrayList<>();
    private final List<Redacted> unreadable = new ArrayList<>();
    private Optional<String> skip = Optional.empty();

    Found(int limit) {
      this.limit = limit;
    }

    boolean full() {
      return keys.size() == limit;
    }

    void query(UnaryOperator<QueryRequest.Builder> shape) {
      QueryRequest.Builder query = shape.apply(QueryRequest.builder().tableName(table));
      boolean more;
      do {
        // One more than wanted, for the one that is skipped.
        QueryResponse response = client.query(query.limit(limit - keys.size() + 1).build());
        for (Map<String, AttributeValue> item : response.items()) {
          if (full()) {
            return;
          }
          add(item);
        }
        more = !response.lastEvaluatedKey().isEmpty();
        query.exclusiveStartKey(response.lastEvaluatedKey());
      } while (more && !full());
    }

    private void add(Map<String, AttributeValue> item) {
      String place = requireNonNull(item.get(AuditBlock.PLACE)).s();
      if (skip.isPresent() && skip.get().equals(place)) {
        return;
      }
      Optional<BlockKey> key = blockKey(item);
      Optional<TimePosition> position = TimePosition.parse(place);
      if (key.isPresent() && position.isPresent()) {
        keys.add(key.get());
        places.add(position.get());
      } else {
        unreadable.add(unreadable(item));
      }
    }

    private static Redacted unreadable(Map<String, AttributeValue> item) {
      return DynamoDbAuditBlocks.unreadable(item);
    }
  }
}
