package dev.ampoule.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The WebSocket API from end to end: gateway, functions, tables, stream. */
final class RealtimeTest {
  @TempDir private static Path home;
  private static Stack stack;
  private static HttpClient http;

  @BeforeAll
  static void start() throws Exception {
    stack = new Stack(home, Optional.empty());
    http = HttpClient.newHttpClient();
  }

  @AfterAll
  static void stop() {
    http.close();
    stack.close();
  }

  private static URI url() {
    return URI.create(stack.url("/live").toString().replaceFirst("^http", "ws"));
  }

  private static LiveClient connect(String... roles) {
    return new LiveClient(http, url(), stack.token(roles));
  }

  private static void publish(String topic, String data) throws Exception {
    var response =
        stack.post("/v1/topics/" + topic, stack.token("integration"), data.getBytes(UTF_8));
    assertThat(response.statusCode()).as(Stack.text(response)).isEqualTo(201);
  }

  private static void subscribe(LiveClient client, String frame, String acknowledged)
      throws Exception {
    client.send(frame);
    assertThat(client.nextText()).isEqualTo(acknowledged);
  }

  @Test
  void whoSubscribesIsSentWhatIsPublished() throws Exception {
    try (var client = connect("clinician")) {
      assertThat(client.subprotocol()).isEqualTo("ampoule.v1");
      subscribe(
          client,
          "{\"action\":\"subscribe\",\"topic\":\"ward/1\"}",
          "{\"type\":\"subscribed\",\"topic\":\"ward/1\",\"head\":0}");
      publish("ward/1", "{\"beds\": 8}");
      publish("ward/1", "[1, 2]");
      assertThat(client.nextText())
          .isEqualTo("{\"type\":\"event\",\"topic\":\"ward/1\",\"seq\":1,\"data\":{\"beds\":8}}");
      assertThat(client.nextText())
          .isEqualTo("{\"type\":\"event\",\"topic\":\"ward/1\",\"seq\":2,\"data\":[1,2]}");
      client.send("{\"action\":\"unsubscribe\",\"topic\":\"ward/1\",\"id\":\"u\"}");
      assertThat(client.nextText())
          .isEqualTo("{\"type\":\"unsubscribed\",\"id\":\"u\",\"topic\":\"ward/1\"}");
    }
  }

  @Test
  void aClientPublishesPingsAndInvokes() throws Exception {
    stack.upload("news2", "news2-live", "1.0.0");
    assertThat(stack.registered("news2-live", "1.0.0").path("state").asText()).isEqualTo("LIVE");
    try (var client = connect("integration")) {
      client.send("{\"action\":\"publish\",\"topic\":\"ward/2\",\"data\":1,\"id\":\"a\"}");
      assertThat(client.nextText())
          .isEqualTo("{\"type\":\"published\",\"id\":\"a\",\"topic\":\"ward/2\",\"seq\":1}");
      client.send("{\"action\":\"ping\"}");
      assertThat(client.nextText()).isEqualTo("{\"type\":\"pong\"}");
      client.send(
          """
          {"action":"invoke","id":"7","plugin":"news2-live","input":{"respiratoryRate":24,
           "spo2":92,"supplementalOxygen":true,"systolicBloodPressure":99,"pulse":118,
           "consciousness":"A","temperature":38.7}}
          """);
      var result = client.next();
      assertThat(result.path("type").asText()).as(result.toString()).isEqualTo("result");
      assertThat(result.path("id").asText()).isEqualTo("7");
      assertThat(result.path("plugin").asText()).isEqualTo("news2-live@1.0.0");
      assertThat(result.at("/output/score").intValue()).isEqualTo(11);
    }
  }

