package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.RecordingAuditLog;
import dev.ampoule.audit.RequestId;
import dev.ampoule.entry.Measurement.Unit;
import dev.ampoule.entry.Measurement.Value;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TelemetryTest {
  private final Measurements measured = new Measurements();
  private final Telemetry telemetry = new Telemetry(measured);
  private final RecordingAuditLog stored = new RecordingAuditLog();
  private final MeteredAuditLog audit = new MeteredAuditLog(stored, telemetry);

  private static AuditEntry.Builder entry(AuditAction action, AuditOutcome outcome) {
    return AuditEntry.of(Instant.now(), action, Actor.SYSTEM, outcome)
        .request(new RequestId("JKJaXmPLvHcESHA="));
  }

  private static AuditEntry.Builder invocation(String version) {
    return entry(AuditAction.INVOKE, AuditOutcome.SUCCESS)
        .plugin(new PluginName("echo"))
        .version(new PluginVersion(version))
        .duration(Duration.ofMillis(12));
  }

  @Test
  void anInvocationIsCountedByOutcomeAndByVersionWithItsDuration() throws Exception {
    var id = audit.append(invocation("1.0.0").build());
    assertThat(measured.all())
        .containsExactly(
            new Measurement(
                List.of(
                    new Value("PluginInvocations", 1, Unit.COUNT),
                    new Value("PluginDuration", 12, Unit.MILLISECONDS)),
                Map.of(
                    "Outcome", "SUCCESS",
                    "Action", "INVOKE",
                    "Plugin", "echo",
                    "Version", "1.0.0",
                    "RequestId", "JKJaXmPLvHcESHA=",
                    "AuditId", id.toString()),
                List.of(List.of("Outcome"), List.of("Plugin", "Version", "Outcome"))));
  }

  @Test
  void aPluginThatTheAuditDoesNotNameHasNoSeries() throws Exception {
    audit.append(entry(AuditAction.INVOKE, AuditOutcome.NOT_FOUND).build());
    var one = measured.all().getFirst();
    assertThat(one.dimensions()).containsExactly(List.of("Outcome"));
    assertThat(one.properties()).doesNotContainKeys("Plugin", "Version");
  }

  @Test
  void moreVersionsThanTheLimitAreCountedTogether() throws Exception {
    for (int i = 0; i < Telemetry.VERSIONS_MAX; i++) {
      audit.append(invocation("1.0." + i).build());
    }
    audit.append(invocation("2.0.0").build());
    audit.append(invocation("1.0.0").build());
    assertThat(measured.all().get(Telemetry.VERSIONS_MAX - 1).dimensions()).hasSize(2);
    var beyond = measured.all().get(Telemetry.VERSIONS_MAX);
    assertThat(beyond.dimensions()).containsExactly(List.of("Outcome"));
    assertThat(beyond.properties()).containsEntry("Version", "2.0.0");
    assertThat(measured.all().getLast().dimensions()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "REGISTER, SUCCESS, PluginRegistrations, Outcome",
    "REGISTER, REJECTED, PluginRegistrations, Outcome",
    "UPLOAD, FORBIDDEN, Refusals, Outcome",
    "READ_AUDIT, UNAUTHENTICATED, Refusals, Outcome",
    "ROLLBACK, SUCCESS, PluginRollbacks, ''",
    "QUARANTINE, SUCCESS, PluginQuarantines, ''",
  })
  void whatIsAuditedIsCounted(
      AuditAction action, AuditOutcome outcome, String metric, String dimension) throws Exception {
    audit.append(entry(action, outcome).build());
    assertThat(measured.all()).hasSize(1);
    var one = measured.all().getFirst();
    assertThat(one.values()).containsExactly(new Value(metric, 1, Unit.COUNT));
    assertThat(one.dimensions())
        .containsExactly(dimension.isEmpty() ? List.of() : List.of(dimension));
  }

  @Test
  void aRefusedInvocationIsBothAnInvocationAndARefusal() throws Exception {
    audit.append(entry(AuditAction.INVOKE, AuditOutcome.FORBIDDEN).build());
    assertThat(measured.names()).containsExactly("PluginInvocations", "PluginDuration", "Refusals");
  }

  @ParameterizedTest
  @CsvSource({"ROLLBACK, CONFLICT", "QUARANTINE, NOT_FOUND", "ACTIVATE, SUCCESS"})
  void whatDidNotHappenIsNot(AuditAction action, AuditOutcome outcome) throws Exception {
    audit.append(entry(action, outcome).build());
    assertThat(measured.all()).isEmpty();
  }

  @Test
  void anEntryThatCannotBeStoredIsAFailureAndNothingElse() {
    stored.down(true);
    assertThatThrownBy(() -> audit.append(invocation("1.0.0").build()))
        .isInstanceOf(AuditUnavailableException.class);
    assertThat(measured.all())
        .containsExactly(
            new Measurement(
                List.of(new Value("AuditFailures", 1, Unit.COUNT)),
                Map.of("Phase", "STORE", "Action", "INVOKE"),
                List.of(List.of(), List.of("Phase"))));
  }

  @Test
  void theFirstCallOfAProcessIsAColdStartAndTheFirstAfterARestoreToo() {
    call();
    call();
    telemetry.restored();
    call();
    assertThat(measured.values("ColdStarts")).containsExactly(1.0, 0.0, 1.0);
    assertThat(measured.values("CallFailures")).containsExactly(0.0, 0.0, 0.0);
    assertThat(measured.all().getFirst().dimensions()).containsExactly(List.of("Function"));
    assertThat(measured.all().getFirst().properties())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("Function", "Invoke", "FunctionRequestId", "request-1"));
  }

  private void call() {
    assertThat(telemetry.observe("Invoke", new TestContext("request-1"), () -> "answer"))
        .isEqualTo("answer");
  }

  @Test
  void aCallThatThrowsIsCountedAsFailedAndThrows() {
    assertThatThrownBy(() ->
            telemetry.observe(
                "Register",
                new TestContext("request-1"),
                () -> {
                  throw new IllegalStateException("no audit entry could be stored");
                }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(measured.values("CallFailures")).containsExactly(1.0);
  }

  @Test
  void aMeasurementThatIsLostCostsNoCall() throws Exception {
    measured.breakDown();
    call();
    audit.append(invocation("1.0.0").build());
    assertThat(stored.entries()).hasSize(1);
  }
}
