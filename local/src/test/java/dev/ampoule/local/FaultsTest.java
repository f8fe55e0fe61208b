package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditOutcome;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each dependency is broken in each way, and healed, while calls go on. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class FaultsTest {
  private static final List<String> ONE_BY_ONE =
      List.of(
          "dynamodb=down",
          "dynamodb=throttle",
          "dynamodb=slow",
          "s3=down",
          "s3=throttle",
          "s3=slow");

  @TempDir private Path home;
  @TempDir private Path data;

  private static byte[] input() throws Exception {
    return Files.readAllBytes(Stack.ROOT.resolve("plugins/news2/testdata/input/sepsis-high.json"));
  }

  private static JsonNode verified(Stack stack) throws Exception {
    return Stack.json(stack.get("/v1/audit/verification", stack.token("auditor")));
  }

  private static int spooled(Stack stack) {
    return stack.s3().listObjectsV2(list -> list.bucket(stack.bucket("spool"))).contents().size();
  }

  @Test
  void nothingAcknowledgedIsLostAndTheSumsAgree() throws Exception {
    List<Load.Call> calls;
    try (var stack = new Stack(home, Optional.of(data))) {
      stack.upload("news2", "news2", "1.0.0");
      stack.registered("news2", "1.0.0");
      var faults = stack.local().faults();
      var load =
          new Load(stack.url("/v1/plugins/news2/invoke"), stack.token("integration"), input());
      try (load) {
        load.moreAnswered(20);
        for (String fault : ONE_BY_ONE) {
          faults.set(Faults.parse(List.of(fault)));
          // One dependency alone stops no call of a plugin that is known and loaded.
          load.moreAnswered(30);
          faults.set(Map.of());
          load.moreAnswered(10);
        }
        faults.set(Faults.parse(List.of("dynamodb=down", "s3=down")));
        load.more(12);
        faults.set(Map.of());
        load.moreAnswered(20);
      }
      calls = load.calls();

      assertThat(calls).hasSize(load.sent());
      long answered = calls.stream().filter(Load.Call::answered).count();
      long refused = calls.stream().filter(Load.Call::refused).count();
      assertThat(answered + refused).isEqualTo(load.sent());
      assertThat(calls.stream().filter(Load.Call::answered))
          .allMatch(call -> call.auditId().isPresent());
      assertThat(calls.stream().filter(Load.Call::refused))
          .isNotEmpty() // while both were down
          .allMatch(call -> call.status().equals(Optional.of(503)));
      assertThat(verified(stack).path("ok").asBoolean()).isTrue();
    } // the stop calls the schedule once more, and that drains

    try (var stack = new Stack(home, Optional.of(data))) {
      assertThat(spooled(stack)).isZero();
      var verification = verified(stack);
      assertThat(verification.path("ok").asBoolean()).as(verification.toString()).isTrue();
      var entries = AuditTable.entries(stack);
      AuditTable.assertAgrees(calls, entries);
      for (Load.Call call : calls) {
        if (call.answered()) {
          assertThat(entries.get(call.auditId().orElseThrow()))
              .extracting(AuditEntry::outcome)
              .isEqualTo(AuditOutcome.SUCCESS);
        }
      }
    }
  }

  @Test
  void aPluginThatIsNotKnownIsUnavailableAndNotMissingWhileTheTableFails() throws Exception {
    try (var stack = new Stack(home, Optional.empty())) {
      stack.upload("news2", "news2", "1.0.0");
      stack.registered("news2", "1.0.0");
      assertThat(stack.invoke("news2/invoke", input()).statusCode()).isEqualTo(200);
      stack.local().faults().set(Faults.parse(List.of("dynamodb=down")));
      assertThat(stack.invoke("news2/invoke", input()).statusCode()).isEqualTo(200);
      var unknown = stack.invoke("unknown/invoke", input());
      assertThat(unknown.statusCode()).isEqualTo(503);
      assertThat(unknown.headers().firstValue("Retry-After")).isPresent();
      assertThat(unknown.headers().firstValue("Ampoule-Audit-Id")).isPresent();
      var write =
          stack.post(
              "/v1/plugins/news2/versions/1.0.0/activate", stack.token("operator"), new byte[0]);
      assertThat(write.statusCode()).isEqualTo(503);
      stack.local().faults().set(Map.of());
    }
  }

  @Test
  void healthTellsWhatFailsAndWhatStandsInForIt() throws Exception {
    try (var stack = new Stack(home, Optional.empty())) {
      assertThat(health(stack, 200)).isEqualTo("up: up up up");
      stack.local().faults().set(Faults.parse(List.of("dynamodb=throttle")));
      assertThat(health(stack, 200)).isEqualTo("degraded: degraded up degraded");
      stack.local().faults().set(Faults.parse(List.of("s3=throttle")));
      assertThat(health(stack, 200)).isEqualTo("degraded: up down degraded");
      stack.local().faults().set(Faults.parse(List.of("dynamodb=down", "s3=down")));
      assertThat(health(stack, 503)).isEqualTo("down: degraded down down");
      stack.local().faults().set(Map.of());
      assertThat(health(stack, 200)).isEqualTo("up: up up up");
    }
  }

  private static String health(Stack stack, int status) throws Exception {
    var response = stack.get("/health", "");
    assertThat(response.statusCode()).as(Stack.text(response)).isEqualTo(status);
    var health = Stack.json(response);
    var dependencies = health.path("dependencies");
    return "%s: %s %s %s"
        .formatted(
            health.path("status").asText(),
            dependencies.path("catalog").asText(),
            dependencies.path("module_store").asText(),
            dependencies.path("audit").asText());
  }

  @Test
  void faultsAreSwitchedAtRunTimeByProgramsOfThisMachineAlone() throws Exception {
    try (var edge = AwsEdge.start(0, Optional.empty(), false, new S3Notifications());
        var http = HttpClient.newHttpClient()) {
      var url = edge.endpoint().resolve("/_ampoule/faults");
      assertThat(send(http, url, "GET", "").body()).isEqualTo("{}");
      var put = send(http, url, "PUT", "{\"dynamodb\":\"slow\",\"s3\":\"throttle\"}");
      assertThat(put.statusCode()).isEqualTo(200);
      assertThat(put.body()).isEqualTo("{\"dynamodb\":\"slow\",\"s3\":\"throttle\"}");
      assertThat(edge.faults().all())
          .isEqualTo(
              Map.of(
                  Faults.Service.DYNAMODB, Faults.Fault.SLOW,
                  Faults.Service.S3, Faults.Fault.THROTTLE));
      var refused = send(http, edge.endpoint().resolve("/bucket/key"), "GET", "");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("<Code>SlowDown</Code>");
      for (String bad : List.of("{\"sqs\":\"down\"}", "{\"s3\":\"gone\"}", "[]", "{")) {
        assertThat(send(http, url, "PUT", bad).statusCode()).as(bad).isEqualTo(400);
      }
      assertThat(send(http, url, "POST", "{}").statusCode()).isEqualTo(405);
      assertThat(send(http, url, "DELETE", "", "Origin", "https://evil.example").statusCode())
          .isEqualTo(403);
      assertThat(edge.faults().all()).hasSize(2);
      assertThat(send(http, url, "DELETE", "").body()).isEqualTo("{}");
      assertThat(edge.faults().all()).isEmpty();
    }
  }

  private static HttpResponse<String> send(
      HttpClient http, URI url, String method, String body, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(url).method(method, BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }
}
