package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.S3Event;
import com.amazonaws.services.lambda.runtime.serialization.events.LambdaEventSerializers;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.registry.TestModules;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Nothing of a patient is in a metric or a line of the log, wherever it came in. */
final class TelemetryPhiTest {
  private static final String PATIENT = "Maria da Silva";
  private static final String RECORD_NUMBER = "99887766";

  private final Measurements measured = new Measurements();
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private final Logger root = (Logger) LoggerFactory.getLogger("dev.ampoule");
  private Backend backend;
  private InvokeHandler handler;

  @BeforeEach
  void start() throws Exception {
    root.setLevel(Level.TRACE);
    root.addAppender(logged);
    logged.start();
    backend = Backend.start();
    backend.upload("1.0.0", TestModules.everyEnd());
    var wiring = new Wiring(backend.settings(), new Telemetry(measured));
    new RegisterHandler(wiring)
        .handleRequest(
            read(S3Event.class, Events.text("object-created.json")), new TestContext("request"));
    handler = new InvokeHandler(wiring);
  }

  @AfterEach
  void stop() {
    root.detachAppender(logged);
    root.setLevel(null);
    backend.close();
  }

  private static <T> T read(Class<T> type, String event) {
    return LambdaEventSerializers.serializerFor(type, TelemetryPhiTest.class.getClassLoader())
        .fromJson(event);
  }

  /** The event of events/ with another plugin, function and body. */
  private int invoke(String plugin, String function, String body) {
    var event = (ObjectNode) Events.json(Events.text("invoke.json"));
    event.withObject("/pathParameters").put("name", plugin);
    event.put("rawPath", "/v1/plugins/" + plugin + "/invoke");
    event.withObject("/queryStringParameters").put("function", function);
    event.put("body", Base64.getEncoder().encodeToString(body.getBytes(StandardCharsets.UTF_8)));
    return handler
        .handleRequest(read(APIGatewayV2HTTPEvent.class, event.toString()), new TestContext("r"))
        .getStatusCode();
  }

  @Test
  void noMetricAndNoLineHoldsWhatACallBrought() {
    var message = "PID|1||" + RECORD_NUMBER + "||" + PATIENT;
    assertThat(invoke("echo", "ok", message)).isEqualTo(200);
    assertThat(invoke("echo", "fail", message)).isEqualTo(422);
    assertThat(invoke("echo", "trap", message)).isEqualTo(502);
    assertThat(invoke("p-" + RECORD_NUMBER, "run", message)).isEqualTo(404);
    assertThat(invoke(PATIENT, "run", message)).isEqualTo(400);
    assertThat(invoke("echo", "f" + RECORD_NUMBER, message)).isEqualTo(400);
    assertThat(invoke("echo", PATIENT, message)).isEqualTo(400);

    assertThat(measured.names().stream().filter("PluginInvocations"::equals)).hasSize(7);
    var kept =
        List.of(
            measured.all().toString(),
            logged.list.stream()
                .map(event -> event.getFormattedMessage() + event.getMDCPropertyMap())
                .toList()
                .toString());
    assertThat(kept)
        .allSatisfy(
            text -> assertThat(text).doesNotContainIgnoringCase(RECORD_NUMBER, PATIENT, "Silva"));
    assertThat(measured.all().toString()).contains("Plugin=echo", "Outcome=PLUGIN_ERROR");
  }
}
