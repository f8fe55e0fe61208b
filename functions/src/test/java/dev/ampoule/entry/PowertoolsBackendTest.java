package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

@ResourceLock(Resources.SYSTEM_OUT)
final class PowertoolsBackendTest {
  private static String printed(Measurement... measurements) {
    var stdout = System.out;
    var bytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      var backend = new PowertoolsBackend();
      for (var measurement : measurements) {
        backend.put(measurement);
      }
    } finally {
      System.setOut(stdout);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aMeasurementIsOneLineOfTheEmbeddedMetricFormat() {
    var line =
        printed(
            Measurement.of()
                .count("PluginInvocations", 1)
                .millis("PluginDuration", 12.5)
                .property("Plugin", "echo")
                .property("Version", "1.0.0")
                .property("Outcome", "SUCCESS")
                .property("AuditId", "chain.7.0")
                .by("Outcome")
                .by("Plugin", "Version", "Outcome")
                .build());
    assertThat(line.lines()).hasSize(1);
    var document = (ObjectNode) Events.json(line);
    assertThat(((ObjectNode) document.get("_aws")).remove("Timestamp").isIntegralNumber()).isTrue();
    assertThat(document)
        .isEqualTo(
            Events.json(
                """
                {"_aws":{"CloudWatchMetrics":[{
                   "Namespace":"Ampoule",
                   "Metrics":[
                     {"Name":"PluginDuration","Unit":"Milliseconds"},
                     {"Name":"PluginInvocations","Unit":"Count"}],
                   "Dimensions":[["Outcome"],["Outcome","Plugin","Version"]]}]},
                 "PluginInvocations":1.0,"PluginDuration":12.5,
                 "Plugin":"echo","Version":"1.0.0","Outcome":"SUCCESS","AuditId":"chain.7.0"}
                """));
  }

  @Test
  void aSeriesOverEverythingHasNoDimension() {
    var document =
        Events.json(
            printed(
                Measurement.of()
                    .count("AuditFailures", 1)
                    .property("Phase", "STORE")
                    .by()
                    .by("Phase")
                    .build()));
    assertThat(document.at("/_aws/CloudWatchMetrics/0/Dimensions"))
        .isEqualTo(Events.json("[[],[\"Phase\"]]"));
    assertThat(document.at("/AuditFailures").doubleValue()).isEqualTo(1);
  }

  @Test
  void oneMeasurementLeavesNothingInTheNext() {
    var both =
        printed(
            Measurement.of()
                .count("Calls", 1)
                .property("Function", "Invoke")
                .by("Function")
                .build(),
            Measurement.of().count("BreakersOpened", 1).by().build());
    var second = Events.json(both.lines().toList().getLast());
    assertThat(second.has("Function")).isFalse();
    assertThat(second.has("Calls")).isFalse();
  }
}
