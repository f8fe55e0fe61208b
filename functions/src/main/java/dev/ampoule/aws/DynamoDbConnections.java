package dev.ampoule.aws;

import static dev.ampoule.aws.Items.n;
import static dev.ampoule.aws.Items.number;
import static dev.ampoule.aws.Items.s;
import static dev.ampoule.aws.Items.text;

import dev.ampoule.live.ConnectionId;
import dev.ampoule.live.Connections;
import dev.ampoule.live.LiveUnavailableException;
import dev.ampoule.live.Subscription;
import dev.ampoule.live.Subscription.State;
import dev.ampoule.live.Topic;
import dev.ampoule.live.TopicFilter;
import dev.ampoule.live.View;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionCheck;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/**
 * Connections in the table of that name: {@code CONN#{id}} with {@code META} and one item a
 * subscription, which names its shard; {@code SUBS#{filter}#{shard}} with the shard's subscribers;
 * {@code FILTER#{filter}} with how many there are (RATIONALE: "Why is the index of subscribers no
 * index?").
 */
public final class DynamoDbConnections implements Connections {
  /** Index of connections by when they fell silent. */
  static final String BY_SILENCE = "bySilence";

  static final String LEASE = "lease";
  static final String SILENT_AT = "silentAt";

  private static final String PK = "pk";
  private static final String SK = "sk";
  private static final String META = "META";
  private static final String SUB = "SUB#";
  private static final String COUNT = "COUNT";
  private static final String EXPIRES = "expires";

  /** Partitions of the index, so that pings of many connections do not meet in one. */
  private static final int LEASES = 8;

  private static final int TRIES_MAX = 20;
  private static final int RETRY_MILLIS_MAX = 30;

  private final DynamoDbClient client;
  private final String table;

  public DynamoDbConnections(DynamoDbClient client, String table) {
    this.client = client;
    this.table = table;
  }

  @Override
  public void open(ConnectionId id, String subject, Instant at) {
    var item = new HashMap<String, AttributeValue>();
    item.put(PK, s(connectionKey(id)));
    item.put(SK, s(META));
    item.put("subject", s(subject));
    item.put("connectedAt", s(at.toString()));
    item.put(LEASE, s(lease(id)));
    item.put(SILENT_AT, n(at.plus(SILENCE_MAX).getEpochSecond()));
    item.put(EXPIRES, n(expires(at)));
    calling(() -> client.putItem(b -> b.tableName(table).item(item)));
  }

  @Override
  public boolean heard(ConnectionId id, Instant at) {
    return conditionally(() ->
        client.updateItem(b ->
            b.tableName(table)
                .key(metaKey(id))
                .updateExpression("SET silentAt = :at")
                .conditionExpression("attribute_exists(pk) AND attribute_not_exists(closing)")
                .expressionAttributeValues(
                    Map.of(":at", n(at.plus(SILENCE_MAX).getEpochSecond())))));
  }

  @Override
  public List<Subscription> close(ConnectionId id) {
    var closing =
        conditionally(() ->
            client.updateItem(b ->
                b.tableName(table)
                    .key(metaKey(id))
                    .updateExpression("SET closing = :yes")
                    .conditionExpression("attribute_exists(pk)")
                    .expressionAttributeValues(Map.of(":yes", AttributeValue.fromBool(true)))));
    if (!closing) {
      return List.of();
    }
    var told = new ArrayList<Subscription>();
    for (TopicFilter filter : filters(id)) {
      remove(id, filter).filter(Subscription::present).ifPresent(told::add);
    }
    // Last: as long as it is there, the sweep finds the connection.
    calling(() -> client.deleteItem(b -> b.tableName(table).key(metaKey(id))));
    return List.copyOf(told);
  }

  private List<TopicFilter> filters(ConnectionId id) {
    return calling(() ->
            client.query(b ->
                b.tableName(table)
                    .consistentRead(true)
                    .keyConditionExpression("pk = :pk AND begins_with(sk, :sub)")
                    .expressionAttributeValues(
                        Map.of(":pk", s(connectionKey(id)), ":sub", s(SUB)))))
        .items()
        .stream()
        .map(item -> filter(text(item, SK).substring(SUB.length())))
        .toList();
  }

