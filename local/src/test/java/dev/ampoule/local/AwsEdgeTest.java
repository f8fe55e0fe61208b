package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.lambda.runtime.events.S3Event;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.S3EventNotificationRecord;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

class AwsEdgeTest {
  private static final String BUCKET = "modules";

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1"})
  void anSdkClientReachesBothServicesOnTheOnePort(String host) throws IOException {
    try (var notifications = new S3Notifications();
        var edge = AwsEdge.start(0, Optional.empty(), true, notifications)) {
      URI endpoint = URI.create("http://" + host + ":" + edge.port());
      try (var s3 = s3(endpoint, AwsEdge.SECRET_ACCESS_KEY);
          var dynamoDb = dynamoDb(endpoint)) {
        s3.createBucket(b -> b.bucket(BUCKET));
        s3.putObject(b -> b.bucket(BUCKET).key("a b+ç"), RequestBody.fromString("one"));
        assertThat(s3.getObjectAsBytes(b -> b.bucket(BUCKET).key("a b+ç")).asUtf8String())
            .isEqualTo("one");
        createTable(dynamoDb);
        dynamoDb.putItem(b -> b.tableName("Items").item(Map.of("pk", AttributeValue.fromS("k"))));
        assertThat(dynamoDb.scan(b -> b.tableName("Items")).items())
            .containsExactly(Map.of("pk", AttributeValue.fromS("k")));
      }
    }
  }

  @Test
  void anotherSecretIsRefused() throws IOException {
    try (var notifications = new S3Notifications();
        var edge = AwsEdge.start(0, Optional.empty(), true, notifications);
        var s3 = s3(edge.endpoint(), "not-the-secret")) {
      assertThatThrownBy(() -> s3.createBucket(b -> b.bucket(BUCKET)))
          .isInstanceOfSatisfying(
              S3Exception.class,
              e -> {
                assertThat(e.statusCode()).isEqualTo(403);
                assertThat(e.awsErrorDetails().errorCode()).isEqualTo("SignatureDoesNotMatch");
              });
    }
  }

