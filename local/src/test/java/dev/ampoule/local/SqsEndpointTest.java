package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;
import software.amazon.awssdk.services.sqs.model.SqsException;

/** The SDK checks the digests of what it receives. */
final class SqsEndpointTest {
  private static final SetClock CLOCK = new SetClock();
  private static final Queues QUEUES = new Queues(CLOCK);
  private static S3Notifications notifications;
  private static AwsEdge edge;
  private static SqsClient sqs;

  private static final class SetClock extends Clock {
    private Instant now = Instant.parse("2026-11-24T12:00:00Z");

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @BeforeAll
  static void start() throws IOException {
    notifications = new S3Notifications();
    edge = AwsEdge.start(0, Optional.empty(), false, notifications);
    edge.serve(QUEUES);
    sqs = client(edge.endpoint());
  }

  static SqsClient client(URI endpoint) {
    return SqsClient.builder()
        .endpointOverride(endpoint)
        .region(Region.of(AwsEdge.REGION))
        .credentialsProvider(
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create(AwsEdge.ACCESS_KEY_ID, AwsEdge.SECRET_ACCESS_KEY)))
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }

  @AfterAll
  static void stop() {
    sqs.close();
    edge.close();
    notifications.close();
  }

  @Test
  void aMessageIsReceivedWithItsAttributesAndDeleted() {
    QUEUES
        .create("Letters", Duration.ofDays(14))
        .send(
            "{\"é\":1}",
            Map.of(
                "RequestID", new Queues.Attribute("String", "r-1"),
                "ErrorCode", new Queues.Attribute("Number", "200")));
    var url = sqs.getQueueUrl(b -> b.queueName("Letters")).queueUrl();
    assertThat(url).isEqualTo(edge.endpoint() + "/000000000000/Letters");
    assertThat(sqs.listQueues().queueUrls()).contains(url);

    var message =
        sqs.receiveMessage(b ->
                b.queueUrl(url)
                    .messageAttributeNames("All")
                    .messageSystemAttributeNames(MessageSystemAttributeName.ALL))
            .messages()
            .getFirst();
    assertThat(message.body()).isEqualTo("{\"é\":1}");
    assertThat(message.messageAttributes().get("RequestID"))
        .extracting(MessageAttributeValue::stringValue)
        .isEqualTo("r-1");
    assertThat(message.messageAttributes().get("ErrorCode"))
        .extracting(MessageAttributeValue::dataType)
        .isEqualTo("Number");
    assertThat(message.attributes())
        .containsEntry(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT, "1");

    assertThat(sqs.receiveMessage(b -> b.queueUrl(url)).messages()).as("invisible").isEmpty();
    assertThat(attributes(url))
        .containsEntry(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES, "0")
        .containsEntry(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE, "1")
        .containsEntry(QueueAttributeName.MESSAGE_RETENTION_PERIOD, "1209600")
        .containsEntry(QueueAttributeName.QUEUE_ARN, "arn:aws:sqs:us-east-1:000000000000:Letters");
    CLOCK.now = CLOCK.now.plusSeconds(30);
    var again = sqs.receiveMessage(b -> b.queueUrl(url).visibilityTimeout(60)).messages();
    assertThat(again).hasSize(1);
    sqs.deleteMessage(b -> b.queueUrl(url).receiptHandle(again.getFirst().receiptHandle()));
    assertThat(attributes(url))
        .containsEntry(QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE, "0");
  }

  private static Map<QueueAttributeName, String> attributes(String url) {
    return sqs.getQueueAttributes(b -> b.queueUrl(url).attributeNames(QueueAttributeName.ALL))
        .attributes();
  }

  @Test
  void messagesAreKeptForTheRetentionPeriodAndNoLonger() {
    var queue = QUEUES.create("Short", Duration.ofMinutes(1));
    queue.send("first", Map.of());
    CLOCK.now = CLOCK.now.plusSeconds(40);
    queue.send("second", Map.of());
    CLOCK.now = CLOCK.now.plusSeconds(21);
    assertThat(queue.receive(10, Duration.ZERO).stream().map(Queues.Received::body))
        .containsExactly("second");
  }

  @Test
  void ofAFullQueueTheOldestMakesRoom() {
    var queue = QUEUES.create("Full", Duration.ofDays(1));
    for (int i = 0; i <= Queues.MESSAGES_MAX; i++) {
      queue.send(String.valueOf(i), Map.of());
    }
    assertThat(queue.visible()).isEqualTo(Queues.MESSAGES_MAX);
    assertThat(queue.receive(1, Duration.ZERO).getFirst().body()).isEqualTo("1");
  }

  @Test
  void whatItCannotDoIsAnErrorOfSqs() {
    assertThatThrownBy(() -> sqs.getQueueUrl(b -> b.queueName("Nowhere")))
        .isInstanceOf(QueueDoesNotExistException.class);
    QUEUES.create("Letters", Duration.ofDays(14));
    var url = edge.endpoint() + "/000000000000/Letters";
    assertThatThrownBy(() -> sqs.receiveMessage(b -> b.queueUrl(url).maxNumberOfMessages(11)))
        .isInstanceOf(SqsException.class)
        .hasMessageContaining("MaxNumberOfMessages: 1 to 10, got 11");
    assertThatThrownBy(() -> sqs.purgeQueue(b -> b.queueUrl(url)))
        .isInstanceOf(SqsException.class)
        .hasMessageContaining("one machine answers ListQueues");
  }
}
