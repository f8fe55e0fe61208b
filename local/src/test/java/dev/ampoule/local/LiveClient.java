package dev.ampoule.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A client of the WebSocket API, that keeps what it is sent. */
final class LiveClient implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  /** A generous bound: it is met in milliseconds. */
  private static final int PATIENCE_SECONDS = 30;

  private final BlockingQueue<JsonNode> frames = new LinkedBlockingQueue<>();
  private final WebSocket socket;

  LiveClient(HttpClient http, URI url, String token) {
    this.socket =
        http.newWebSocketBuilder()
            .subprotocols("ampoule.v1", token)
            .buildAsync(url, new Listener())
            .join();
  }

  /** The status that a handshake is refused with. */
  static int refusal(HttpClient http, URI url, String token) {
    try {
      new LiveClient(http, url, token).close();
      throw new AssertionError("connected");
    } catch (CompletionException e) {
      if (e.getCause() instanceof java.net.http.WebSocketHandshakeException refused) {
        return refused.getResponse().statusCode();
      }
      throw e;
    }
  }

  String subprotocol() {
    return socket.getSubprotocol();
  }

  void send(String frame) {
    socket.sendText(frame, true).join();
  }

  /** The next frame, whatever it is. */
  JsonNode next() throws InterruptedException {
    var frame = frames.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (frame == null) {
      throw new AssertionError("no frame came");
    }
    return frame;
  }

  /** The next frame without what differs from run to run. */
  String nextText() throws InterruptedException {
    var frame = next();
    if (frame instanceof ObjectNode object) {
      object.remove(List.of("at", "audit"));
    }
    return frame.toString();
  }

  /** The numbers of the next events. */
  List<Long> events(int count) throws InterruptedException {
    var numbers = new ArrayList<Long>();
    while (numbers.size() < count) {
      var frame = next();
      if (!frame.path("type").asText().equals("event")) {
        throw new AssertionError(frame.toString());
      }
      numbers.add(frame.path("seq").longValue());
    }
    return numbers;
  }

  boolean hasNone() {
    return frames.isEmpty();
  }

  @Override
  public void close() {
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
  }

  /** Without a word. */
  void abort() {
    socket.abort();
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        try {
          frames.add(JSON.readTree(text.toString()));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        text.setLength(0);
      }
      from.request(1);
      return null;
    }
  }
}
