package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code up --websocket-idle} and {@code --websocket-lifetime}, with the real functions. */
final class ConnectionTimesTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String SUBSCRIBE =
      "{\"action\":\"subscribe\",\"topic\":\"ward/3\",\"present\":true}";

  @TempDir private static Path home;
  private static Stack stack;

  @BeforeAll
  static void start() throws IOException {
    stack =
        new Stack(
            home,
            Optional.empty(),
            Stack.ROOT.resolve("template.yaml"),
            WebSocketLimits.AWS.ending(Duration.ofSeconds(2), Duration.ofSeconds(5)));
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @Test
  void whoSaysNothingIsSentAwayAndIsPresentNoMore() throws Exception {
    try (var client = stack.webSocket("admin")) {
      client.text(SUBSCRIBE);
      assertThat(type(client.read())).isEqualTo("subscribed");
      sentAway(client);
    }
    awaitNobody();
  }

  @Test
  void whoKeepsTalkingIsSentAwayAtTheEndOfItsLife() throws Exception {
    try (var client = stack.webSocket("admin")) {
      int pongs = 0;
      client.text("{\"action\":\"ping\"}");
      var frame = client.read();
      while (frame.opcode() == RawWebSocket.TEXT) {
        assertThat(type(frame)).isEqualTo("pong");
        pongs++;
        Thread.sleep(200);
        client.text("{\"action\":\"ping\"}");
        frame = client.read();
      }
      assertThat(frame.closeCode()).isEqualTo(1001);
      assertThat(pongs).as("longer than it may idle").isGreaterThan(2);
    }
  }

  private static String type(RawWebSocket.Frame frame) throws IOException {
    return JSON.readTree(frame.text()).path("type").asText();
  }

  private static void sentAway(RawWebSocket client) throws IOException {
    var frame = client.read();
    assertThat(frame.opcode()).isEqualTo(RawWebSocket.CLOSE);
    assertThat(frame.closeCode()).isEqualTo(1001);
    assertThat(frame.closeReason()).isEqualTo("Going away");
    client.send(client.frame(true, RawWebSocket.CLOSE, frame.payload(), true));
  }

  private static void awaitNobody() throws Exception {
    long deadline = System.nanoTime() + LiveGateway.PATIENCE.toNanos();
    while (true) {
      var present =
          Stack.json(stack.get("/v1/topics/ward/3/presence", stack.token("admin"))).path("present");
      if (present.isArray() && present.isEmpty()) {
        return;
      }
      assertThat(System.nanoTime()).as("still present: %s", present).isLessThan(deadline);
      Thread.sleep(50);
    }
  }
}