  @Override
  public Added add(Subscription subscription) {
    var id = subscription.connection();
    for (int tries = 1; ; tries++) {
      var there = get(connectionKey(id), SUB + subscription.filter());
      boolean replaces = !there.isEmpty();
      if (!replaces && filters(id).size() >= SUBSCRIPTIONS_MAX) {
        return Added.TOO_MANY;
      }
      int shard = replaces ? (int) number(there, "shard") : takePlace(subscription.filter());
      try {
        client.transactWriteItems(b -> b.transactItems(writes(subscription, shard)));
        return replaces ? Added.REPLACED : Added.ADDED;
      } catch (TransactionCanceledException e) {
        if (!replaces) {
          givePlace(subscription.filter());
        }
        if (get(connectionKey(id), META).isEmpty()
            || get(connectionKey(id), META).containsKey("closing")) {
          return Added.CLOSED;
        }
        if (tries == TRIES_MAX) {
          throw new LiveUnavailableException(e);
        }
        pause();
      } catch (SdkException e) {
        throw new LiveUnavailableException(e);
      }
    }
  }

  private List<TransactWriteItem> writes(Subscription subscription, int shard) {
    var id = subscription.connection();
    var expires = n(expires(Instant.now()));
    return List.of(
        TransactWriteItem.builder()
            .conditionCheck(
                ConditionCheck.builder()
                    .tableName(table)
                    .key(metaKey(id))
                    .conditionExpression("attribute_exists(pk) AND attribute_not_exists(closing)")
                    .build())
            .build(),
        put(
            Map.of(
                PK,
                s(connectionKey(id)),
                SK,
                s(SUB + subscription.filter()),
                "shard",
                n(shard),
                EXPIRES,
                expires)),
        put(subscriber(subscription, shard, expires)));
  }

  private TransactWriteItem put(Map<String, AttributeValue> item) {
    return TransactWriteItem.builder()
        .put(Put.builder().tableName(table).item(item).build())
        .build();
  }

  private static Map<String, AttributeValue> subscriber(
      Subscription subscription, int shard, AttributeValue expires) {
    var item = new HashMap<String, AttributeValue>();
    item.put(PK, s(shardKey(subscription.filter(), shard)));
    item.put(SK, s(subscription.connection().value()));
    item.put("subject", s(subscription.subject()));
    item.put("passes", n(0));
    item.put("present", AttributeValue.fromBool(subscription.present()));
    subscription.view().ifPresent(view -> item.put("view", s(view.name())));
    item.put(EXPIRES, expires);
    switch (subscription.state()) {
      case State.Replaying(Instant until) -> item.put("until", n(until.toEpochMilli()));
      case State.Live(Map<Topic, Long> after) -> item.put("after", after(after));
    }
    return item;
  }

  private static AttributeValue after(Map<Topic, Long> after) {
    return AttributeValue.fromM(
        after.entrySet().stream()
            .collect(Collectors.toMap(e -> e.getKey().value(), e -> n(e.getValue()))));
  }

  /** Shards are filled one after the other. */
  private int takePlace(TopicFilter filter) {
    var counted =
        calling(() ->
            client.updateItem(b ->
                b.tableName(table)
                    .key(key(filterKey(filter), COUNT))
                    .updateExpression("ADD subscribers :one")
                    .expressionAttributeValues(Map.of(":one", n(1)))
                    .returnValues(ReturnValue.ALL_NEW)));
    var item = counted.attributes();
    int shard = (int) ((Math.max(1, number(item, "subscribers")) - 1) / SHARD_SUBSCRIBERS);
    long shards = item.containsKey("shards") ? number(item, "shards") : 0;
    if (shard >= shards) {
      var _ =
          conditionally(() ->
              client.updateItem(b ->
                  b.tableName(table)
                      .key(key(filterKey(filter), COUNT))
                      .updateExpression("SET shards = :shards")
                      .conditionExpression("attribute_not_exists(shards) OR shards < :shards")
                      .expressionAttributeValues(Map.of(":shards", n(shard + 1)))));
    }
    return shard;
  }

