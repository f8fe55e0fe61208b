package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.dylibso.chicory.wabt.Wat2Wasm;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The moves as callers of the API meet them. */
final class LifecycleTest {
  @TempDir private static Path home;
  private static Stack stack;

  @BeforeAll
  static void start() throws Exception {
    stack = new Stack(home, Optional.empty());
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  private static void versions(String name, String... versions) throws Exception {
    versionsWith("{\"output\":\"text/plain\"}", name, versions);
  }

  private static void versionsWith(String manifest, String name, String... versions)
      throws Exception {
    for (var version : versions) {
      stack.put(name, version, manifest, module());
      assertThat(stack.registered(name, version).path("state").asText()).isNotEqualTo("REJECTED");
    }
  }

  /** {@code ok} echoes, {@code trap} breaks. */
  private static byte[] module() {
    return Wat2Wasm.parse(
        """
        (module
          (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
          (import "extism:host/env" "input_length" (func $input_length (result i64)))
          (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
          (func (export "ok") (result i32)
            (call $output_set (call $input_offset) (call $input_length))
            (i32.const 0))
          (func (export "trap") (result i32) unreachable))
        """);
  }

  private static HttpResponse<byte[]> post(String pathAfterPlugins, String body) throws Exception {
    return stack.post(
        "/v1/plugins/" + pathAfterPlugins,
        stack.token("operator"),
        body.getBytes(StandardCharsets.UTF_8));
  }

  private static JsonNode done(String pathAfterPlugins, String body) throws Exception {
    var response = post(pathAfterPlugins, body);
    assertThat(response.statusCode()).as(Stack.text(response)).isEqualTo(200);
    return Stack.json(response);
  }

  private static void refused(String path, String body, int status, String problem)
      throws Exception {
    var response = post(path, body);
    assertThat(response.statusCode()).as(Stack.text(response)).isEqualTo(status);
    assertThat(Stack.json(response).path("type").asText())
        .isEqualTo("https://ampoule.dev/problems/" + problem);
  }

  private static JsonNode plugin(String name) throws Exception {
    return Stack.json(stack.get("/v1/plugins/" + name, stack.token("operator")));
  }

  @Test
  void everyMoveIsAnsweredWithTheVersionAndEntersTheStory() throws Exception {
    versions("moved", "1.0.0", "2.0.0", "3.0.0");
    assertThat(done("moved/versions/2.0.0/activate", "").path("before").asText())
        .isEqualTo("1.0.0");
    assertThat(done("moved/versions/3.0.0/activate", "{\"weight\":5}").path("state").asText())
        .isEqualTo("CANARY");
    assertThat(done("moved/rollback", "").path("version").asText()).isEqualTo("3.0.0");
    assertThat(done("moved/rollback", "").path("version").asText()).isEqualTo("1.0.0");
    done("moved/rollback", "{\"version\":\"2.0.0\"}");
    done("moved/versions/3.0.0/retire", "");
    done("moved/versions/2.0.0/quarantine", "{\"reason\":\"CVE-2026-1\"}");
    var plugin = plugin("moved");
    assertThat(plugin.path("live").asText()).isEqualTo("1.0.0");
    assertThat(StreamSupport.stream(plugin.path("history").spliterator(), false))
        .extracting(moved ->
            "%s %s %s-%s, live %s%s"
                .formatted(
                    moved.path("move").asText(),
                    moved.path("version").asText(),
                    moved.path("from").asText(),
                    moved.path("to").asText(),
                    moved.path("live").asText(),
                    moved.has("why") ? ": " + moved.path("why").asText() : ""))
        .containsExactly(
            "quarantine 2.0.0 LIVE-QUARANTINED, live 1.0.0: CVE-2026-1",
            "retire 3.0.0 VALIDATED-RETIRED, live 2.0.0",
            "rollback 2.0.0 VALIDATED-LIVE, live 2.0.0",
            "rollback 1.0.0 VALIDATED-LIVE, live 1.0.0",
            "rollback 3.0.0 CANARY-VALIDATED, live 2.0.0: the trial is over",
            "canary 3.0.0 VALIDATED-CANARY, live 2.0.0: 5 % of the calls",
            "activate 2.0.0 VALIDATED-LIVE, live 2.0.0",
            "activate 1.0.0 VALIDATED-LIVE, live 1.0.0: the first version");
    assertThat(plugin.at("/history/0/actor").asText()).isEqualTo("subject:tester");
    assertThat(stack.invoke("moved/versions/2.0.0/invoke?function=ok", new byte[0]).statusCode())
        .isEqualTo(409);
  }

  @Test
  void aMoveThatIsNotAllowedNamesTheStateAndWhatIs() throws Exception {
    versions("fixed", "1.0.0", "2.0.0");
    var response = post("fixed/versions/1.0.0/retire", "");
    assertThat(response.statusCode()).isEqualTo(409);
    var problem = Stack.json(response);
    assertThat(problem.path("state").asText()).isEqualTo("LIVE");
    assertThat(problem.path("allowed")).hasToString("[\"activate\",\"quarantine\"]");
    refused("fixed/rollback", "", 409, "no-earlier-version");
    refused("fixed/rollback", "{\"version\":\"2.0.0\"}", 409, "no-earlier-version");
    refused("fixed/versions/9.0.0/retire", "", 404, "unknown-version");
    refused("nobody/rollback", "", 404, "unknown-plugin");
    done("fixed/versions/1.0.0/quarantine", "");
    refused("fixed/versions/2.0.0/activate", "{\"weight\":5}", 404, "nothing-live");
    refused("fixed/versions/1.0.0/activate", "", 409, "wrong-state");
    assertThat(plugin("fixed").has("live")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          activate   | {"weight":0}                    | weight: must be a whole number from 1 to 100
          activate   | {"weight":"10"}                 | weight: must be a whole number from 1 to 100
          activate   | {"shadow":1}                    | shadow: must be true or false
          activate   | {"shadow":true,"weight":5}      | weight: a shadow takes no calls; leave it out
          activate   | {"margins":{}}                  | margins: only for a canary or a shadow
          activate   | {"weight":5,"margins":{"x":1}}  | margins: must be an object of callsMin, errorPoints, p95Percent, timeLimitPoints, trapPoints
          activate   | {"weight":5,"margins":{"callsMin":0}} | margins.callsMin: must be a whole number from 1 to 1000000
          quarantine | {"reason":"Maria da Silva"}     | reason: must be 1 to 200 letters, digits and _.:/$#-, such as a ticket's id; free text could hold PHI
          retire     | {"reason":"x"}                  | reason: unknown field; none is known
          """)
  void aBodyThatIsNotUnderstoodIsToldTheField(String move, String body, String detail)
      throws Exception {
    var response = post("some/versions/1.0.0/" + move, body);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(Stack.json(response).path("detail").asText()).isEqualTo(detail.strip());
  }

  @Test
  void whoMayOnlyInvokeMovesNothing() throws Exception {
    for (var path :
        new String[] {"rollback", "versions/1.0.0/retire", "versions/1.0.0/quarantine"}) {
      assertThat(
              stack
                  .post("/v1/plugins/some/" + path, stack.token("integration"), new byte[0])
                  .statusCode())
          .isEqualTo(403);
    }
  }

  @Test
  void callsWithTheSameKeyGoToTheSameVersion() throws Exception {
    versions("sticky", "1.0.0", "2.0.0");
    done("sticky/versions/2.0.0/activate", "{\"weight\":50}");
    var ran = new HashSet<String>();
    for (int key = 0; key < 10; key++) {
      var mine = new HashSet<String>();
      for (int i = 0; i < 3; i++) {
        mine.add(routed("ward-" + key).headers().firstValue("Ampoule-Plugin").orElseThrow());
      }
      assertThat(mine).hasSize(1);
      ran.addAll(mine);
    }
    assertThat(ran).containsExactlyInAnyOrder("sticky@1.0.0", "sticky@2.0.0");
    assertThat(routed("x".repeat(257)).statusCode()).isEqualTo(400);
  }

  private static HttpResponse<byte[]> routed(String key) throws Exception {
    return stack.post(
        "/v1/plugins/sticky/invoke?function=ok",
        stack.token("integration"),
        new byte[0],
        "Ampoule-Route-Key",
        key);
  }

  @Test
  void aShadowIsComparedAndSeenByNobody() throws Exception {
    versions("shaded", "1.0.0", "2.0.0");
    done("shaded/versions/2.0.0/activate", "{\"shadow\":true}");
    for (int i = 0; i < 3; i++) {
      var response =
          stack.invoke("shaded/invoke?function=ok", "in".getBytes(StandardCharsets.UTF_8));
      assertThat(Stack.text(response)).isEqualTo("in");
      assertThat(response.headers().firstValue("Ampoule-Plugin")).contains("shaded@1.0.0");
    }
    while (plugin("shaded").at("/trial/counted/agreed").asInt() < 3) {
      Thread.sleep(50);
    }
    var trial = plugin("shaded").path("trial");
    assertThat(trial.path("kind").asText()).isEqualTo("shadow");
    assertThat(trial.at("/counted/calls").asInt()).isEqualTo(3);
    assertThat(trial.at("/counted/disagreed").asInt()).isZero();
  }

  @Test
  void aShadowMayNotReachOutside() throws Exception {
    versionsWith(
        "{\"capabilities\":{\"http\":{\"hosts\":[\"api.example.org\"]}}}",
        "outside",
        "1.0.0",
        "2.0.0");
    refused("outside/versions/2.0.0/activate", "{\"shadow\":true}", 409, "shadow-has-effects");
  }

  @Test
  void aVersionThatBreaksAllTheTimeIsGivenARest() throws Exception {
    versions("broken", "1.0.0");
    versionsWith("{\"input\":\"text/plain\",\"onFailure\":\"open\"}", "lets-through", "1.0.0");
    var input = "in".getBytes(StandardCharsets.UTF_8);
    for (var name : new String[] {"broken", "lets-through"}) {
      for (int i = 0; i < 20; i++) {
        assertThat(stack.invoke(name + "/invoke?function=trap", input).statusCode()).isEqualTo(502);
      }
    }
    var refused = stack.invoke("broken/invoke?function=ok", input);
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(Stack.json(refused).path("type").asText())
        .isEqualTo("https://ampoule.dev/problems/circuit-open");
    assertThat(Long.parseLong(refused.headers().firstValue("Retry-After").orElseThrow()))
        .isBetween(1L, 10L);
    assertThat(refused.headers().firstValue("Ampoule-Audit-Id")).isPresent();
    var through = stack.invoke("lets-through/invoke?function=ok", input);
    assertThat(through.statusCode()).isEqualTo(200);
    assertThat(Stack.text(through)).isEqualTo("in");
    assertThat(through.headers().firstValue("Ampoule-Passed-Through")).contains("true");
    while (!plugin("broken").has("breakersOpenUntil")) {
      Thread.sleep(50);
    }
  }
}
