package dev.ampoule.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * As much of SQS as it takes to look into a dead-letter queue and clear it, in the AWS JSON 1.0
 * protocol: {@code ListQueues}, {@code GetQueueUrl}, {@code GetQueueAttributes}, {@code
 * ReceiveMessage} (without waiting), {@code DeleteMessage}. Signatures are not checked: the port is
 * a loopback one.
 */
final class SqsEndpoint extends Handler.Abstract {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String TARGET_PREFIX = "AmazonSQS.";
  private static final int BODY_BYTES_MAX = 64 << 10;
  private static final int RECEIVED_MAX = 10;
  private static final int VISIBILITY_TIMEOUT_DEFAULT_SECONDS = 30;
  private static final int VISIBILITY_TIMEOUT_MAX_SECONDS = 43_200;

  private volatile Queues queues = Queues.none();

  void serve(Queues served) {
    this.queues = served;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    String target = request.getHeaders().get("X-Amz-Target");
    if (target == null || !target.startsWith(TARGET_PREFIX)) {
      return false;
    }
    Answer answer;
    if (request.getLength() > BODY_BYTES_MAX) {
      answer = Answer.error("InvalidParameterValue", "body: at most " + BODY_BYTES_MAX + " bytes");
    } else {
      URI endpoint = URI.create("http://" + request.getHeaders().get(HttpHeader.HOST));
      answer =
          answer(
              target.substring(TARGET_PREFIX.length()),
              Content.Source.asString(request, StandardCharsets.UTF_8),
              endpoint);
    }
    response.setStatus(answer.status());
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/x-amz-json-1.0");
    response.write(true, ByteBuffer.wrap(JSON.writeValueAsBytes(answer.body())), callback);
    return true;
  }

  private record Answer(int status, ObjectNode body) {
    static Answer error(String code, String message) {
      return new Answer(
          400,
          JSON.createObjectNode()
              .put("__type", "com.amazonaws.sqs#" + code)
              .put("message", message));
    }

    static Answer ok(ObjectNode body) {
      return new Answer(200, body);
    }
  }

  private Answer answer(String operation, String body, URI endpoint) {
    JsonNode input;
    try {
      input = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return Answer.error("InvalidParameterValue", "the body is no JSON");
    }
    if (operation.equals("ListQueues")) {
      ArrayNode urls = JSON.createArrayNode();
      queues.all().forEach(queue -> urls.add(url(endpoint, queue)));
      return Answer.ok(JSON.createObjectNode().set("QueueUrls", urls));
    }
    String name =
        input.has("QueueName")
            ? input.path("QueueName").asText()
            : input.path("QueueUrl").asText().replaceFirst("^.*/", "");
    return queues
        .named(name)
        .map(queue -> answer(operation, queue, input, endpoint))
        .orElseGet(() -> Answer.error("QueueDoesNotExist", "The specified queue does not exist."));
  }

  private static Answer answer(String operation, Queues.Queue queue, JsonNode input, URI endpoint) {
    return switch (operation) {
      case "GetQueueUrl" ->
          Answer.ok(JSON.createObjectNode().put("QueueUrl", url(endpoint, queue)));
      case "GetQueueAttributes" ->
          Answer.ok(JSON.createObjectNode().set("Attributes", attributes(queue)));
      case "ReceiveMessage" -> receive(queue, input);
      case "DeleteMessage" -> {
        queue.delete(input.path("ReceiptHandle").asText());
        yield Answer.ok(JSON.createObjectNode());
      }
      default ->
          Answer.error(
              "UnsupportedOperation",
              "one machine answers ListQueues, GetQueueUrl, GetQueueAttributes, ReceiveMessage"
                  + " and DeleteMessage");
    };
  }

  private static Answer receive(Queues.Queue queue, JsonNode input) {
    int max = input.path("MaxNumberOfMessages").asInt(1);
    int visibility = input.path("VisibilityTimeout").asInt(VISIBILITY_TIMEOUT_DEFAULT_SECONDS);
    if (max < 1 || max > RECEIVED_MAX) {
      return Answer.error(
          "InvalidParameterValue",
          "MaxNumberOfMessages: 1 to %d, got %d".formatted(RECEIVED_MAX, max));
    }
    if (visibility < 0 || visibility > VISIBILITY_TIMEOUT_MAX_SECONDS) {
      return Answer.error(
          "InvalidParameterValue",
          "VisibilityTimeout: 0 to %d s, got %d"
              .formatted(VISIBILITY_TIMEOUT_MAX_SECONDS, visibility));
    }
    ArrayNode messages = JSON.createArrayNode();
    for (Queues.Received received : queue.receive(max, Duration.ofSeconds(visibility))) {
      messages.add(message(received));
    }
    // SQS leaves the list out where it is empty.
    ObjectNode output = JSON.createObjectNode();
    return Answer.ok(messages.isEmpty() ? output : output.set("Messages", messages));
  }

  private static ObjectNode message(Queues.Received received) {
    ObjectNode message =
        JSON.createObjectNode()
            .put("MessageId", received.id())
            .put("ReceiptHandle", received.receipt())
            .put("Body", received.body())
            .put("MD5OfBody", md5(received.body().getBytes(StandardCharsets.UTF_8)));
    message
        .putObject("Attributes")
        .put("SentTimestamp", String.valueOf(received.sentAt().toEpochMilli()))
        .put("ApproximateReceiveCount", String.valueOf(received.receives()));
    if (!received.attributes().isEmpty()) {
      ObjectNode attributes = message.putObject("MessageAttributes");
      received
          .attributes()
          .forEach((name, attribute) ->
              attributes
                  .putObject(name)
                  .put("DataType", attribute.type())
                  .put("StringValue", attribute.value()));
      message.put("MD5OfMessageAttributes", md5(encoded(received.attributes())));
    }
    return message;
  }

  private static ObjectNode attributes(Queues.Queue queue) {
    return JSON.createObjectNode()
        .put("ApproximateNumberOfMessages", String.valueOf(queue.visible()))
        .put("ApproximateNumberOfMessagesNotVisible", String.valueOf(queue.invisible()))
        .put("MessageRetentionPeriod", String.valueOf(queue.retention().toSeconds()))
        .put(
            "QueueArn",
            "arn:aws:sqs:%s:%s:%s".formatted(AwsEdge.REGION, HttpApi.ACCOUNT_ID, queue.name()));
  }

  private static String url(URI endpoint, Queues.Queue queue) {
    return "%s/%s/%s".formatted(endpoint, HttpApi.ACCOUNT_ID, queue.name());
  }

  /**
   * What SDKs compare (SQS Developer Guide, "Calculating the MD5 message digest for message
   * attributes"): by name, each part with its length before it, 1 for a string value.
   */
  private static byte[] encoded(Map<String, Queues.Attribute> attributes) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      for (var attribute : new TreeMap<>(attributes).entrySet()) {
        for (String part : List.of(attribute.getKey(), attribute.getValue().type())) {
          write(out, part);
        }
        out.writeByte(1);
        write(out, attribute.getValue().value());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(utf8.length);
    out.write(utf8);
  }

  private static String md5(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has MD5", e);
    }
  }
}
