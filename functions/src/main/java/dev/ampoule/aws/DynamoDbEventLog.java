package dev.ampoule.aws;

import static dev.ampoule.aws.Items.n;
import static dev.ampoule.aws.Items.number;
import static dev.ampoule.aws.Items.s;
import static dev.ampoule.aws.Items.text;

import dev.ampoule.live.Delivery;
import dev.ampoule.live.EventLog;
import dev.ampoule.live.LiveEvent;
import dev.ampoule.live.LiveUnavailableException;
import dev.ampoule.live.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * Events in the table {@code Events}: under {@code TOPIC#{topic}} each event has its number as sort
 * key, and 0 is the topic's head, which holds the last number. The head is one item, so the table's
 * stream tells of its changes in their order; what the fan-out is called with are heads and relays,
 * never events (RATIONALE: "What calls the fan-out?").
 */
public final class DynamoDbEventLog implements EventLog {
  static final String PK = "pk";
  static final String SK = "sk";
  static final String EXPIRES = "expires";

  /** The kinds that the stream's filters name. */
  static final String KIND = "kind";

  static final String HEAD = "HEAD";
  static final String RELAY = "RELAY";
  private static final String WARD = "WARD";

  private static final AttributeValue HEAD_SK = n(0);
  private static final Duration RELAYS_KEPT = Duration.ofHours(24);

  /** Others may publish to the same topic at the same time. */
  private static final int TRIES_MAX = 30;

  private static final int RETRY_MILLIS_MAX = 40;

  private final DynamoDbClient client;
  private final String table;

  public DynamoDbEventLog(DynamoDbClient client, String table) {
    this.client = client;
    this.table = table;
  }

  @Override
  public Appended append(Draft draft) {
    for (int tries = 1; ; tries++) {
      var head = item(topicKey(draft.topic()));
      long seq = head.isEmpty() ? 0 : number(head, "seq");
      if (draft.source().isPresent()
          && head.containsKey("source")
          && number(head, "source") >= draft.source().get()) {
        return new Appended.SourceThere();
      }
      if (seq == 0 && isFull(draft.topic())) {
        return new Appended.WardFull();
      }
      var event = new LiveEvent(draft.topic(), seq + 1, draft.at(), draft.data());
      try {
        client.transactWriteItems(b -> b.transactItems(writes(draft, event)));
        return new Appended.Stored(event);
      } catch (TransactionCanceledException e) {
        if (tries == TRIES_MAX) {
          throw new LiveUnavailableException(e);
        }
        pause();
      } catch (SdkException e) {
        throw new LiveUnavailableException(e);
      }
    }
  }

  private boolean isFull(Topic topic) {
    return topic
        .ward()
        .map(this::wardTopics)
        .filter(ward -> ward.topics().size() >= WARD_TOPICS_MAX && !ward.topics().contains(topic))
        .isPresent();
  }

  private List<TransactWriteItem> writes(Draft draft, LiveEvent event) {
    var writes = new ArrayList<TransactWriteItem>();
    writes.add(head(draft, event));
    writes.add(
        TransactWriteItem.builder()
            .put(
                Put.builder()
                    .tableName(table)
                    .item(
                        Map.of(
                            PK,
                            s(topicKey(event.topic())),
                            SK,
                            n(event.seq()),
                            "at",
                            s(event.at().toString()),
                            "data",
                            s(event.data()),
                            EXPIRES,
                            n(event.at().plus(KEPT).getEpochSecond())))
                    // A head that was lost would begin anew; better no event than a second one.
                    .conditionExpression("attribute_not_exists(pk)")
                    .build())
            .build());
    if (event.seq() == 1) {
      event.topic().ward().ifPresent(ward -> writes.add(wardTopic(ward, event.topic())));
    }
    return writes;
  }

  private TransactWriteItem head(Draft draft, LiveEvent event) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":next", n(event.seq()));
    values.put(":topic", s(event.topic().value()));
    values.put(":kind", s(HEAD));
    values.put(":derive", AttributeValue.fromBool(draft.derive()));
    var set = "SET seq = :next, topic = :topic, kind = :kind, derive = :derive";
    var condition = "attribute_not_exists(pk)";
    if (event.seq() > 1) {
      values.put(":last", n(event.seq() - 1));
      condition = "seq = :last";
    }
    if (draft.source().isPresent()) {
      values.put(":source", n(draft.source().get()));
      set += ", #source = :source";
      condition += " AND (attribute_not_exists(#source) OR #source < :source)";
    }
    return TransactWriteItem.builder()
        .update(
            Update.builder()
                .tableName(table)
                .key(Map.of(PK, s(topicKey(event.topic())), SK, HEAD_SK))
                .updateExpression(set)
                .conditionExpression(condition)
                .expressionAttributeNames(
                    draft.source().isPresent() ? Map.of("#source", "source") : null)
                .expressionAttributeValues(values)
                .build())
        .build();
  }

  private TransactWriteItem wardTopic(Topic ward, Topic topic) {
    return TransactWriteItem.builder()
        .update(
            Update.builder()
                .tableName(table)
                .key(Map.of(PK, s(wardKey(ward)), SK, HEAD_SK))
                .updateExpression("SET kind = :kind ADD version :one, topics :topic")
                .expressionAttributeValues(
                    Map.of(
                        ":kind", s(WARD),
                        ":one", n(1),
                        ":topic", AttributeValue.fromSs(List.of(topic.value()))))
                .build())
        .build();
  }

  @Override
  public long head(Topic topic) {
    var head = item(topicKey(topic));
    return head.isEmpty() ? 0 : number(head, "seq");
  }

  @Override
  public List<LiveEvent> read(Topic topic, long after, int eventsMax) {
    var now = Instant.now().getEpochSecond();
    return reading(() -> {
      var events = new ArrayList<LiveEvent>();
      long from = after;
      while (events.size() < eventsMax) {
        long start = from;
        var answer =
            client.query(b ->
                b.tableName(table)
                    .consistentRead(true)
                    .limit(eventsMax - events.size())
                    .keyConditionExpression("pk = :pk AND sk > :after")
                    .expressionAttributeValues(
                        Map.of(":pk", s(topicKey(topic)), ":after", n(start))));
        for (var item : answer.items()) {
          // DynamoDB deletes when it has the time, and in no order.
          if (number(item, EXPIRES) > now) {
            events.add(event(topic, item));
          }
          from = number(item, SK);
        }
        if (!answer.hasLastEvaluatedKey() || answer.lastEvaluatedKey().isEmpty()) {
          break;
        }
      }
      return withoutGap(events);
    });
  }

  /** What stands before a gap is as good as expired: nobody could be sent it in order. */
  private static List<LiveEvent> withoutGap(List<LiveEvent> events) {
    int first = 0;
    for (int i = 1; i < events.size(); i++) {
      if (events.get(i).seq() != events.get(i - 1).seq() + 1) {
        first = i;
      }
    }
    return List.copyOf(events.subList(first, events.size()));
  }

  private static LiveEvent event(Topic topic, Map<String, AttributeValue> item) {
    return new LiveEvent(
        topic, number(item, SK), Instant.parse(text(item, "at")), text(item, "data"));
  }

  @Override
  public WardTopics wardTopics(Topic ward) {
    var item = item(wardKey(ward));
    return item.isEmpty()
        ? new WardTopics(new TreeSet<>(), 0)
        : new WardTopics(
            Items.attribute(item, "topics").ss().stream()
                .map(Topic::new)
                .collect(Collectors.toCollection(TreeSet::new)),
            number(item, "version"));
  }

  @Override
  public void relay(Delivery delivery, int shards) {
    var expires = Instant.now().plus(RELAYS_KEPT).getEpochSecond();
    for (int shard = 0; shard < shards; shard++) {
      var item = new HashMap<String, AttributeValue>();
      // One item for all events of the topic, so that they are told in their order.
      item.put(PK, s("RELAY#" + delivery.filter() + "#" + shard + "#" + delivery.topic().value()));
      item.put(SK, HEAD_SK);
      item.put(KIND, s(RELAY));
      item.put("filter", s(delivery.filter().toString()));
      item.put("shard", n(shard));
      item.put("topic", s(delivery.topic().value()));
      item.put("from", n(delivery.from()));
      item.put("to", n(delivery.to()));
      // A put of what is there already is no change, and would not be told again.
      item.put("nonce", n(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE)));
      item.put(EXPIRES, n(expires));
      reading(() -> client.putItem(b -> b.tableName(table).item(item)));
    }
  }

  /** The head of a topic or a ward. */
  private Map<String, AttributeValue> item(String pk) {
    return reading(() ->
            client.getItem(
                b -> b.tableName(table).key(Map.of(PK, s(pk), SK, HEAD_SK)).consistentRead(true)))
        .item();
  }

  private static <T> T reading(Supplier<T> call) {
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

  static String topicKey(Topic topic) {
    return "TOPIC#" + topic.value();
  }

  static String wardKey(Topic ward) {
    return "WARD#" + ward.value();
  }
}
