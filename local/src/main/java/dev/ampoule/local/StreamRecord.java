package dev.ampoule.local;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Record;

/**
 * A change to a table, as a function gets it (Lambda Developer Guide, "Using AWS Lambda with Amazon
 * DynamoDB", example event).
 *
 * @param item names the item: changes to one item are delivered in their order
 * @param bytes of the JSON
 */
record StreamRecord(
    String sequenceNumber, Instant createdAt, String item, ObjectNode json, int bytes) {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  StreamRecord {
    Objects.requireNonNull(sequenceNumber, "sequenceNumber");
    Objects.requireNonNull(createdAt, "createdAt");
    Objects.requireNonNull(item, "item");
    Objects.requireNonNull(json, "json");
  }

  static StreamRecord of(Record read, String streamArn) {
    var change = read.dynamodb();
    ObjectNode json =
        NODES
            .objectNode()
            .put("eventID", read.eventID())
            .put("eventName", read.eventNameAsString())
            .put("eventVersion", read.eventVersion())
            .put("eventSource", "aws:dynamodb")
            .put("awsRegion", AwsEdge.REGION);
    ObjectNode dynamodb =
        json.putObject("dynamodb")
            .put(
                "ApproximateCreationDateTime",
                change.approximateCreationDateTime().getEpochSecond());
    ObjectNode keys = attributes(change.keys());
    dynamodb.set("Keys", keys);
    if (change.hasNewImage()) {
      dynamodb.set("NewImage", attributes(change.newImage()));
    }
    if (change.hasOldImage()) {
      dynamodb.set("OldImage", attributes(change.oldImage()));
    }
    dynamodb
        .put("SequenceNumber", change.sequenceNumber())
        .put("SizeBytes", change.sizeBytes())
        .put("StreamViewType", change.streamViewTypeAsString());
    json.put("eventSourceARN", streamArn);
    return new StreamRecord(
        change.sequenceNumber(),
        change.approximateCreationDateTime(),
        keys.toString(),
        json,
        json.toString().getBytes(StandardCharsets.UTF_8).length);
  }

  private static ObjectNode attributes(Map<String, AttributeValue> values) {
    ObjectNode attributes = NODES.objectNode();
    values.forEach((name, value) -> attributes.set(name, attribute(value)));
    return attributes;
  }

  private static ObjectNode attribute(AttributeValue value) {
    ObjectNode typed = NODES.objectNode();
    return switch (value.type()) {
      case S -> typed.put("S", value.s());
      case N -> typed.put("N", value.n());
      case B -> typed.put("B", base64(value.b()));
      case SS -> typed.set("SS", texts(value.ss()));
      case NS -> typed.set("NS", texts(value.ns()));
      case BS -> typed.set("BS", texts(value.bs().stream().map(StreamRecord::base64).toList()));
      case M -> typed.set("M", attributes(value.m()));
      case L -> {
        ArrayNode list = NODES.arrayNode();
        value.l().forEach(element -> list.add(attribute(element)));
        yield typed.set("L", list);
      }
      case BOOL -> typed.put("BOOL", value.bool());
      case NUL -> typed.put("NULL", true);
      case UNKNOWN_TO_SDK_VERSION -> typed;
    };
  }

  private static String base64(SdkBytes bytes) {
    return Base64.getEncoder().encodeToString(bytes.asByteArray());
  }

  private static ArrayNode texts(Iterable<String> values) {
    ArrayNode array = NODES.arrayNode();
    values.forEach(array::add);
    return array;
  }
}
