package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.invocation.InvocationOutcome;
import dev.ampoule.invocation.InvocationOutcome.Dependency;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.sandbox.PluginText;
import dev.ampoule.sandbox.RunOutcome.DeniedCapability;
import dev.ampoule.sandbox.RunOutcome.Limit;
import dev.ampoule.sandbox.RunOutcome.TrapKind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class InvokeHandlerTest {
  private static final TreeSet<FunctionName> FUNCTIONS =
      new TreeSet<>(List.of(new FunctionName("convert"), new FunctionName("check")));

  static Stream<Arguments> problems() {
    return Stream.of(
        problem(
            new InvocationOutcome.PluginFailed(1, new PluginText("PID-7: not a date")),
            422,
            "plugin-error",
            "\"detail\":\"PID-7: not a date\",\"exitCode\":1"),
        problem(
            new InvocationOutcome.Trapped(TrapKind.OUT_OF_BOUNDS_MEMORY),
            502,
            "plugin-trapped",
            "\"trap\":\"outOfBoundsMemory\""),
        problem(
            new InvocationOutcome.TimedOut(Duration.ofMillis(250)),
            504,
            "time-limit",
            "\"limit\":\"timeoutMs\",\"max\":250"),
        problem(
            new InvocationOutcome.InputTooLarge(101, 100),
            413,
            "input-bytes-limit",
            "\"limit\":\"inputBytes\",\"max\":100,\"bytes\":101"),
        problem(
            new InvocationOutcome.LimitExceeded(Limit.OUTPUT_BYTES, 10),
            502,
            "output-bytes-limit",
            "\"limit\":\"outputBytes\",\"max\":10"),
        problem(
            new InvocationOutcome.CapabilityDenied(DeniedCapability.HTTP),
            403,
            "capability-denied",
            "\"capability\":\"http\""),
        problem(
            new InvocationOutcome.Forbidden("default-deny"),
            403,
            "forbidden",
            "\"policy\":\"default-deny\""),
        problem(new InvocationOutcome.UnknownPlugin(), 404, "unknown-plugin", ""),
        problem(new InvocationOutcome.UnknownVersion(), 404, "unknown-version", ""),
        problem(new InvocationOutcome.NothingLive(), 404, "nothing-live", ""),
        problem(
            new InvocationOutcome.NotInvocable(LifecycleState.REJECTED),
            409,
            "wrong-state",
            "\"state\":\"REJECTED\""),
        problem(
            new InvocationOutcome.FunctionNeeded(FUNCTIONS),
            400,
            "function-needed",
            "\"functions\":[\"check\",\"convert\"]"),
        problem(
            new InvocationOutcome.UnknownFunction(new FunctionName("x"), FUNCTIONS),
            400,
            "unknown-function",
            "\"functions\":[\"check\",\"convert\"]"),
        problem(
            new InvocationOutcome.Unavailable(Dependency.AUDIT, Duration.ofSeconds(2)),
            503,
            "degraded",
            "The audit store does not answer"),
        problem(new InvocationOutcome.Broken(), 500, "internal", ""));
  }

  private static Arguments problem(
      InvocationOutcome outcome, int status, String type, String contains) {
    return Arguments.of(outcome, status, type, contains);
  }

  @ParameterizedTest
  @MethodSource("problems")
  void everyOutcomeHasItsStatusAndType(
      InvocationOutcome outcome, int status, String type, String contains) {
    var response = InvokeHandler.render(outcome);
    assertThat(response.getStatusCode()).isEqualTo(status);
    assertThat(response.getHeaders()).containsEntry("Content-Type", "application/problem+json");
    assertThat(response.getBody())
        .contains("\"type\":\"https://ampoule.dev/problems/" + type + "\"")
        .contains("\"status\":" + status)
        .contains(contains);
  }

  @Test
  void everyLimitHasATypeOfItsOwn() {
    var types = new ArrayList<String>();
    for (Limit limit : Limit.values()) {
      var body = InvokeHandler.render(new InvocationOutcome.LimitExceeded(limit, 1)).getBody();
      types.add(body.substring(0, body.indexOf("\",\"title")));
    }
    assertThat(new HashSet<>(types)).hasSameSizeAs(types);
  }

  @Test
  void aDegradedAnswerSaysWhenToTryAgain() {
    assertThat(
            InvokeHandler.render(
                    new InvocationOutcome.Unavailable(Dependency.CATALOG, Duration.ofSeconds(2)))
                .getHeaders())
        .containsEntry("Retry-After", "2");
  }

  @Test
  void textGoesAsItIsAndBytesInBase64() {
    var text =
        InvokeHandler.render(
            new InvocationOutcome.Completed(
                "olá".getBytes(StandardCharsets.UTF_8), "text/plain; charset=utf-8"));
    assertThat(text.getBody()).isEqualTo("olá");
    assertThat(text.getIsBase64Encoded()).isFalse();
    var bytes =
        InvokeHandler.render(
            new InvocationOutcome.Completed(new byte[] {0, (byte) 0xff}, "application/wasm"));
    assertThat(bytes.getBody()).isEqualTo("AP8=");
    assertThat(bytes.getIsBase64Encoded()).isTrue();
    var long65 =
        InvokeHandler.render(new InvocationOutcome.Completed(new byte[65 * 1024], "text/plain"));
    assertThat(long65.getIsBase64Encoded()).isTrue();
    var notUtf8 =
        InvokeHandler.render(
            new InvocationOutcome.Completed(new byte[] {(byte) 0xff}, "text/plain"));
    assertThat(notUtf8.getBody()).isEqualTo("/w==");
    assertThat(notUtf8.getIsBase64Encoded()).isTrue();
  }
}
