package dev.ampoule.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What clients send that they should not, to the real functions; and that the others go on. */
final class BadFramesTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String PING = "{\"action\":\"ping\",\"id\":\"p\"}";

  @TempDir private static Path home;
  private static Stack stack;

  private RawWebSocket client;
  private RawWebSocket other;

  @BeforeAll
  static void start() throws IOException {
    stack = new Stack(home, Optional.empty());
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @BeforeEach
  void connect() throws IOException {
    other = stack.webSocket("admin");
    other.text("{\"action\":\"subscribe\",\"topic\":\"ward/3\"}");
    assertThat(JSON.readTree(other.read().text()).path("type").asText()).isEqualTo("subscribed");
    client = stack.webSocket("admin");
  }

  @AfterEach
  void othersGoOn() throws Exception {
    var published =
        stack.post("/v1/topics/ward/3", stack.token("admin"), "{\"x\":1}".getBytes(UTF_8));
    assertThat(published.statusCode()).as(Stack.text(published)).isEqualTo(201);
    JsonNode event = JSON.readTree(other.read().text());
    assertThat(event.path("seq")).isEqualTo(Stack.json(published).path("seq"));
    assertThat(event.path("data").toString()).isEqualTo("{\"x\":1}");
    other.close();
    client.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hello                                   | bad-request    | body: must be one JSON object",
        "{\"action\":\"ping\"                    | bad-request    | body: must be one JSON object",
        "{\"action\":\"ping\"} {}                | bad-request    | body: must be one JSON object",
        "[\"ping\"]                              | bad-request    | body: must be one JSON object",
        "{\"action\":\"ping\",\"action\":\"x\"}  | bad-request    | body: must be one JSON object",
        "{}                                      | unknown-action | action: must be subscribe,",
        "{\"action\":7}                          | unknown-action | action: must be subscribe,",
        "{\"action\":\"dance\"}                  | unknown-action | action: must be subscribe,",
        "{\"action\":\"$connect\"}               | unknown-action | action: must be subscribe,",
        "{\"action\":\"ping\",\"secret\":1}      | bad-request    | a field that is none of action, id",
        "{\"action\":\"subscribe\"}              | bad-request    | topic: must be ",
        "{\"action\":\"subscribe\",\"topic\":\"a//b\"} | bad-request | topic: must be ",
        "{\"action\":\"subscribe\",\"topic\":\"ward/3\",\"after\":-1} | bad-request | after: must be ",
        "{\"action\":\"publish\",\"topic\":\"ward/3\"} | bad-request | data: ",
      })
  void whatCannotBeUnderstoodIsAnsweredWithAProblem(String frame, String type, String detail)
      throws Exception {
    client.text(frame);
    expectProblem(type, detail);
    expectPong();
  }

  @ParameterizedTest
  @CsvSource({"20", "400", "10000"})
  void deepNestingIsAnsweredWithAProblem(int levels) throws Exception {
    client.text("{\"action\":\"ping\",\"x\":" + "[".repeat(levels) + "]".repeat(levels) + "}");
    expectProblem("bad-request", "body: must be one JSON object");
    expectPong();
  }

  @ParameterizedTest
  @CsvSource({"utf8, 1007", "oversize, 1009", "binary, 1003"})
  void whatIsNoMessageEndsTheConnectionAndSaysWhy(String what, int closeCode) throws Exception {
    client.send(
        switch (what) {
          case "utf8" ->
              client.frame(true, RawWebSocket.TEXT, new byte[] {'a', (byte) 0xC3, '('}, true);
          case "oversize" -> client.frame(true, RawWebSocket.TEXT, new byte[(32 << 10) + 1], true);
          default -> client.frame(true, RawWebSocket.BINARY, new byte[3], true);
        });
    var frame = client.readUntilClose();
    assertThat(frame.closeCode()).isEqualTo(closeCode);
    assertThat(frame.closeReason()).isNotEmpty();
  }

  @Test
  void aFloodIsAnsweredFrameByFrame() throws Exception {
    int frames = 500;
    var flood = Thread.ofVirtual().start(() -> flood(frames));
    int pongs = 0;
    int refusals = 0;
    while (pongs + refusals < frames) {
      JsonNode answer = JSON.readTree(client.read().text());
      if (answer.path("type").asText().equals("pong")) {
        pongs++;
      } else {
        assertThat(answer.path("message").asText()).isEqualTo("Too Many Requests");
        refusals++;
      }
    }
    flood.join();
    assertThat(pongs).isPositive();
    expectPong();
  }

  private void flood(int frames) {
    try {
      for (int i = 0; i < frames; i++) {
        client.text(PING);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void expectProblem(String type, String detail) throws IOException {
    JsonNode answer = JSON.readTree(client.read().text());
    assertThat(answer.path("type").asText()).as(answer.toString()).isEqualTo("error");
    assertThat(answer.path("problem").path("type").asText())
        .isEqualTo("https://ampoule.dev/problems/" + type);
    assertThat(answer.path("problem").path("detail").asText()).startsWith(detail);
  }

  private void expectPong() throws IOException {
    client.text(PING);
    JsonNode answer = JSON.readTree(client.read().text());
    assertThat(answer.path("type").asText()).as(answer.toString()).isEqualTo("pong");
    assertThat(answer.path("id").asText()).isEqualTo("p");
  }
}
