package dev.ampoule.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.apigatewaymanagementapi.ApiGatewayManagementApiClient;
import software.amazon.awssdk.services.apigatewaymanagementapi.model.ApiGatewayManagementApiException;
import software.amazon.awssdk.services.apigatewaymanagementapi.model.GoneException;
import software.amazon.awssdk.services.apigatewaymanagementapi.model.LimitExceededException;
import software.amazon.awssdk.services.apigatewaymanagementapi.model.PayloadTooLargeException;

/** {@code @connections} as the AWS SDK's own client sees it. */
final class ConnectionsApiTest {
  private static final String EVENT = "{\"type\":\"event\",\"topic\":\"ward/3\",\"data\":\"ç\"}";

  private LiveGateway gateway;
  private ApiGatewayManagementApiClient sdk;

  @BeforeEach
  void start() throws IOException {
    var aws = WebSocketLimits.AWS;
    gateway =
        new LiveGateway(
            new WebSocketLimits(
                aws.frameBytesMax(),
                aws.messageBytesMax(),
                aws.idle(),
                aws.lifetime(),
                aws.integrationTimeout(),
                aws.messagesInFlightMax(),
                aws.bufferedBytesMax(),
                Duration.ofSeconds(3)),
            Map.of("$default", (_, _) -> LiveGateway.OK));
    sdk = client("test", "test", Region.US_EAST_1, gateway.managementEndpoint());
  }

  @AfterEach
  void stop() {
    sdk.close();
    gateway.close();
  }

  @Test
  void aPostReachesTheClientAndNoOther() throws Exception {
    try (var client = gateway.connect()) {
      String id = connected();
      try (var other = gateway.connect()) {
        String otherId = connected();
        post(id, EVENT);
        post(otherId, "for the other");
        assertThat(client.read().text()).isEqualTo(EVENT);
        assertThat(other.read().text()).isEqualTo("for the other");
      }
    }
  }

  @Test
  void whatIsPostedOneAfterTheOtherArrivesInOrder() throws Exception {
    try (var client = gateway.connect()) {
      String id = connected();
      for (int i = 0; i < 500; i++) {
        post(id, String.valueOf(i));
      }
      for (int i = 0; i < 500; i++) {
        assertThat(client.read().text()).isEqualTo(String.valueOf(i));
      }
    }
  }

  @Test
  void aGetTellsOfTheConnection() throws Exception {
    Instant before = Instant.now().minusMillis(1);
    try (var client = gateway.connect("User-Agent: agent")) {
      String id = connected();
      Thread.sleep(20);
      client.text("{}");
      gateway.next("MESSAGE");
      var connection = sdk.getConnection(r -> r.connectionId(id));
      assertThat(connection.connectedAt()).isBetween(before, Instant.now());
      assertThat(connection.lastActiveAt())
          .isAfter(connection.connectedAt())
          .isBeforeOrEqualTo(Instant.now());
      assertThat(connection.identity().sourceIp()).isEqualTo("127.0.0.1");
      assertThat(connection.identity().userAgent()).isEqualTo("agent");
    }
  }

  @Test
  void aDeleteClosesTheConnection() throws Exception {
    try (var client = gateway.connect()) {
      String id = connected();
      sdk.deleteConnection(r -> r.connectionId(id));
      var frame = client.read();
      assertThat(frame.opcode()).isEqualTo(RawWebSocket.CLOSE);
      assertThat(frame.closeCode()).isEqualTo(1000);
      assertThatThrownBy(() -> post(id, EVENT))
          .as("from then on")
          .isInstanceOf(GoneException.class);
      client.send(client.frame(true, RawWebSocket.CLOSE, frame.payload(), true));
      assertThat(gateway.nextEnding())
          .isEqualTo(new WebSocketEvent.Closing(1000, "Connection Closed Normally"));
    }
  }

  @Test
  void aConnectionThatIsGoneIs410ForEveryCall() throws Exception {
    String id;
    try (var _ = gateway.connect()) {
      id = connected();
    }
    gateway.next("DISCONNECT");
    for (String gone : new String[] {id, "L0SM9cOFvHcCIhw="}) {
      assertThatThrownBy(() -> post(gone, EVENT)).isInstanceOf(GoneException.class);
      assertThatThrownBy(() -> sdk.getConnection(r -> r.connectionId(gone)))
          .isInstanceOf(GoneException.class);
      assertThatThrownBy(() -> sdk.deleteConnection(r -> r.connectionId(gone)))
          .isInstanceOf(GoneException.class);
    }
  }

  @Test
  void aConnectionIsNotThereBeforeItsConnectHasSucceeded() throws Exception {
    var posted = new CountDownLatch(1);
    var connecting = new CountDownLatch(1);
    try (var slow =
            new LiveGateway(
                WebSocketLimits.AWS,
                Map.of(
                    "$connect",
                    (_, _) -> {
                      connecting.countDown();
                      await(posted);
                      return LiveGateway.OK;
                    }));
        var client = client("test", "test", Region.US_EAST_1, slow.managementEndpoint())) {
      var opening = Thread.ofVirtual().unstarted(() -> connectAndClose(slow));
      opening.start();
      connecting.await();
      String id = slow.next("CONNECT").getRequestContext().getConnectionId();
      assertThatThrownBy(() ->
              client.postToConnection(r -> r.connectionId(id).data(SdkBytes.fromUtf8String("x"))))
          .isInstanceOf(GoneException.class);
      posted.countDown();
      opening.join();
    }
  }

