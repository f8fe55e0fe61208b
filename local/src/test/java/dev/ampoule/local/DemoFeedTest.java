package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.local.cli.CommandContext;
import dev.ampoule.local.cli.OfflineVerifier;
import dev.ampoule.local.cli.Pacing;
import dev.ampoule.local.demo.Patient;
import dev.ampoule.local.demo.VitalsEvent;
import dev.ampoule.local.demo.Ward;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo against the real platform: what it made up comes back through every step. */
final class DemoFeedTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int PATIENTS = 3;
  private static final int OBSERVATIONS = 30;

  @TempDir private static Path home;
  private static Stack stack;

  @BeforeAll
  static void start() throws Exception {
    stack = new Stack(home, Optional.empty());
    var progress = new Progress(new PrintWriter(new StringWriter()));
    SamplePlugins.deploy(Stack.ROOT.resolve("plugins"), stack.local(), progress);
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @Test
  void everyObservationReachesThePatientsAndTheWardsTopicScored() throws Exception {
    try (var ward = subscribed("ward/3");
        var patient = subscribed("patient/demo-1/vitals")) {
      var out = new ByteArrayOutputStream();
      assertThat(demo(out, "--patients", "3", "--every", "2s", "--seconds", "60", "--seed", "5"))
          .isZero();
      assertThat(out.toString(StandardCharsets.UTF_8))
          .endsWith(PATIENTS * OBSERVATIONS + " observations published\n");

      List<Patient> inventedOnceMore = Ward.of("3", PATIENTS, 5).patients();
      Set<String> risks = new HashSet<>();
      for (int seq = 1; seq <= PATIENTS * OBSERVATIONS; seq++) {
        Patient invented = inventedOnceMore.get((seq - 1) % PATIENTS);
        JsonNode event = event(ward, seq);
        assertThat(event.path("patient").asText()).isEqualTo(invented.id());
        assertThat(event.path("vitals"))
            .as("through HL7 v2 and FHIR")
            .isEqualTo(read(VitalsEvent.vitals(invented.observe())));
        JsonNode news2 = event.path("news2");
        int sum = 0;
        for (JsonNode score : news2.path("scores")) {
          sum += score.asInt();
        }
        assertThat(news2.path("scores").size()).isEqualTo(7);
        assertThat(news2.path("score").asInt()).isEqualTo(sum);
        risks.add(news2.path("risk").asText());
        if (invented.bed() == 1) {
          assertThat(event(patient, (seq + PATIENTS - 1) / PATIENTS)).isEqualTo(event);
        }
      }
      assertThat(risks).as("within a minute").contains("low", "medium", "high");
    }
  }

  private static JsonNode read(ObjectNode json) throws IOException {
    return JSON.readTree(json.toString());
  }

  private static RawWebSocket subscribed(String topic) throws IOException {
    RawWebSocket client = stack.webSocket("admin");
    client.text("{\"action\":\"subscribe\",\"topic\":\"" + topic + "\"}");
    assertThat(JSON.readTree(client.read().text()).path("type").asText()).isEqualTo("subscribed");
    return client;
  }

  private static JsonNode event(RawWebSocket client, int seq) throws IOException {
    JsonNode frame = JSON.readTree(client.read().text());
    assertThat(frame.path("type").asText()).as(frame.toString()).isEqualTo("event");
    assertThat(frame.path("seq").asInt()).isEqualTo(seq);
    return frame.path("data");
  }

  /** A minute of the demo in a few seconds. */
  private static int demo(ByteArrayOutputStream out, String... options) {
    var context =
        new CommandContext(
            Map.of(
                "AMPOULE_URL", stack.local().url().toString(),
                "AMPOULE_TOKEN", stack.token("admin")),
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new ImmediatePacing(),
            Optional::empty,
            new OfflineVerifier());
    String[] arguments = new String[options.length + 1];
    arguments[0] = "demo";
    System.arraycopy(options, 0, arguments, 1, options.length);
    return Main.commandLine(TemplateApplication::of, context).execute(arguments);
  }

  /** Time passes by pausing alone. */
  private static final class ImmediatePacing implements Pacing {
    private long nanos;

    @Override
    public long nanoTime() {
      return nanos;
    }

    @Override
    public void pause(Duration duration) {
      nanos += duration.toNanos();
    }
  }
}
