package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.dylibso.chicory.wabt.Wat2Wasm;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Versions are moved while calls go on. */
final class HotSwapTest {
  /** As docs/lifecycle.md states it. */
  private static final Duration BOUND = Duration.ofSeconds(1);

  private static final int CALLERS = 4;
  private static final String MANIFEST = "{\"output\":\"text/plain\"}";

  @TempDir private Path home;
  private Stack stack;

  /** One call and its answer, by the test's own clock. */
  private record Answered(long begunNanos, int status, String version, String body) {}

  @BeforeEach
  void start() throws Exception {
    stack = new Stack(home, Optional.empty());
  }

  @AfterEach
  void stop() {
    stack.close();
  }

  @Test
  @Timeout(value = 6, unit = TimeUnit.MINUTES)
  void of100ActivationsUnderLoadNoCallNoticesButByTheVersionThatAnswers() throws Exception {
    register("swapped", "1.0.0", answering("one"));
    register("swapped", "2.0.0", answering("two"));
    var answers = new ConcurrentLinkedQueue<Answered>();
    var activated = new ArrayList<Long>();
    var over = new AtomicBoolean();
    try (var threads = Executors.newFixedThreadPool(CALLERS)) {
      var callers = new ArrayList<Future<?>>();
      for (int i = 0; i < CALLERS; i++) {
        callers.add(
            threads.submit(() -> {
              while (!over.get()) {
                answers.add(call("swapped"));
              }
              return null;
            }));
      }
      try {
        for (int i = 0; i < 100; i++) {
          var version = i % 2 == 0 ? "2.0.0" : "1.0.0";
          var response =
              stack.post(
                  "/v1/plugins/swapped/versions/" + version + "/activate",
                  stack.token("operator"),
                  new byte[0]);
          assertThat(response.statusCode()).as(Stack.text(response)).isEqualTo(200);
          activated.add(System.nanoTime());
          // Until after the bound the two may both answer; then one of them alone.
          Thread.sleep(BOUND.plusMillis(150));
        }
      } finally {
        over.set(true);
      }
      for (var caller : callers) {
        caller.get();
      }
    }
    assertThat(answers).hasSizeGreaterThan(1_000);
    assertThat(answers)
        .allSatisfy(answer -> {
          assertThat(answer.status()).isEqualTo(200);
          assertThat(answer.version() + " says " + answer.body())
              .isIn("swapped@1.0.0 says one", "swapped@2.0.0 says two");
        });
    int judged = 0;
    for (int i = 0; i < activated.size(); i++) {
      long from = activated.get(i) + BOUND.toNanos();
      long to = i + 1 < activated.size() ? activated.get(i + 1) : Long.MAX_VALUE;
      var expected = i % 2 == 0 ? "swapped@2.0.0" : "swapped@1.0.0";
      for (var answer : answers) {
        // Shortly before its answer was here the next activation may have been made.
        if (answer.begunNanos() >= from
            && answer.begunNanos() < to - Duration.ofMillis(100).toNanos()) {
          assertThat(answer.version()).as("after activation %d", i).isEqualTo(expected);
          judged++;
        }
      }
    }
    assertThat(judged).isGreaterThan(100);
    var history = plugin("swapped").path("history");
    assertThat(history).hasSize(100);
    assertThat(history.path(0).path("version").asText()).isEqualTo("1.0.0");
  }

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES)
  void aVersionThatTrapsOnAFifthOfItsCallsIsRolledBackWithoutAnyone() throws Exception {
    register("fifth", "1.0.0", answering("good"));
    register("fifth", "2.0.0", trappingOnAFifth());
    activate("fifth", "2.0.0", "");
    int calls = 0;
    while (!plugin("fifth").path("live").asText().equals("1.0.0")) {
      assertThat(calls).as("calls until it is rolled back").isLessThan(3_000);
      for (int i = 0; i < 20; i++) {
        assertThat(call("fifth", "" + calls++ % 10).status()).isIn(200, 502);
      }
    }
    var plugin = plugin("fifth");
    var last = plugin.path("history").path(0);
    assertThat(last.path("actor").asText()).isEqualTo("system");
    assertThat(last.path("move").asText()).isEqualTo("quarantine");
    assertThat(last.path("version").asText()).isEqualTo("2.0.0");
    assertThat(last.path("from").asText()).isEqualTo("LIVE");
    assertThat(last.path("to").asText()).isEqualTo("QUARANTINED");
    assertThat(last.path("live").asText()).isEqualTo("1.0.0");
    assertThat(last.path("why").asText()).matches("\\d+ crashes in 60 s");
    assertThat(moves(plugin)).containsExactly("quarantine", "activate", "activate");
    Thread.sleep(BOUND.toMillis());
    for (int i = 0; i < 10; i++) {
      assertThat(call("fifth", "" + i).version()).isEqualTo("fifth@1.0.0");
    }
    assertThat(audited("fifth", "QUARANTINE")).isEqualTo("SUCCESS");
  }

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES)
  void aCanaryThatTrapsOnAFifthOfItsCallsIsRolledBackWithoutAnyone() throws Exception {
    register("canary", "1.0.0", answering("good"));
    register("canary", "2.0.0", trappingOnAFifth());
    activate("canary", "2.0.0", "{\"weight\":50,\"margins\":{\"callsMin\":20}}");
    assertThat(plugin("canary").at("/trial/weight").asInt()).isEqualTo(50);
    int calls = 0;
    while (plugin("canary").has("trial")) {
      assertThat(calls).as("calls until it is rolled back").isLessThan(3_000);
      for (int i = 0; i < 20; i++) {
        assertThat(call("canary", "" + calls++ % 10).status()).isIn(200, 502);
      }
    }
    var plugin = plugin("canary");
    assertThat(plugin.path("live").asText()).isEqualTo("1.0.0");
    var last = plugin.path("history").path(0);
    assertThat(last.path("move").asText()).isEqualTo("rollback");
    assertThat(last.path("from").asText()).isEqualTo("CANARY");
    assertThat(last.path("to").asText()).isEqualTo("VALIDATED");
    assertThat(last.path("why").asText()).matches("traps in \\d+ of \\d+ calls, live in 0 of \\d+");
    assertThat(audited("canary", "ROLLBACK")).isEqualTo("SUCCESS");
  }

  private void register(String name, String version, byte[] module) throws Exception {
    stack.put(name, version, MANIFEST, module);
    assertThat(stack.registered(name, version).path("state").asText()).isIn("LIVE", "VALIDATED");
  }

  private void activate(String name, String version, String body) throws Exception {
    var response =
        stack.post(
            "/v1/plugins/" + name + "/versions/" + version + "/activate",
            stack.token("operator"),
            body.getBytes(StandardCharsets.UTF_8));
    assertThat(response.statusCode()).as(Stack.text(response)).isEqualTo(200);
  }

  private Answered call(String name) throws Exception {
    return call(name, "");
  }

  private Answered call(String name, String input) throws Exception {
    long begun = System.nanoTime();
    var response = stack.invoke(name + "/invoke", input.getBytes(StandardCharsets.UTF_8));
    return new Answered(
        begun,
        response.statusCode(),
        response.headers().firstValue("Ampoule-Plugin").orElse(""),
        Stack.text(response));
  }

  private JsonNode plugin(String name) throws Exception {
    return Stack.json(stack.get("/v1/plugins/" + name, stack.token("operator")));
  }

  private static List<String> moves(JsonNode plugin) {
    return StreamSupport.stream(plugin.path("history").spliterator(), false)
        .map(moved -> moved.path("move").asText())
        .toList();
  }

  private String audited(String plugin, String action) throws Exception {
    var entries =
        Stack.json(stack.get("/v1/audit?actor=system&plugin=" + plugin, stack.token("auditor")));
    return StreamSupport.stream(entries.path("entries").spliterator(), false)
        .filter(entry -> entry.path("action").asText().equals(action))
        .map(entry -> entry.path("outcome").asText())
        .findFirst()
        .orElse(entries.toString());
  }

  private static byte[] answering(String text) {
    return module(
        """
        (memory 1)
        (func (export "run") (result i32)
          (local $at i64)
          (local.set $at (call $alloc (i64.const %1$d)))
          %2$s
          (call $output_set (local.get $at) (i64.const %1$d))
          (i32.const 0))
        """
            .formatted(text.length(), stores(text)));
  }

  /** It takes a digit, and breaks on two of the ten. */
  private static byte[] trappingOnAFifth() {
    return module(
        """
        (func (export "run") (result i32)
          (if (i32.lt_u (call $input_load_u8 (i64.const 0)) (i32.const 50)) (then unreachable))
          (i32.const 0))
        """);
  }

  private static String stores(String text) {
    var stores = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      stores.append(
          "(call $store_u8 (i64.add (local.get $at) (i64.const %d)) (i32.const %d))"
              .formatted(i, (int) text.charAt(i)));
    }
    return stores.toString();
  }

  private static byte[] module(String functions) {
    return Wat2Wasm.parse(
        """
        (module
          (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
          (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
          (import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
          (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
        """
            + functions
            + ")");
  }
}
