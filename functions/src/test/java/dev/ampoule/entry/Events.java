package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.registry.TestModules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * What the files of {@code events/} must come to, in an order in which each finds what it needs:
 * {@link #prepare} has uploaded two versions of a plugin that echoes.
 */
final class Events {
  static final Path FOLDER = Path.of("..", "events");
  private static final JsonMapper JSON = new JsonMapper();
  private static final byte[] FIRST = TestModules.echo();
  private static final byte[] SECOND = TestModules.otherEcho();

  private Events() {}

  /** Checks what a handler answered; a null of the handler is JSON's. */
  @FunctionalInterface
  interface Expected {
    void check(JsonNode answer, Backend backend);
  }

  /** A file, who gets it, and what must come of it. */
  record Case(String file, Class<?> handler, Expected expected) {
    @Override
    public String toString() {
      return file + " to " + handler.getSimpleName();
    }
  }

  static final List<Case> IN_ORDER =
      List.of(
          new Case("object-created.json", RegisterHandler.class, Events::nothing),
          new Case("invoke.json", InvokeHandler.class, Events::invoked),
          new Case("plugins.json", PluginsHandler.class, Events::listed),
          new Case("uploads.json", PluginsHandler.class, Events::granted),
          new Case("activate.json", PluginsHandler.class, Events::activated),
          new Case("audit.json", AuditHandler.class, Events::reviewed),
          new Case("page.json", PagesHandler.class, Events::shown),
          new Case("health.json", HealthHandler.class, Events::healthy),
          new Case("authorizer.json", AuthorizerHandler.class, Events::authorised),
          new Case("schedule.json", CheckpointHandler.class, Events::checkpointed),
          new Case(
              "websocket-authorizer.json", WebSocketAuthorizerHandler.class, Events::letThrough),
          new Case("websocket-connect.json", WebSocketHandler.class, Events::connected),
          new Case("websocket-subscribe.json", WebSocketHandler.class, Events::subscribed),
          new Case("publish.json", TopicsHandler.class, Events::published),
          new Case("topic-stream.json", FanOutHandler.class, Events::fannedOut),
          new Case("derive-stream.json", DeriveHandler.class, Events::noneFailed),
          new Case("websocket-invoke.json", WebSocketInvokeHandler.class, Events::invokedLive),
          new Case("websocket-disconnect.json", WebSocketHandler.class, Events::disconnected),
          new Case("sweep.json", SweepHandler.class, Events::nothing));

  static void prepare(Backend backend) {
    backend.upload("1.0.0", FIRST);
    backend.upload("1.1.0", SECOND);
  }

  static String text(String file) {
    try {
      return Files.readString(FOLDER.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The second upload's event, which must come between the first one's and the activation. */
  static String secondUpload() {
    return text("object-created.json").replace("1.0.0", "1.1.0");
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JacksonException e) {
      throw new AssertionError(text, e);
    }
  }

  private static void nothing(JsonNode answer, Backend backend) {
    assertThat(answer.isNull()).as(answer.toString()).isTrue();
  }

  private static void invoked(JsonNode answer, Backend backend) {
    assertThat(answer.at("/statusCode").intValue()).as(answer.toString()).isEqualTo(200);
    var input = Base64.getDecoder().decode(json(text("invoke.json")).at("/body").asText());
    assertThat(answer.at("/isBase64Encoded").booleanValue()).isTrue();
    assertThat(Base64.getDecoder().decode(answer.at("/body").asText())).isEqualTo(input);
    assertThat(answer.at("/headers/Ampoule-Plugin").asText()).isEqualTo("echo@1.0.0");
    assertThat(answer.at("/headers/Ampoule-Digest").asText())
        .isEqualTo(ContentDigest.of(FIRST).toString());
    assertThat(answer.at("/headers/Content-Type").asText()).isEqualTo("application/octet-stream");
    assertThat(new String(input, StandardCharsets.UTF_8)).startsWith("MSH|^~\\&|");
  }

  private static void listed(JsonNode answer, Backend backend) {
    assertThat(answer.at("/statusCode").intValue()).as(answer.toString()).isEqualTo(200);
    assertThat(answer.at("/body").asText())
        .isEqualTo("{\"plugins\":[{\"name\":\"echo\",\"live\":\"1.0.0\"}]}");
  }

  private static void granted(JsonNode answer, Backend backend) {
    assertThat(answer.at("/statusCode").intValue()).as(answer.toString()).isEqualTo(201);
    var body = json(answer.at("/body").asText());
    assertThat(body.at("/plugin").asText()).isEqualTo("echo");
    assertThat(body.at("/version").asText()).isEqualTo("2.0.0");
    assertThat(body.at("/uploads/module/url").asText())
        .startsWith(backend.environment().get("AWS_ENDPOINT_URL"))
        .contains("/ampoule-modules/plugins/echo/2.0.0.wasm?", "X-Amz-Signature=");
  }

  private static void activated(JsonNode answer, Backend backend) {
    assertThat(answer.at("/statusCode").intValue()).as(answer.toString()).isEqualTo(200);
    var body = json(answer.at("/body").asText());
    assertThat(body.at("/version").asText()).isEqualTo("1.1.0");
    assertThat(body.at("/state").asText()).isEqualTo("LIVE");
    assertThat(body.at("/before").asText()).isEqualTo("1.0.0");
  }

  private static void reviewed(JsonNode answer, Backend backend) {
    assertThat(answer.at("/statusCode").intValue()).as(answer.toString()).isEqualTo(200);
    var entries = json(answer.at("/body").asText()).at("/entries");
    assertThat(StreamSupport.stream(entries.spliterator(), false))
        .extracting(
            entry -> entry.at("/action").asText(),
            entry -> entry.at("/version").asText(),
            entry -> entry.at("/outcome").asText())
        .containsExactlyInAnyOrder(
            tuple("REGISTER", "1.0.0", "SUCCESS"),
            tuple("REGISTER", "1.1.0", "SUCCESS"),
            tuple("INVOKE", "1.0.0", "SUCCESS"),
            tuple("UPLOAD", "2.0.0", "SUCCESS"),
            tuple("ACTIVATE", "1.1.0", "SUCCESS"));
  }

  private static void shown(JsonNode answer, Backend backend) {
    assertThat(answer.at("/statusCode").intValue()).as(answer.toString()).isEqualTo(200);
    assertThat(answer.at("/headers/Content-Type").asText()).isEqualTo("text/html; charset=utf-8");
    assertThat(answer.at("/body").asText())
        .contains("<html lang=\"pt-BR\">", "<span id=\"live-echo\">1.1.0</span>");
  }

  private static void healthy(JsonNode answer, Backend backend) {
    assertThat(answer.at("/statusCode").intValue()).as(answer.toString()).isEqualTo(200);
    assertThat(json(answer.at("/body").asText()))
        .isEqualTo(
            json(
                """
                {"status":"up","dependencies":{"catalog":"up","module_store":"up","audit":"up"},
                 "catalogAgeSeconds":0,"spooledBlocks":0}
                """));
  }

  private static void authorised(JsonNode answer, Backend backend) {
    assertThat(answer)
        .isEqualTo(
            json(
                """
                {"isAuthorized":true,"context":{"subject":"lab-engine","roles":"integration"}}
                """));
  }

  private static void letThrough(JsonNode answer, Backend backend) {
    assertThat(answer)
        .isEqualTo(
            json(
                """
                {"principalId":"lab-engine",
                 "policyDocument":{"Version":"2012-10-17","Statement":[
                   {"Action":"execute-api:Invoke","Effect":"Allow",
                    "Resource":"arn:aws:execute-api:eu-central-1:123456789012:z9y8x7w6v5/live/$connect"}]},
                 "context":{"subject":"lab-engine","roles":"integration"}}
                """));
  }

  private static void connected(JsonNode answer, Backend backend) {
    assertThat(answer.at("/statusCode").intValue()).as(answer.toString()).isEqualTo(200);
    assertThat(answer.at("/headers/Sec-WebSocket-Protocol").asText()).isEqualTo("ampoule.v1");
  }

  private static void subscribed(JsonNode answer, Backend backend) {
    assertThat(answer.at("/statusCode").intValue()).as(answer.toString()).isEqualTo(200);
    assertThat(backend.pushed())
        .containsExactly("{\"type\":\"subscribed\",\"topic\":\"ward/3\",\"head\":0}");
  }

  private static void published(JsonNode answer, Backend backend) {
    assertThat(answer.at("/statusCode").intValue()).as(answer.toString()).isEqualTo(201);
    assertThat(json(answer.at("/body").asText()).at("/seq").longValue()).isEqualTo(1);
  }

  /** Once for the head and once for the relay; a client takes each number once. */
  private static void fannedOut(JsonNode answer, Backend backend) {
    noneFailed(answer, backend);
    assertThat(backend.pushed().stream().skip(1))
        .hasSize(2)
        .allMatch(frame ->
            frame.startsWith("{\"type\":\"event\",\"topic\":\"ward/3\",\"seq\":1,")
                && frame.endsWith("\"data\":{\"beds\":8,\"free\":2}}"));
  }

  private static void noneFailed(JsonNode answer, Backend backend) {
    assertThat(answer).isEqualTo(json("{\"batchItemFailures\":[]}"));
  }

  private static void invokedLive(JsonNode answer, Backend backend) {
    assertThat(answer.at("/statusCode").intValue()).as(answer.toString()).isEqualTo(200);
    var frame = json(answer.at("/body").asText());
    assertThat(frame.at("/type").asText()).as(frame.toString()).isEqualTo("result");
    assertThat(frame.at("/id").asText()).isEqualTo("7");
    assertThat(frame.at("/output")).isEqualTo(json("{\"pulse\":72}"));
    // The activation was within the second that an answer of the catalogue may be old.
    assertThat(frame.at("/plugin").asText()).isIn("echo@1.0.0", "echo@1.1.0");
  }

  private static void disconnected(JsonNode answer, Backend backend) {
    assertThat(answer.at("/statusCode").intValue()).as(answer.toString()).isEqualTo(200);
  }

  private static void checkpointed(JsonNode answer, Backend backend) {
    nothing(answer, backend);
    assertThat(backend.objects(Backend.AUDIT_BUCKET)).isPositive();
  }
}