  /** Publishing goes on while each of several clients comes back for what it missed. */
  @Test
  void aReplayBecomesLiveWithoutGapOrDuplicateWhileOthersPublish() throws Exception {
    int events = 120;
    for (int i = 0; i < 20; i++) {
      publish("ward/3", Integer.toString(i));
    }
    try (var publishing = Executors.newVirtualThreadPerTaskExecutor()) {
      var published =
          publishing.submit(() -> {
            for (int i = 20; i < events; i++) {
              publish("ward/3", Integer.toString(i));
            }
            return null;
          });
      var clients = new ArrayList<LiveClient>();
      for (int after = 0; after < 20; after += 4) {
        var client = connect("clinician");
        clients.add(client);
        client.send("{\"action\":\"subscribe\",\"topic\":\"ward/3\",\"after\":" + after + "}");
      }
      int after = 0;
      for (LiveClient client : clients) {
        assertThat(client.next().path("type").asText()).isEqualTo("subscribed");
        assertThat(client.events(events - after))
            .containsExactlyElementsOf(LongStream.rangeClosed(after + 1, events).boxed().toList());
        after += 4;
      }
      published.get();
      clients.forEach(client -> assertThat(client.hasNone()).isTrue());
      clients.forEach(LiveClient::close);
    }
  }

  @Test
  void aWildcardIsAWardWithEverythingBelowIt() throws Exception {
    publish("ward/4", "1");
    publish("ward/4/beds", "1");
    try (var client = connect("clinician")) {
      subscribe(
          client,
          "{\"action\":\"subscribe\",\"topic\":\"ward/4/*\",\"after\":{\"ward/4\":0}}",
          "{\"type\":\"subscribed\",\"topic\":\"ward/4/*\",\"heads\":{\"ward/4\":1,\"ward/4/beds\":1}}");
      assertThat(client.nextText())
          .isEqualTo("{\"type\":\"event\",\"topic\":\"ward/4\",\"seq\":1,\"data\":1}");
      publish("ward/4/beds", "2");
      assertThat(client.nextText())
          .isEqualTo("{\"type\":\"event\",\"topic\":\"ward/4/beds\",\"seq\":2,\"data\":2}");
      publish("ward/4/new", "3");
      assertThat(client.nextText())
          .isEqualTo("{\"type\":\"event\",\"topic\":\"ward/4/new\",\"seq\":1,\"data\":3}");
    }
  }

  @Test
  void joiningAndLeavingIsToldOnThePresenceTopic() throws Exception {
    try (var watching = connect("clinician")) {
      subscribe(
          watching,
          "{\"action\":\"subscribe\",\"topic\":\"ward/5/presence\"}",
          "{\"type\":\"subscribed\",\"topic\":\"ward/5/presence\",\"head\":0}");
      var nurse = connect("clinician");
      subscribe(
          nurse,
          "{\"action\":\"subscribe\",\"topic\":\"ward/5\",\"present\":true}",
          "{\"type\":\"subscribed\",\"topic\":\"ward/5\",\"head\":0}");
      var joined = watching.next();
      assertThat(joined.at("/data/event").asText()).isEqualTo("join");
      assertThat(joined.at("/data/who").asText()).isEqualTo("tester");
      var listed = Stack.json(stack.get("/v1/topics/ward/5/presence", stack.token("clinician")));
      assertThat(listed.at("/present/0/who").asText()).isEqualTo("tester");
      assertThat(listed.at("/present")).hasSize(1);
      nurse.close();
      var left = watching.next();
      assertThat(left.at("/data/event").asText()).isEqualTo("leave");
      assertThat(left.at("/data/connection")).isEqualTo(joined.at("/data/connection"));
      assertThat(left.path("seq").longValue()).isEqualTo(2);
    }
  }