  @Test
  void dataOver128KiBIs413AndExactlyThatIsSent() throws Exception {
    try (var client = gateway.connect()) {
      String id = connected();
      assertThatThrownBy(() -> post(id, "x".repeat((128 << 10) + 1)))
          .isInstanceOf(PayloadTooLargeException.class)
          .hasMessageContaining("data: at most 131072 bytes, got 131073");
      post(id, "x".repeat(128 << 10));
      int bytes = 0;
      RawWebSocket.Frame frame;
      do {
        frame = client.read();
        bytes += frame.payload().length;
      } while (!frame.last());
      assertThat(bytes).isEqualTo(128 << 10);
    }
  }

  @Test
  void dataThatIsNotUtf8Is400() throws Exception {
    try (var client = gateway.connect()) {
      String id = connected();
      assertThatThrownBy(() ->
              sdk.postToConnection(r ->
                  r.connectionId(id)
                      .data(SdkBytes.fromByteArray(new byte[] {'a', (byte) 0xC3, '('}))))
          .isInstanceOfSatisfying(
              ApiGatewayManagementApiException.class,
              e -> assertThat(e.statusCode()).isEqualTo(400));
      post(id, EVENT);
      assertThat(client.read().text()).isEqualTo(EVENT);
    }
  }

  @Test
  void aSlowReaderIsRefusedThenCutOffAndTheOthersGoOn() throws Exception {
    var socket = new Socket();
    socket.setReceiveBufferSize(4_096);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.port()));
    try (var slow = new RawWebSocket(socket, "/live")) {
      String slowId = connected();
      try (var other = gateway.connect()) {
        String otherId = connected();
        String big = "x".repeat(128 << 10);
        // What the kernel buffers is its own affair, some megabytes at most.
        assertThatThrownBy(
                () -> {
                  for (int i = 0; i < 400; i++) {
                    post(slowId, big);
                  }
                })
            .isInstanceOf(LimitExceededException.class)
            .hasMessageContaining("buffer is full");
        post(otherId, EVENT);
        assertThat(other.read().text()).isEqualTo(EVENT);

        assertThat(gateway.nextEnding()).isEqualTo(WebSocketEvent.Closing.ABNORMAL);
        assertThatThrownBy(() -> post(slowId, EVENT)).isInstanceOf(GoneException.class);
        post(otherId, EVENT);
        assertThat(other.read().text()).isEqualTo(EVENT);
        assertThat(slow.socket().isClosed()).isFalse();
      }
    }
  }

  @Test
  void aClientThatOnlySendsIsNotReadOnceItsAnswersPileUp() throws Exception {
    try (var client = gateway.connect()) {
      connected();
      // Pings it never reads the answers of: the gateway stops reading, TCP fills, the write
      // blocks.
      byte[] ping = client.frame(true, RawWebSocket.PING, new byte[125], true);
      var blocked =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                try {
                  while (true) {
                    client.send(ping);
                  }
                } catch (IOException e) {
                  // cut off
                }
              });
      assertThat(gateway.nextEnding()).isEqualTo(WebSocketEvent.Closing.ABNORMAL);
      blocked.join();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "other, test,  us-east-1, The security token included in the request is invalid.",
    "test,  other, us-east-1, The request signature we calculated does not match",
    "test,  test,  eu-west-1, The request signature we calculated does not match",
  })
  void aWrongSignatureIs403(String keyId, String secret, String region, String message)
      throws Exception {
    try (var client = gateway.connect();
        var wrong = client(keyId, secret, Region.of(region), gateway.managementEndpoint())) {
      String id = connected();
      assertThatThrownBy(() ->
              wrong.postToConnection(
                  r -> r.connectionId(id).data(SdkBytes.fromUtf8String("forged"))))
          .isInstanceOfSatisfying(
              ApiGatewayManagementApiException.class,
              e -> {
                assertThat(e.statusCode()).isEqualTo(403);
                assertThat(e.getMessage()).contains(message);
              });
      post(id, EVENT);
      assertThat(client.read().text()).as("nothing forged before it").isEqualTo(EVENT);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "none | MissingAuthenticationTokenException",
        "Bearer x | MissingAuthenticationTokenException",
        "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/execute-api/aws4_request,"
            + " SignedHeaders=host;x-amz-date,"
            + " Signature=0000000000000000000000000000000000000000000000000000000000000000"
            + " | InvalidSignatureException",
      })
  void aRequestWithoutASignatureOfNowIs403(String authorization, String type) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(gateway.managementEndpoint() + "/@connections/x%3D"))
            .header("X-Amz-Date", "20200101T000000Z")
            .POST(HttpRequest.BodyPublishers.ofString("x"));
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    try (var http = HttpClient.newHttpClient()) {
      var response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(403);
      assertThat(response.headers().firstValue("x-amzn-errortype")).contains(type);
    }
  }

  private String connected() throws InterruptedException {
    return gateway.next("CONNECT").getRequestContext().getConnectionId();
  }

  private void post(String connectionId, String data) {
    sdk.postToConnection(
        r -> r.connectionId(connectionId).data(SdkBytes.fromByteArray(data.getBytes(UTF_8))));
  }

  private static ApiGatewayManagementApiClient client(
      String keyId, String secret, Region region, URI endpoint) {
    return ApiGatewayManagementApiClient.builder()
        .endpointOverride(endpoint)
        .region(region)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(keyId, secret)))
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }

  private static void connectAndClose(LiveGateway gateway) {
    try {
      gateway.connect().close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
