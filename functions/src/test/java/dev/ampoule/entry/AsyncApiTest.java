package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The description of the WebSocket API is that of the one there is. */
final class AsyncApiTest {
  /** Routes of the template; those with a dollar are API Gateway's own. */
  private static final Pattern ROUTE = Pattern.compile("^ +RouteKey: ([a-z]+)$", Pattern.MULTILINE);

  private static final Pattern FRAME =
      Pattern.compile("\"type\", \"([a-z]+)\"|frame\\(\"([a-z]+)\"");

  private static JsonNode document() throws Exception {
    try (var in = HealthHandler.class.getResourceAsStream("asyncapi.json")) {
      return Events.json(
          new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void itDescribesEveryRouteThatAClientCanAskFor() throws Exception {
    var routes = new TreeSet<String>();
    ROUTE
        .matcher(Files.readString(Path.of("..", "template.yaml")))
        .results()
        .forEach(route -> routes.add(route.group(1)));
    var described = new TreeSet<String>();
    document()
        .at("/operations")
        .properties()
        .forEach(operation -> {
          if (operation.getValue().at("/action").asText().equals("receive")) {
            described.add(operation.getKey());
          }
        });
    assertThat(described).isNotEmpty().isEqualTo(routes);
  }

  @Test
  void itDescribesEveryFrameThatIsSent() throws Exception {
    var sent = new TreeSet<String>();
    for (String file :
        new String[] {
          "live/Frames",
          "entry/SocketDesk",
          "entry/WebSocketHandler",
          "entry/WebSocketInvokeHandler"
        }) {
      FRAME
          .matcher(Files.readString(Path.of("src/main/java/dev/ampoule/" + file + ".java")))
          .results()
          .forEach(frame -> sent.add(frame.group(1) == null ? frame.group(2) : frame.group(1)));
    }
    assertThat(sent).contains("event", "error", "pong");
    var messages = document().at("/components/messages");
    assertThat(sent).allSatisfy(type -> assertThat(messages.has(type)).as(type).isTrue());
  }

  @Test
  void everyReferenceLeadsSomewhere() throws Exception {
    var document = document();
    assertThat(document.findValuesAsText("$ref"))
        .isNotEmpty()
        .allSatisfy(
            ref -> assertThat(document.at(ref.substring(1)).isMissingNode()).as(ref).isFalse());
  }
}
