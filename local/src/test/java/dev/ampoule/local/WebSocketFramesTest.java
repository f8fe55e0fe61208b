package dev.ampoule.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What clients send that they should not, how connections end, and that the others go on. */
final class WebSocketFramesTest {
  private static final byte[] NONE = {};

  private @Nullable LiveGateway gateway;

  @AfterEach
  void stop() {
    if (gateway != null) {
      gateway.close();
    }
  }

  /** A way to break the protocol or a limit, and the close code for it. */
  enum BadFrames {
    OVERSIZE_FRAME(1009) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(client.frame(true, RawWebSocket.TEXT, filled((32 << 10) + 1), true));
      }
    },
    HUGE_FRAME_ANNOUNCED(1009) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(
            new byte[] {(byte) 0x81, (byte) 0xFF, 0x7F, -1, -1, -1, -1, -1, -1, -1, 1, 2, 3, 4});
      }
    },
    OVERSIZE_MESSAGE(1009) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(client.frame(false, RawWebSocket.TEXT, filled(32 << 10), true));
        for (int i = 0; i < 3; i++) {
          client.send(client.frame(false, RawWebSocket.CONTINUATION, filled(32 << 10), true));
        }
        client.send(client.frame(true, RawWebSocket.CONTINUATION, filled(1), true));
      }
    },
    INVALID_UTF8(1007) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(
            client.frame(true, RawWebSocket.TEXT, new byte[] {'a', (byte) 0xC3, '('}, true));
      }
    },
    UTF8_CUT_AT_THE_END_OF_A_MESSAGE(1007) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(client.frame(false, RawWebSocket.TEXT, new byte[] {'a'}, true));
        client.send(
            client.frame(true, RawWebSocket.CONTINUATION, new byte[] {(byte) 0xE2, -126}, true));
      }
    },
    BINARY(1003) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(client.frame(true, RawWebSocket.BINARY, filled(3), true));
      }
    },
    UNMASKED(1002) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(client.frame(true, RawWebSocket.TEXT, filled(3), false));
      }
    },
    RESERVED_OPCODE(1002) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(client.frame(true, 0x3, filled(3), true));
      }
    },
    RESERVED_BITS(1002) {
      @Override
      void send(RawWebSocket client) throws IOException {
        byte[] frame = client.frame(true, RawWebSocket.TEXT, filled(3), true);
        frame[0] |= 0x40;
        client.send(frame);
      }
    },
    CONTINUATION_OF_NOTHING(1002) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(client.frame(true, RawWebSocket.CONTINUATION, filled(3), true));
      }
    },
    MESSAGE_WITHIN_A_MESSAGE(1002) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(client.frame(false, RawWebSocket.TEXT, filled(3), true));
        client.send(client.frame(true, RawWebSocket.TEXT, filled(3), true));
      }
    },
    FRAGMENTED_PING(1002) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(client.frame(false, RawWebSocket.PING, filled(3), true));
      }
    },
    LONG_PING(1002) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(client.frame(true, RawWebSocket.PING, filled(126), true));
      }
    },
    CLOSE_CODE_NOT_FOR_THE_WIRE(1002) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(
            client.frame(true, RawWebSocket.CLOSE, RawWebSocket.closePayload(1006, ""), true));
      }
    },
    CLOSE_WITH_HALF_A_CODE(1002) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send(client.frame(true, RawWebSocket.CLOSE, filled(1), true));
      }
    },
    NO_WEBSOCKET_AT_ALL(1002) {
      @Override
      void send(RawWebSocket client) throws IOException {
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(ISO_8859_1));
      }
    };

    private final int closeCode;

    BadFrames(int closeCode) {
      this.closeCode = closeCode;
    }

    abstract void send(RawWebSocket client) throws IOException;
  }

  @ParameterizedTest
  @EnumSource
  void badFramesGetTheirCloseCodeAndTheOthersGoOn(BadFrames bad) throws Exception {
    var live = start(WebSocketLimits.AWS);
    try (var other = live.connect();
        var client = live.connect()) {
      bad.send(client);
      var frame = client.readUntilClose();
      assertThat(frame.opcode()).isEqualTo(RawWebSocket.CLOSE);
      assertThat(frame.closeCode()).isEqualTo(bad.closeCode);
      assertThat(frame.closeReason()).isNotEmpty();
      client.send(client.frame(true, RawWebSocket.CLOSE, frame.payload(), true));
      client.socket().shutdownOutput();
      assertThat(client.read().opcode()).as("then the end").isEqualTo(-1);
      assertThat(live.nextEnding().code()).isEqualTo(bad.closeCode);

      other.text("{\"action\":\"echo\"}");
      assertThat(other.read().text()).isEqualTo("{\"action\":\"echo\"}");
    }
  }

  @Test
  void deepNestingIsAMessageLikeAnyOther() throws Exception {
    var live = start(WebSocketLimits.AWS);
    try (var client = live.connect()) {
      client.text("[".repeat(30_000));
      assertThat(live.next("MESSAGE").getRequestContext().getRouteKey()).isEqualTo("$default");
      assertThat(client.read().text()).isEqualTo("[".repeat(30_000));
    }
  }

  @Test
  void aMessageInFragmentsIsOneMessageAndPingsMayComeBetween() throws Exception {
    var live = start(WebSocketLimits.AWS);
    try (var client = live.connect()) {
      client.send(client.frame(false, RawWebSocket.TEXT, "{\"action\":".getBytes(UTF_8), true));
      client.send(client.frame(true, RawWebSocket.PING, "beat".getBytes(UTF_8), true));
      client.send(client.frame(false, RawWebSocket.CONTINUATION, NONE, true));
      byte[] euro = "\"echo\",\"x\":\"€\"}".getBytes(UTF_8);
      int cut = euro.length - 4; // within the sign
      client.send(client.frame(false, RawWebSocket.CONTINUATION, Arrays.copyOf(euro, cut), true));
      client.send(
          client.frame(
              true, RawWebSocket.CONTINUATION, Arrays.copyOfRange(euro, cut, euro.length), true));
      var pong = client.read();
      assertThat(pong.opcode()).isEqualTo(RawWebSocket.PONG);
      assertThat(pong.text()).isEqualTo("beat");
      assertThat(client.read().text()).isEqualTo("{\"action\":\"echo\",\"x\":\"€\"}");
    }
  }

  @Test
  void aMessageOf128KiBIsTakenAndAnsweredInFramesOf32KiB() throws Exception {
    var live = start(WebSocketLimits.AWS);
    byte[] message = filled(128 << 10);
    try (var client = live.connect()) {
      for (int i = 0; i < 4; i++) {
        client.send(
            client.frame(
                i == 3,
                i == 0 ? RawWebSocket.TEXT : RawWebSocket.CONTINUATION,
                Arrays.copyOf(message, 32 << 10),
                true));
      }
      for (int i = 0; i < 4; i++) {
        var frame = client.read();
        assertThat(frame.opcode())
            .isEqualTo(i == 0 ? RawWebSocket.TEXT : RawWebSocket.CONTINUATION);
        assertThat(frame.last()).isEqualTo(i == 3);
        assertThat(frame.payload()).hasSize(32 << 10);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1000 | bye | 1000 | bye",
        "1001 | '' | 1001 | ''",
        "4999 | application | 4999 | application",
        "0    | '' | 1005 | Client-side close frame status code not set",
      })
  void aClientsCloseIsEchoedAndReported(int code, String reason, int reported, String why)
      throws Exception {
    var live = start(WebSocketLimits.AWS);
    try (var client = live.connect()) {
      byte[] payload = code == 0 ? NONE : RawWebSocket.closePayload(code, reason);
      client.send(client.frame(true, RawWebSocket.CLOSE, payload, true));
      var echo = client.read();
      assertThat(echo.opcode()).isEqualTo(RawWebSocket.CLOSE);
      assertThat(echo.payload()).isEqualTo(payload);
      assertThat(client.read().opcode()).as("the server ends TCP first").isEqualTo(-1);
    }
    assertThat(live.nextEnding()).isEqualTo(new WebSocketEvent.Closing(reported, why));
  }

  @ParameterizedTest
  @CsvSource({"fin", "reset"})
  void aClientThatVanishesIsDisconnectedWith1006(String how) throws Exception {
    var live = start(WebSocketLimits.AWS);
    var client = live.connect();
    if (how.equals("reset")) {
      client.socket().setSoLinger(true, 0);
    }
    client.close();
    assertThat(live.nextEnding())
        .isEqualTo(new WebSocketEvent.Closing(1006, "Connection closed abnormally"));
    live.awaitNoneOpen();
  }

  @Test
  void aHalfOpenConnectionIsClosedWhenItHasBeenIdleForTooLong() throws Exception {
    var live = start(ending(Duration.ofMillis(400), Duration.ofHours(2)));
    try (var client = live.connect()) {
      // It says nothing and answers nothing, not even the close.
      assertThat(live.nextEnding()).isEqualTo(WebSocketEvent.Closing.GOING_AWAY);
      var frame = client.read();
      assertThat(frame.closeCode()).isEqualTo(1001);
      assertThat(frame.closeReason()).isEqualTo("Going away");
    }
    live.awaitNoneOpen();
  }

  @Test
  void pingsKeepAConnectionAliveUntilItsLifetimeIsOver() throws Exception {
    var live = start(ending(Duration.ofMillis(1_500), Duration.ofSeconds(4)));
    try (var client = live.connect()) {
      int pongs = 0;
      var frame = new RawWebSocket.Frame(RawWebSocket.PONG, true, NONE);
      while (frame.opcode() == RawWebSocket.PONG) {
        Thread.sleep(100);
        client.send(client.frame(true, RawWebSocket.PING, NONE, true));
        frame = client.read();
        pongs++;
      }
      assertThat(pongs).isGreaterThan(16);
      assertThat(frame.closeCode()).isEqualTo(1001);
      client.send(client.frame(true, RawWebSocket.CLOSE, frame.payload(), true));
    }
    assertThat(live.nextEnding()).isEqualTo(WebSocketEvent.Closing.GOING_AWAY);
  }

  /** The handshakes that are none, and their answers. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET /live HTTP/1.1 | 426 | upgrade: websocket",
        "GET /live HTTP/1.1;Upgrade: websocket | 426 | upgrade: websocket",
        "GET /live HTTP/1.1;Upgrade: websocket;Connection: Upgrade | 426 | sec-websocket-version: 13",
        "GET /live HTTP/1.1;Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 8"
            + " | 426 | sec-websocket-version: 13",
        "GET /live HTTP/1.1;Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 13"
            + " | 400 | Bad Request",
        "GET /live HTTP/1.1;Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 13;"
            + "Sec-WebSocket-Key: short | 400 | Bad Request",
        "POST /live HTTP/1.1;Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 13;"
            + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA== | 400 | Bad Request",
        "GET /other HTTP/1.1;Upgrade: websocket;Connection: Upgrade;Sec-WebSocket-Version: 13;"
            + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA== | 404 | Not Found",
        "GET /live HTTP/1.1;Bad Header: 1 | 400 | Bad Request",
      })
  void aBadHandshakeIsAnHttpError(String request, int status, String contains) throws Exception {
    var live = start(WebSocketLimits.AWS);
    String[] lines = request.split(";", -1);
    lines[0] += "\r\nHost: localhost";
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), live.port())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write((String.join("\r\n", lines) + "\r\n\r\n").getBytes(ISO_8859_1));
      socket.shutdownOutput();
      String response = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
      assertThat(response).startsWith("HTTP/1.1 " + status + " ").containsIgnoringCase(contains);
    }
    assertThat(live.eventsLeft()).isZero();
  }

  @Test
  void aHandshakeThatDribblesIsGivenUp() throws Exception {
    var live = start(WebSocketLimits.AWS);
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), live.port());
        var other = live.connect()) {
      socket.setSoTimeout(20_000);
      Thread.ofVirtual()
          .start(() -> {
            try {
              for (byte b :
                  ("GET /live HTTP/1.1\r\nX-Slow: " + "x".repeat(9_000)).getBytes(ISO_8859_1)) {
                socket.getOutputStream().write(b);
                Thread.sleep(20); // three minutes for the whole of it
              }
            } catch (IOException | InterruptedException e) {
              // the server has had enough
            }
          });
      assertThat(new String(socket.getInputStream().readNBytes(12), ISO_8859_1))
          .isEqualTo("HTTP/1.1 408");
      other.text("{\"action\":\"echo\"}");
      assertThat(other.read().text()).isEqualTo("{\"action\":\"echo\"}");
    }
  }

  private LiveGateway start(WebSocketLimits limits) throws IOException {
    gateway =
        new LiveGateway(
            limits,
            Map.of(
                "$default",
                (event, _) -> Map.of("statusCode", 200, "body", event.getBody()),
                "echo",
                (event, _) -> Map.of("statusCode", 200, "body", event.getBody())),
            Optional.empty(),
            Set.of("$default", "echo"));
    return gateway;
  }

  private static WebSocketLimits ending(Duration idle, Duration lifetime) {
    return WebSocketLimits.AWS.ending(idle, lifetime);
  }

  private static byte[] filled(int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) 'x');
    return bytes;
  }
}
