package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.events.DynamodbEvent;
import com.amazonaws.services.lambda.runtime.events.DynamodbEvent.DynamodbStreamRecord;
import com.amazonaws.services.lambda.runtime.events.StreamsEventResponse;
import com.amazonaws.services.lambda.runtime.events.models.dynamodb.AttributeValue;
import dev.ampoule.live.Delivery;
import dev.ampoule.live.LiveUnavailableException;
import dev.ampoule.live.Topic;
import dev.ampoule.live.TopicFilter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a batch of the stream of {@code Events} says: which topics grew, and what is to be delivered
 * here. Events of one topic in one batch become one range.
 */
final class TopicChanges {
  private static final Logger LOG = LoggerFactory.getLogger(TopicChanges.class);

  /**
   * A topic that grew.
   *
   * @param sequenceNumber the stream's, of the first record
   */
  record Grown(String sequenceNumber, Topic topic, long from, long to) {
    @Override
    public String toString() {
      return "Grown[" + topic.family() + ", " + from + " to " + to + "]";
    }
  }

  /** A shard's part of a large topic. */
  record Relayed(String sequenceNumber, Delivery delivery) {}

  private final Map<Topic, Grown> grown = new LinkedHashMap<>();
  private final List<Relayed> relayed = new ArrayList<>();

  private TopicChanges() {}

  static TopicChanges of(DynamodbEvent event) {
    var changes = new TopicChanges();
    for (DynamodbStreamRecord record : event.getRecords()) {
      var image = record.getDynamodb().getNewImage();
      if (image == null || !image.containsKey("kind")) {
        continue;
      }
      var sequenceNumber = record.getDynamodb().getSequenceNumber();
      switch (text(image, "kind")) {
        case "HEAD" -> changes.head(sequenceNumber, image);
        case "RELAY" -> changes.relay(sequenceNumber, image);
        default -> {}
      }
    }
    return changes;
  }

  private void head(String sequenceNumber, Map<String, AttributeValue> image) {
    var topic = new Topic(text(image, "topic"));
    long seq = number(image, "seq");
    grown.merge(
        topic,
        new Grown(sequenceNumber, topic, seq, seq),
        (before, now) -> new Grown(before.sequenceNumber(), topic, before.from(), now.to()));
  }

  private void relay(String sequenceNumber, Map<String, AttributeValue> image) {
    relayed.add(
        new Relayed(
            sequenceNumber,
            new Delivery(
                TopicFilter.parse(text(image, "filter")).orElseThrow(),
                (int) number(image, "shard"),
                new Topic(text(image, "topic")),
                number(image, "from"),
                number(image, "to"))));
  }

  private static String text(Map<String, AttributeValue> image, String name) {
    return Optional.ofNullable(image.get(name)).map(AttributeValue::getS).orElseThrow();
  }

  private static long number(Map<String, AttributeValue> image, String name) {
    return Long.parseLong(
        Optional.ofNullable(image.get(name)).map(AttributeValue::getN).orElseThrow());
  }

  /**
   * Handles every change; those that fail are reported, and come again with all that is after them.
   */
  StreamsEventResponse handle(Consumer<Grown> onGrown, Consumer<Delivery> onRelayed) {
    List<StreamsEventResponse.BatchItemFailure> failures = new ArrayList<>();
    grown.values().forEach(g -> attempt(g.sequenceNumber(), failures, () -> onGrown.accept(g)));
    relayed.forEach(
        r -> attempt(r.sequenceNumber(), failures, () -> onRelayed.accept(r.delivery())));
    return StreamsEventResponse.builder().withBatchItemFailures(failures).build();
  }

  private static void attempt(
      String sequenceNumber,
      List<StreamsEventResponse.BatchItemFailure> failures,
      Runnable change) {
    try {
      change.run();
    } catch (LiveUnavailableException e) {
      LOG.warn("a change is to come again: {}", e.getMessage());
      failures.add(new StreamsEventResponse.BatchItemFailure(sequenceNumber));
    } catch (RuntimeException e) {
      // The class alone: a message could hold a part of an event.
      LOG.error("a change broke: {}", e.getClass().getName());
      failures.add(new StreamsEventResponse.BatchItemFailure(sequenceNumber));
    }
  }
}