  @Test
  void eventsGoThroughThePluginThatTheirTopicIsBoundTo() throws Exception {
    stack.upload("news2", "news2-ward", "1.0.0");
    assertThat(stack.registered("news2-ward", "1.0.0").path("state").asText()).isEqualTo("LIVE");
    var bound =
        stack.put(
            "/v1/topics/ward/6/plugin",
            stack.token("operator"),
            "{\"plugin\":\"news2-ward\"}".getBytes(UTF_8));
    assertThat(Stack.text(bound)).isEqualTo("{\"topic\":\"ward/6\",\"plugin\":\"news2-ward\"}");
    try (var client = connect("clinician")) {
      subscribe(
          client,
          "{\"action\":\"subscribe\",\"topic\":\"ward/6/news2-ward\"}",
          "{\"type\":\"subscribed\",\"topic\":\"ward/6/news2-ward\",\"head\":0}");
      // The first is no set of vital signs: the plugin says so, and the stream goes on.
      publish("ward/6", "{\"what\": \"ever\"}");
      publish(
          "ward/6",
          """
          {"respiratoryRate":24,"spo2":92,"supplementalOxygen":true,"systolicBloodPressure":99,
           "pulse":118,"consciousness":"A","temperature":38.7}
          """);
      var derived = client.next();
      assertThat(derived.path("seq").longValue()).isEqualTo(1);
      assertThat(derived.at("/data/score").intValue()).isEqualTo(11);
    }
  }

  @Test
  void badFramesAreAnsweredAndTheConnectionGoesOn() throws Exception {
    var deep = "{\"action\":\"ping\",\"x\":" + "[".repeat(400) + "]".repeat(400) + "}";
    try (var client = connect("clinician")) {
      for (var frame :
          List.of(
              "not JSON",
              "[1]",
              "{}",
              "{\"action\":\"dance\"}",
              "{\"action\":\"$connect\"}",
              deep,
              "{\"action\":\"ping\",\"action\":\"ping\"}",
              "{\"action\":\"ping\",\"extra\":1}",
              "{\"action\":\"subscribe\"}",
              "{\"action\":\"subscribe\",\"topic\":\"ward/../1\"}",
              "{\"action\":\"subscribe\",\"topic\":\"ward/1\",\"after\":-1}",
              "{\"action\":\"subscribe\",\"topic\":\"patient/*\"}",
              "{\"action\":\"publish\",\"topic\":\"ward/1\",\"data\":\"" + "x".repeat(30_000))) {
        client.send(frame);
        var answer = client.next();
        assertThat(answer.path("type").asText()).as(answer.toString()).isEqualTo("error");
        assertThat(answer.at("/problem/status").intValue()).isEqualTo(400);
      }
      client.send("{\"action\":\"publish\",\"topic\":\"ward/1\",\"data\":1,\"id\":\"p\"}");
      var refused = client.next();
      assertThat(refused.path("id").asText()).isEqualTo("p");
      assertThat(refused.at("/problem/status").intValue()).isEqualTo(403);
      client.send("{\"action\":\"ping\"}");
      assertThat(client.nextText()).isEqualTo("{\"type\":\"pong\"}");
    }
  }

  @Test
  void whoHasNoTokenOrABadOneIsRefused() {
    assertThat(LiveClient.refusal(http, url(), "none.of.these")).isEqualTo(401);
  }

  @Test
  void whatIsNotKeptIsSaid() throws Exception {
    publish("ward/7", "1");
    try (var client = connect("clinician")) {
      client.send("{\"action\":\"subscribe\",\"topic\":\"ward/7\",\"after\":9}");
      var answer = client.next();
      assertThat(answer.at("/problem/type").asText())
          .isEqualTo("https://ampoule.dev/problems/replay-missed");
      assertThat(answer.at("/problem/oldest").longValue()).isEqualTo(2);
    }
  }

  @Test
  void eventsCanBeReadOverRest() throws Exception {
    publish("patient/12/vitals", "{\"pulse\":70}");
    publish("patient/12/vitals", "{\"pulse\":71}");
    var answer =
        Stack.json(
            stack.get("/v1/topics/patient/12/vitals/events?after=1", stack.token("clinician")));
    assertThat(answer.path("head").intValue()).isEqualTo(2);
    assertThat(answer.at("/events")).hasSize(1);
    assertThat(answer.at("/events/0/data/pulse").intValue()).isEqualTo(71);
  }
}