  @ParameterizedTest
  @CsvSource({"as signed,200", "another key,403", "another signature,403", "unsigned,403"})
  void aPresignedPutHoldsForWhatWasSignedOnly(String change, int status) throws Exception {
    try (var notifications = new S3Notifications();
        var edge = AwsEdge.start(0, Optional.empty(), true, notifications);
        var s3 = s3(edge.endpoint(), AwsEdge.SECRET_ACCESS_KEY);
        var presigner =
            S3Presigner.builder()
                .endpointOverride(edge.endpoint())
                .region(Region.of(AwsEdge.REGION))
                .credentialsProvider(credentials(AwsEdge.SECRET_ACCESS_KEY))
                .serviceConfiguration(
                    S3Configuration.builder().pathStyleAccessEnabled(true).build())
                .build();
        var http = HttpClient.newHttpClient()) {
      s3.createBucket(b -> b.bucket(BUCKET));
      String url =
          presigner
              .presignPutObject(b ->
                  b.signatureDuration(Duration.ofMinutes(5))
                      .putObjectRequest(p -> p.bucket(BUCKET).key("plugins/x/1.0.0.wasm")))
              .url()
              .toString();
      String sent =
          switch (change) {
            case "as signed" -> url;
            case "another key" -> url.replace("1.0.0", "1.0.1");
            case "another signature" ->
                url.substring(0, url.length() - 1) + (url.endsWith("0") ? "1" : "0");
            case "unsigned" -> url.substring(0, url.indexOf('?'));
            default -> throw new IllegalArgumentException(change);
          };
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(URI.create(sent))
                  .PUT(HttpRequest.BodyPublishers.ofString("\0asm"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(status);
    }
  }

  @Test
  void aPortInUseIsNamedWithTheOptionThatChangesIt() throws IOException {
    try (var notifications = new S3Notifications();
        var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> AwsEdge.start(port, Optional.empty(), true, notifications))
          .isInstanceOf(PortInUse.class)
          .hasMessage(
              "port %d is in use by another process; stop it or choose another port with --aws-port"
                  .formatted(port));
    }
  }

  @Test
  void tablesAndObjectsOutliveARestartInADataFolder(@TempDir Path data) throws Exception {
    try (var notifications = new S3Notifications();
        var edge = AwsEdge.start(0, Optional.of(data), true, notifications);
        var s3 = s3(edge.endpoint(), AwsEdge.SECRET_ACCESS_KEY);
        var dynamoDb = dynamoDb(edge.endpoint())) {
      s3.createBucket(b -> b.bucket(BUCKET));
      s3.putObject(b -> b.bucket(BUCKET).key("plugins/x/1.wasm"), RequestBody.fromString("one"));
      createTable(dynamoDb);
      dynamoDb.putItem(b -> b.tableName("Items").item(Map.of("pk", AttributeValue.fromS("kept"))));
    }
    var received = new LinkedBlockingQueue<S3EventNotificationRecord>();
    try (var notifications = new S3Notifications();
        var edge = AwsEdge.start(0, Optional.of(data), true, notifications);
        var s3 = s3(edge.endpoint(), AwsEdge.SECRET_ACCESS_KEY);
        var dynamoDb = dynamoDb(edge.endpoint())) {
      assertThat(s3.getObjectAsBytes(b -> b.bucket(BUCKET).key("plugins/x/1.wasm")).asUtf8String())
          .isEqualTo("one");
      assertThat(dynamoDb.scan(b -> b.tableName("Items")).items())
          .containsExactly(Map.of("pk", AttributeValue.fromS("kept")));

      notifications.subscribe(trigger(event -> received.addAll(event.getRecords())));
      assertThat(next(received).getS3().getObject().getKey()).isEqualTo("plugins/x/1.wasm");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "plugins/plain/1.0.0.wasm | plugins/plain/1.0.0.wasm",
        "plugins/with space.wasm  | plugins/with+space.wasm",
        "plugins/a+b.wasm         | plugins/a%2Bb.wasm",
        "plugins/ação.wasm        | plugins/a%C3%A7%C3%A3o.wasm",
      })
  void anObjectCreatedEventNamesTheObjectAsS3Does(String key, String encoded) throws Exception {
    var received = new LinkedBlockingQueue<S3EventNotificationRecord>();
    try (var notifications = new S3Notifications();
        var edge = AwsEdge.start(0, Optional.empty(), true, notifications);
        var s3 = s3(edge.endpoint(), AwsEdge.SECRET_ACCESS_KEY)) {
      s3.createBucket(b -> b.bucket(BUCKET));
      s3.createBucket(b -> b.bucket("another"));
      notifications.subscribe(trigger(event -> received.addAll(event.getRecords())));
      s3.putObject(b -> b.bucket(BUCKET).key("elsewhere/x.wasm"), RequestBody.fromString("x"));
      s3.putObject(b -> b.bucket(BUCKET).key("plugins/x.json"), RequestBody.fromString("x"));
      s3.putObject(b -> b.bucket("another").key(key), RequestBody.fromString("x"));
      s3.putObject(b -> b.bucket(BUCKET).key(key), RequestBody.fromString("four"));
      S3EventNotificationRecord record = next(received);
      assertThat(record.getEventName()).isEqualTo("ObjectCreated:Put");
      assertThat(record.getEventSource()).isEqualTo("aws:s3");
      assertThat(record.getAwsRegion()).isEqualTo("us-east-1");
      assertThat(record.getS3().getBucket().getName()).isEqualTo(BUCKET);
      assertThat(record.getS3().getBucket().getArn()).isEqualTo("arn:aws:s3:::modules");
      assertThat(record.getS3().getObject().getKey()).isEqualTo(encoded);
      assertThat(record.getS3().getObject().getUrlDecodedKey()).isEqualTo(key);
      assertThat(record.getS3().getObject().getSizeAsLong()).isEqualTo(4);
      assertThat(record.getS3().getObject().geteTag())
          .isEqualTo("8cbad96aced40b3838dd9f07f6ef5772"); // md5 of "four"
    }
    // A PUT that the client repeats is two events, as on AWS; of the other objects there is none.
    assertThat(received)
        .allSatisfy(
            again -> assertThat(again.getS3().getObject().getUrlDecodedKey()).isEqualTo(key))
        .allSatisfy(again -> assertThat(again.getS3().getBucket().getName()).isEqualTo(BUCKET));
  }

  @Test
  void copiesAndMultipartUploadsAreObjectsCreatedToo() throws Exception {
    var received = new LinkedBlockingQueue<S3EventNotificationRecord>();
    try (var notifications = new S3Notifications();
        var edge = AwsEdge.start(0, Optional.empty(), true, notifications);
        var s3 = s3(edge.endpoint(), AwsEdge.SECRET_ACCESS_KEY)) {
      s3.createBucket(b -> b.bucket(BUCKET));
      notifications.subscribe(trigger(event -> received.addAll(event.getRecords())));
      s3.putObject(b -> b.bucket(BUCKET).key("source"), RequestBody.fromString("12345"));
      s3.copyObject(b ->
          b.sourceBucket(BUCKET)
              .sourceKey("source")
              .destinationBucket(BUCKET)
              .destinationKey("plugins/copy.wasm"));
      S3EventNotificationRecord copy = next(received);
      assertThat(copy.getEventName()).isEqualTo("ObjectCreated:Copy");
      assertThat(copy.getS3().getObject().getSizeAsLong()).isEqualTo(5);

      String upload =
          s3.createMultipartUpload(b -> b.bucket(BUCKET).key("plugins/big.wasm")).uploadId();
      List<CompletedPart> parts = new ArrayList<>();
      for (int number : new int[] {1, 2}) {
        byte[] content = new byte[number == 1 ? 5 << 20 : 7];
        String eTag =
            s3.uploadPart(
                    b ->
                        b.bucket(BUCKET)
                            .key("plugins/big.wasm")
                            .uploadId(upload)
                            .partNumber(number),
                    RequestBody.fromBytes(content))
                .eTag();
        parts.add(CompletedPart.builder().partNumber(number).eTag(eTag).build());
      }
      s3.completeMultipartUpload(b ->
          b.bucket(BUCKET)
              .key("plugins/big.wasm")
              .uploadId(upload)
              .multipartUpload(m -> m.parts(parts)));
      S3EventNotificationRecord big = next(received);
      assertThat(big.getEventName()).isEqualTo("ObjectCreated:CompleteMultipartUpload");
      assertThat(big.getS3().getObject().getKey()).isEqualTo("plugins/big.wasm");
      assertThat(big.getS3().getObject().getSizeAsLong()).isEqualTo((5 << 20) + 7);
      assertThat(big.getS3().getObject().getSequencer())
          .isGreaterThan(copy.getS3().getObject().getSequencer());
    }
    assertThat(received).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0,1", "2,3", "9,3"})
  void aFailedEventIsTriedThreeTimes(int failures, int calls) throws IOException {
    var attempts = new AtomicInteger();
    var notifications =
        new S3Notifications(Clock.systemUTC(), List.of(Duration.ZERO, Duration.ZERO));
    try (var edge = AwsEdge.start(0, Optional.empty(), true, notifications);
        var s3 = s3(edge.endpoint(), AwsEdge.SECRET_ACCESS_KEY)) {
      s3.createBucket(b -> b.bucket(BUCKET));
      notifications.subscribe(
          trigger(_ -> {
            if (attempts.incrementAndGet() <= failures) {
              throw new IllegalStateException("not yet");
            }
          }));
      s3.putObject(b -> b.bucket(BUCKET).key("plugins/x.wasm"), RequestBody.fromString("x"));
      notifications.close();
    }
    assertThat(attempts).hasValue(calls);
  }

  private static S3EventNotificationRecord next(BlockingQueue<S3EventNotificationRecord> queue)
      throws InterruptedException {
    S3EventNotificationRecord record = queue.poll(20, TimeUnit.SECONDS);
    assertThat(record).as("an event").isNotNull();
    return record;
  }

  private interface Receiver {
    void accept(S3Event event);
  }

  private static S3Trigger trigger(Receiver receiver) {
    return new S3Trigger(
        BUCKET,
        "plugins/",
        ".wasm",
        new LambdaFunction<S3Event, Void>(
            "register",
            (event, _) -> {
              receiver.accept(event);
              return null;
            },
            Duration.ofSeconds(30),
            4));
  }

  private static void createTable(DynamoDbClient dynamoDb) {
    dynamoDb.createTable(b ->
        b.tableName("Items")
            .billingMode(BillingMode.PAY_PER_REQUEST)
            .attributeDefinitions(
                AttributeDefinition.builder()
                    .attributeName("pk")
                    .attributeType(ScalarAttributeType.S)
                    .build())
            .keySchema(
                KeySchemaElement.builder().attributeName("pk").keyType(KeyType.HASH).build()));
  }

  private static StaticCredentialsProvider credentials(String secret) {
    return StaticCredentialsProvider.create(
        AwsBasicCredentials.create(AwsEdge.ACCESS_KEY_ID, secret));
  }

  private static S3Client s3(URI endpoint, String secret) {
    return S3Client.builder()
        .endpointOverride(endpoint)
        .region(Region.of(AwsEdge.REGION))
        .credentialsProvider(credentials(secret))
        // Without the 100-continue handshake there is less that makes the client repeat a PUT.
        .serviceConfiguration(
            S3Configuration.builder()
                .pathStyleAccessEnabled(true)
                .expectContinueEnabled(false)
                .build())
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }

  private static DynamoDbClient dynamoDb(URI endpoint) {
    return DynamoDbClient.builder()
        .endpointOverride(endpoint)
        .region(Region.of(AwsEdge.REGION))
        .credentialsProvider(credentials(AwsEdge.SECRET_ACCESS_KEY))
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }
}
