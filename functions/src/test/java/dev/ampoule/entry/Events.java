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
          new Case("health.json", HealthHandler.class, Events::healthy),
          new Case("authorizer.json", AuthorizerHandler.class, Events::authorised),
          new Case("schedule.json", CheckpointHandler.class, Events::checkpointed));

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

  private static void checkpointed(JsonNode answer, Backend backend) {
    nothing(answer, backend);
    assertThat(backend.objects(Backend.AUDIT_BUCKET)).isPositive();
  }
}