  private void givePlace(TopicFilter filter) {
    calling(() ->
        client.updateItem(b ->
            b.tableName(table)
                .key(key(filterKey(filter), COUNT))
                .updateExpression("ADD subscribers :less")
                .expressionAttributeValues(Map.of(":less", n(-1)))));
  }

  @Override
  public WentLive goLive(GoLive handOver) {
    var key = subscriberKey(handOver.connection(), handOver.filter());
    if (key.isEmpty()) {
      return WentLive.GONE;
    }
    boolean live =
        conditionally(() ->
            client.updateItem(b ->
                b.tableName(table)
                    .key(key.get())
                    .updateExpression("SET #after = :after REMOVE #until")
                    .conditionExpression("passes = :passes")
                    .expressionAttributeNames(Map.of("#after", "after", "#until", "until"))
                    .expressionAttributeValues(
                        Map.of(
                            ":after", after(handOver.heads()),
                            ":passes", n(handOver.passes())))));
    if (live) {
      return WentLive.LIVE;
    }
    return passes(handOver.connection(), handOver.filter()).isPresent()
        ? WentLive.MOVED
        : WentLive.GONE;
  }

  @Override
  public Optional<Long> passes(ConnectionId id, TopicFilter filter) {
    return subscriberKey(id, filter)
        .map(this::get)
        .filter(item -> !item.isEmpty())
        .map(item -> number(item, "passes"));
  }

  @Override
  public Optional<Subscription> pass(Subscription replaying, int shard) {
    var key = key(shardKey(replaying.filter(), shard), replaying.connection().value());
    boolean passed =
        conditionally(() ->
            client.updateItem(b ->
                b.tableName(table)
                    .key(key)
                    .updateExpression("SET passes = passes + :one")
                    .conditionExpression("attribute_exists(#until)")
                    .expressionAttributeNames(Map.of("#until", "until"))
                    .expressionAttributeValues(Map.of(":one", n(1)))));
    if (passed) {
      return Optional.empty();
    }
    var item = get(key);
    return item.isEmpty() ? Optional.empty() : Optional.of(subscription(replaying.filter(), item));
  }

  private Optional<Map<String, AttributeValue>> subscriberKey(ConnectionId id, TopicFilter filter) {
    var sub = get(connectionKey(id), SUB + filter);
    return sub.isEmpty()
        ? Optional.empty()
        : Optional.of(key(shardKey(filter, (int) number(sub, "shard")), id.value()));
  }

  @Override
  public Optional<Subscription> remove(ConnectionId id, TopicFilter filter) {
    var sub =
        calling(() ->
                client.deleteItem(b ->
                    b.tableName(table)
                        .key(key(connectionKey(id), SUB + filter))
                        .returnValues(ReturnValue.ALL_OLD)))
            .attributes();
    if (sub.isEmpty()) {
      return Optional.empty();
    }
    var subscriber =
        calling(() ->
                client.deleteItem(b ->
                    b.tableName(table)
                        .key(key(shardKey(filter, (int) number(sub, "shard")), id.value()))
                        .returnValues(ReturnValue.ALL_OLD)))
            .attributes();
    givePlace(filter);
    return subscriber.isEmpty() ? Optional.empty() : Optional.of(subscription(filter, subscriber));
  }

  @Override
  public int shards(TopicFilter filter) {
    var item = get(filterKey(filter), COUNT);
    return item.containsKey("shards") ? (int) number(item, "shards") : 0;
  }

