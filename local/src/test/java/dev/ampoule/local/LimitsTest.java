package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.dylibso.chicory.wabt.Wat2Wasm;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every limit as a caller meets it: its own status and problem type. */
final class LimitsTest {
  @TempDir private static Path home;
  private static Stack stack;

  @BeforeAll
  static void start() throws Exception {
    stack = new Stack(home, Optional.empty());
    byte[] wasm;
    try (var wat = LimitsTest.class.getResourceAsStream("attacks.wat")) {
      wasm = Wat2Wasm.parse(new String(wat.readAllBytes(), StandardCharsets.UTF_8));
    }
    stack.put("attacks", "1.0.0", manifest(800), wasm);
    var registered = stack.registered("attacks", "1.0.0");
    assertThat(registered.path("state").asText()).as(registered.toString()).isEqualTo("LIVE");
    // So many calls take longer than the others' time limit.
    stack.put("attacks", "2.0.0", manifest(28_000), wasm);
    stack.registered("attacks", "2.0.0");
    // What breaks all the time is refused after a while; the others here are not to be.
    stack.put("breaks", "1.0.0", manifest(800), wasm);
    stack.registered("breaks", "1.0.0");
    stack.upload("news2", "news2", "1.0.0");
    stack.registered("news2", "1.0.0");
  }

  private static String manifest(int timeoutMs) {
    return """
    {"output":"text/plain",
     "capabilities":{"vars":{"bytes":4096},"http":{"hosts":["api.example.org"]}},
     "limits":{"timeoutMs":%d,"memoryPages":64,"inputBytes":1000,"outputBytes":100000}}
    """
        .formatted(timeoutMs);
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @ParameterizedTest
  @CsvSource({
    "loop,        504, time-limit",
    "recurse,     502, call-depth-limit",
    "unreachable, 502, plugin-trapped",
    "wild-load,   502, plugin-trapped",
    "grow,        502, memory-pages-limit",
    "output,      502, output-bytes-limit",
    "vars,        502, vars-bytes-limit",
    "logs,        502, log-bytes-limit",
    "http,        403, capability-denied",
    "fail,        422, plugin-error",
    "nothing,     400, unknown-function",
  })
  void eachHasItsOwnAnswer(String function, int status, String type) throws Exception {
    var response =
        stack.invoke("attacks/invoke?function=" + function, "x".getBytes(StandardCharsets.UTF_8));
    assertThat(response.statusCode()).as(Stack.text(response)).isEqualTo(status);
    assertThat(Stack.json(response).path("type").asText())
        .isEqualTo("https://ampoule.dev/problems/" + type);
    assertThat(response.headers().firstValue("Ampoule-Audit-Id")).isPresent();
  }

  @Test
  void hostCallsHaveALimitOfTheirOwn() throws Exception {
    var response = stack.invoke("attacks/versions/2.0.0/invoke?function=calls", new byte[0]);
    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(Stack.json(response).path("type").asText())
        .isEqualTo("https://ampoule.dev/problems/host-calls-limit");
  }

  @Test
  void anInputOverTheLimitIs413() throws Exception {
    var response = stack.invoke("attacks/invoke?function=echo", new byte[1001]);
    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(Stack.text(response)).contains("\"max\":1000,\"bytes\":1001");
    assertThat(stack.invoke("attacks/invoke?function=echo", new byte[1000]).statusCode())
        .isEqualTo(200);
  }

  @Test
  void theLargestOutputArrivesWhateverItsType() throws Exception {
    for (var type : new String[] {"text/plain", "application/octet-stream"}) {
      var name = "largest-" + type.substring(0, 4);
      stack.put(
          name,
          "1.0.0",
          "{\"output\":\"" + type + "\",\"limits\":{\"outputBytes\":4456448,\"memoryPages\":256}}",
          largestOutput());
      assertThat(stack.registered(name, "1.0.0").path("state").asText()).isEqualTo("LIVE");
      var response = stack.invoke(name + "/invoke", new byte[0]);
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).hasSize(4_456_448);
    }
  }

  /** Zeros, each of which is six characters in a JSON string. */
  private static byte[] largestOutput() {
    return Wat2Wasm.parse(
        """
        (module
          (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
          (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
          (func (export "run") (result i32)
            (call $output_set (call $alloc (i64.const 4456448)) (i64.const 4456448))
            (i32.const 0)))
        """);
  }

  @Test
  void aBodyOverLambdasLimitIsStoppedByTheGateway() throws Exception {
    assertThat(stack.invoke("attacks/invoke?function=echo", new byte[6 << 20]).statusCode())
        .isEqualTo(413);
  }

  @Test
  void othersGoOnWhileEveryLimitIsMet() throws Exception {
    var good =
        Files.readAllBytes(Stack.ROOT.resolve("plugins/news2/testdata/input/sepsis-high.json"));
    var over = new AtomicBoolean();
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (var attack : new String[] {"loop", "grow", "recurse", "logs"}) {
        var _ =
            threads.submit(() -> {
              while (!over.get()) {
                assertThat(
                        stack.invoke("breaks/invoke?function=" + attack, new byte[0]).statusCode())
                    .isGreaterThanOrEqualTo(500);
              }
              return null;
            });
      }
      try {
        for (int i = 0; i < 50; i++) {
          var response = stack.invoke("news2/invoke", good);
          assertThat(response.statusCode()).isEqualTo(200);
          assertThat(Stack.json(response).path("score").asInt()).isEqualTo(14);
        }
      } finally {
        over.set(true);
      }
    }
  }
}