  @Override
  public Page subscribers(
      TopicFilter filter, int shard, Optional<ConnectionId> after, int itemsMax) {
    var pk = shardKey(filter, shard);
    var answer =
        calling(() ->
            client.query(b -> {
              b.tableName(table)
                  .consistentRead(true)
                  .limit(itemsMax)
                  .keyConditionExpression("pk = :pk")
                  .expressionAttributeValues(Map.of(":pk", s(pk)));
              after.ifPresent(id -> b.exclusiveStartKey(key(pk, id.value())));
            }));
    long now = Instant.now().getEpochSecond();
    return new Page(
        answer.items().stream()
            .filter(item -> number(item, EXPIRES) > now)
            .map(item -> subscription(filter, item))
            .toList(),
        answer.hasLastEvaluatedKey() && !answer.lastEvaluatedKey().isEmpty()
            ? Optional.of(new ConnectionId(text(answer.lastEvaluatedKey(), SK)))
            : Optional.empty());
  }

  @Override
  public List<ConnectionId> silent(Instant now, int itemsMax) {
    var silent = new ArrayList<ConnectionId>();
    for (int lease = 0; lease < LEASES; lease++) {
      var pk = Integer.toString(lease);
      var answer =
          calling(() ->
              client.query(b ->
                  b.tableName(table)
                      .indexName(BY_SILENCE)
                      .limit(Math.ceilDiv(itemsMax, LEASES))
                      .keyConditionExpression("lease = :lease AND silentAt < :now")
                      .expressionAttributeValues(
                          Map.of(":lease", s(pk), ":now", n(now.getEpochSecond())))));
      answer
          .items()
          .forEach(
              item -> silent.add(new ConnectionId(text(item, PK).substring("CONN#".length()))));
    }
    return List.copyOf(silent);
  }

  private static Subscription subscription(TopicFilter filter, Map<String, AttributeValue> item) {
    return new Subscription(
        new ConnectionId(text(item, SK)),
        filter,
        Optional.ofNullable(item.get("view")).map(view -> new View(view.s())),
        text(item, "subject"),
        Items.attribute(item, "present").bool(),
        item.containsKey("until")
            ? new State.Replaying(Instant.ofEpochMilli(number(item, "until")))
            : new State.Live(
                Items.attribute(item, "after").m().entrySet().stream()
                    .collect(
                        Collectors.toMap(
                            e -> new Topic(e.getKey()), e -> Long.parseLong(e.getValue().n())))));
  }

  private Map<String, AttributeValue> get(String pk, String sk) {
    return get(key(pk, sk));
  }

  private Map<String, AttributeValue> get(Map<String, AttributeValue> key) {
    return calling(() -> client.getItem(b -> b.tableName(table).key(key).consistentRead(true)))
        .item();
  }

  /** Whether the condition held. */
  private static boolean conditionally(Runnable write) {
    try {
      write.run();
      return true;
    } catch (ConditionalCheckFailedException e) {
      return false;
    } catch (SdkException e) {
      throw new LiveUnavailableException(e);
    }
  }

  private static <T> T calling(Supplier<T> call) {
    try {
      return call.get();
    } catch (SdkException e) {
      throw new LiveUnavailableException(e);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(ThreadLocalRandom.current().nextInt(1, RETRY_MILLIS_MAX));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LiveUnavailableException(e);
    }
  }

  private static TopicFilter filter(String text) {
    return TopicFilter.parse(text)
        .orElseThrow(() -> new IllegalStateException("an item with a filter that is none"));
  }

  private static long expires(Instant from) {
    return from.plus(LIFETIME_MAX).getEpochSecond();
  }

  private static String lease(ConnectionId id) {
    return Integer.toString(Math.floorMod(id.value().hashCode(), LEASES));
  }

  private static Map<String, AttributeValue> metaKey(ConnectionId id) {
    return key(connectionKey(id), META);
  }

  private static Map<String, AttributeValue> key(String pk, String sk) {
    return Map.of(PK, s(pk), SK, s(sk));
  }

  private static String connectionKey(ConnectionId id) {
    return "CONN#" + id.value();
  }

  private static String shardKey(TopicFilter filter, int shard) {
    return "SUBS#" + filter + "#" + shard;
  }

  private static String filterKey(TopicFilter filter) {
    return "FILTER#" + filter;
  }
}
