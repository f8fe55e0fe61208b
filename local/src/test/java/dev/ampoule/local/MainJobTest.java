package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.StrictErrorHandler;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The main job on the real stack: upload, invoke over HTTP, find it in the audit. */
final class MainJobTest {
  @TempDir private static Path home;
  private static Stack stack;

  @BeforeAll
  static void start() throws Exception {
    stack = new Stack(home, Optional.empty());
    for (var sample : List.of("hl7v2-to-fhir", "deidentify", "news2")) {
      stack.upload(sample, sample, "1.0.0");
    }
    for (var sample : List.of("hl7v2-to-fhir", "deidentify", "news2")) {
      assertThat(stack.registered(sample, "1.0.0").path("state").asText()).isEqualTo("LIVE");
    }
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  record Sample(String plugin, Path input) {
    Path expected() {
      return Stack.ROOT.resolve("plugins").resolve(plugin).resolve("testdata/expected");
    }

    @Override
    public String toString() {
      return plugin + " " + input.getFileName();
    }
  }

  /** Every input of every sample, with what must come of it. */
  static List<Sample> inputs() throws Exception {
    var inputs = new ArrayList<Sample>();
    for (var plugin : List.of("hl7v2-to-fhir", "deidentify", "news2")) {
      try (var files =
          Files.list(Stack.ROOT.resolve("plugins").resolve(plugin).resolve("testdata/input"))) {
        files.sorted().forEach(file -> inputs.add(new Sample(plugin, file)));
      }
    }
    assertThat(inputs).hasSizeGreaterThanOrEqualTo(40);
    return inputs;
  }

  @ParameterizedTest
  @MethodSource("inputs")
  void aSampleAnswersAsItsTestDataSays(Sample sample) throws Exception {
    var response = stack.invoke(sample.plugin() + "/invoke", Files.readAllBytes(sample.input()));
    var base = sample.input().toString().replaceFirst(".*/", "").replaceFirst("\\.[^.]*$", "");
    var expected = sample.expected();
    var error = expected.resolve(base + ".error.txt");
    if (Files.exists(error)) {
      assertThat(response.statusCode()).isEqualTo(422);
      assertThat(Stack.json(response).path("detail").asText().strip())
          .isEqualTo(Files.readString(error).strip());
    } else {
      assertThat(response.statusCode()).as(Stack.text(response)).isEqualTo(200);
      var wanted = expectedFile(expected, base);
      if (wanted.toString().endsWith(".json")) {
        assertThat(Stack.json(response)).isEqualTo(new JsonMapper().readTree(wanted.toFile()));
      } else {
        assertThat(response.body()).isEqualTo(Files.readAllBytes(wanted));
      }
    }
    assertThat(response.headers().firstValue("Ampoule-Plugin"))
        .contains(sample.plugin() + "@1.0.0");
    assertThat(response.headers().firstValue("Ampoule-Digest").orElseThrow())
        .matches("sha256:[0-9a-f]{64}");
    assertThat(response.headers().firstValue("Ampoule-Audit-Id")).isPresent();
    assertThat(response.headers().firstValue("Server-Timing").orElseThrow()).contains("run;dur=");
  }

  private static Path expectedFile(Path folder, String base) throws Exception {
    try (var files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().contains("/" + base + "."))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void everyBundleIsAcceptedByHapisStrictParser() throws Exception {
    var parser = FhirContext.forR4().newJsonParser();
    parser.setParserErrorHandler(new StrictErrorHandler());
    int bundles = 0;
    for (var sample : inputs()) {
      if (!sample.plugin().equals("hl7v2-to-fhir")) {
        continue;
      }
      var response = stack.invoke("hl7v2-to-fhir/invoke", Files.readAllBytes(sample.input()));
      if (response.statusCode() == 200) {
        assertThat(response.headers().firstValue("Content-Type")).contains("application/fhir+json");
        var bundle = parser.parseResource(Bundle.class, Stack.text(response));
        assertThat(bundle.getEntry()).as(sample.toString()).isNotEmpty();
        bundles++;
      }
    }
    assertThat(bundles).isGreaterThanOrEqualTo(5);
  }

  @Test
  void theHl7MessagesOfTheTeamConvertToBundles() throws Exception {
    var shared = Stack.ROOT.resolve("../shared/data/hl7v2").normalize();
    if (!Files.isDirectory(shared)) {
      // The messages are not part of the repository; the samples' own cover the same ground.
      return;
    }
    try (var files = Files.list(shared)) {
      for (var file : files.filter(f -> f.toString().contains("ORU")).toList()) {
        assertThat(stack.invoke("hl7v2-to-fhir/invoke", Files.readAllBytes(file)).statusCode())
            .as(file.toString())
            .isEqualTo(200);
      }
    }
  }

  @Test
  void anInvocationIsFoundInTheAuditAndHoldsNothingOfTheInput() throws Exception {
    var response =
        stack.invoke(
            "news2/invoke", "{\"patient\":\"Maria da Silva\"}".getBytes(StandardCharsets.UTF_8));
    assertThat(response.statusCode()).isEqualTo(422);
    var id = response.headers().firstValue("Ampoule-Audit-Id").orElseThrow();
    var entry = Stack.json(stack.get("/v1/audit/" + id, stack.token("auditor")));
    assertThat(entry.path("action").asText()).isEqualTo("INVOKE");
    assertThat(entry.path("outcome").asText()).isEqualTo("PLUGIN_ERROR");
    assertThat(entry.path("plugin").asText()).isEqualTo("news2");
    assertThat(entry.path("actor").asText()).isEqualTo("subject:tester");
    assertThat(entry.path("inputBytes").asInt()).isEqualTo(28);
    assertThat(entry.toString()).doesNotContain("Maria");
    var listed =
        Stack.json(
            stack.get(
                "/v1/audit?plugin=news2&outcome=PLUGIN_ERROR&limit=1000", stack.token("auditor")));
    assertThat(listed.path("entries").findValuesAsText("id")).contains(id);
  }

  @Test
  void anEntryIsAFhirAuditEventToo() throws Exception {
    var id =
        stack
            .invoke("news2/invoke", new byte[0])
            .headers()
            .firstValue("Ampoule-Audit-Id")
            .orElseThrow();
    var response =
        stack.get("/v1/audit/" + id, stack.token("auditor"), "Accept", "application/fhir+json");
    assertThat(response.headers().firstValue("Content-Type")).contains("application/fhir+json");
    var parser = FhirContext.forR4().newJsonParser();
    parser.setParserErrorHandler(new StrictErrorHandler());
    assertThat(parser.parseResource(AuditEvent.class, Stack.text(response)).getRecorded())
        .isNotNull();
  }

  @Test
  void theAuditVerifies() throws Exception {
    stack.invoke("news2/invoke", new byte[0]);
    var result = Stack.json(stack.get("/v1/audit/verification", stack.token("auditor")));
    assertThat(result.path("ok").asBoolean()).as(result.toString()).isTrue();
    assertThat(result.path("blocks").asInt()).isPositive();
    assertThat(result.path("findings").isEmpty()).isTrue();
  }

  @Test
  void everyCallIsAuditedExactlyOnceAlsoWhenManyComeAtOnce() throws Exception {
    long before = count();
    int calls = 200;
    try (var threads = Executors.newFixedThreadPool(16)) {
      var work = new ArrayList<Callable<HttpResponse<byte[]>>>();
      for (int i = 0; i < calls; i++) {
        var path = i % 4 == 0 ? "nobody/invoke" : "news2/invoke";
        work.add(() -> stack.invoke(path, "{}".getBytes(StandardCharsets.UTF_8)));
      }
      for (var done : threads.invokeAll(work)) {
        assertThat(done.get().statusCode()).isIn(404, 422);
      }
    }
    // One more entry is of the verification that counted before.
    assertThat(count() - before).isEqualTo(calls + 1);
  }

  private static long count() throws Exception {
    return Stack.json(stack.get("/v1/audit/verification", stack.token("auditor")))
        .path("entries")
        .asLong();
  }

  @Test
  void aRequestWithoutAGoodTokenIsRefusedAndAudited() throws Exception {
    for (var token : List.of("", "not-a-token", stack.token("integration") + "x")) {
      var response = stack.post("/v1/plugins/news2/invoke", token, new byte[0]);
      assertThat(response.statusCode()).isEqualTo(401);
      assertThat(response.headers().firstValue("Content-Type"))
          .contains("application/problem+json");
      assertThat(Stack.json(response).path("type").asText())
          .isEqualTo("https://ampoule.dev/problems/unauthenticated");
    }
    var refused =
        Stack.json(stack.get("/v1/audit?outcome=UNAUTHENTICATED", stack.token("auditor")));
    assertThat(refused.path("entries").size()).isGreaterThanOrEqualTo(3);
  }

  @Test
  void aRoleThatMayNotIsForbiddenByAPolicyWithAName() throws Exception {
    var response = stack.post("/v1/plugins/news2/invoke", stack.token("auditor"), new byte[0]);
    assertThat(response.statusCode()).isEqualTo(403);
    assertThat(Stack.json(response).path("policy").asText()).isEqualTo("default-deny");
    assertThat(stack.get("/v1/audit", stack.token("integration")).statusCode()).isEqualTo(403);
    assertThat(
            stack
                .post(
                    "/v1/plugins/news2/versions/1.0.0/activate",
                    stack.token("integration"),
                    new byte[0])
                .statusCode())
        .isEqualTo(403);
  }

  @Test
  void aLaterVersionWaitsUntilItIsActivated() throws Exception {
    stack.upload("news2", "waiting", "1.0.0");
    stack.registered("waiting", "1.0.0");
    stack.upload("deidentify", "waiting", "2.0.0");
    assertThat(stack.registered("waiting", "2.0.0").path("state").asText()).isEqualTo("VALIDATED");
    assertThat(version(stack.invoke("waiting/invoke", new byte[0]))).isEqualTo("waiting@1.0.0");
    assertThat(version(stack.invoke("waiting/versions/2.0.0/invoke", new byte[0])))
        .isEqualTo("waiting@2.0.0");
    var activated =
        stack.post(
            "/v1/plugins/waiting/versions/2.0.0/activate", stack.token("operator"), new byte[0]);
    assertThat(activated.statusCode()).isEqualTo(200);
    assertThat(Stack.json(activated).path("before").asText()).isEqualTo("1.0.0");
    Thread.sleep(1_000); // the bound that CatalogCache states
    assertThat(version(stack.invoke("waiting/invoke", new byte[0]))).isEqualTo("waiting@2.0.0");
  }

  private static String version(HttpResponse<byte[]> response) {
    return response.headers().firstValue("Ampoule-Plugin").orElse("");
  }

  @Test
  void whatIsUploadedToAPresignedUrlIsRegistered() throws Exception {
    var wasm = Files.readAllBytes(Stack.ROOT.resolve("plugins/news2/plugin.wasm"));
    var granted =
        stack.post(
            "/v1/plugins/presigned/uploads",
            stack.token("author"),
            "{\"version\":\"1.0.0\",\"manifest\":{\"function\":\"score\"}}"
                .getBytes(StandardCharsets.UTF_8));
    assertThat(granted.statusCode()).isEqualTo(201);
    var url = Stack.json(granted).path("uploads").path("module").path("url").asText();
    try (var http = HttpClient.newHttpClient()) {
      var put =
          http.send(
              HttpRequest.newBuilder(URI.create(url))
                  .PUT(HttpRequest.BodyPublishers.ofByteArray(wasm))
                  .build(),
              HttpResponse.BodyHandlers.discarding());
      assertThat(put.statusCode()).isEqualTo(200);
    }
    var version = stack.registered("presigned", "1.0.0");
    assertThat(version.path("state").asText()).isEqualTo("LIVE");
    assertThat(version.path("manifest").path("function").asText()).isEqualTo("score");
    var again =
        stack.post(
            "/v1/plugins/presigned/uploads",
            stack.token("author"),
            "{\"version\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_8));
    assertThat(again.statusCode()).isEqualTo(409);
  }

  @Test
  void whatIsNoModuleIsRejectedWithItsReasonAndCannotBeInvoked() throws Exception {
    stack.put("broken", "1.0.0", "", "no wasm".getBytes(StandardCharsets.UTF_8));
    var version = stack.registered("broken", "1.0.0");
    assertThat(version.path("state").asText()).isEqualTo("REJECTED");
    assertThat(version.path("reasons").get(0).asText()).startsWith("not a WebAssembly module");
    assertThat(stack.invoke("broken/versions/1.0.0/invoke", new byte[0]).statusCode())
        .isEqualTo(409);
    assertThat(stack.invoke("broken/invoke", new byte[0]).statusCode()).isEqualTo(404);
  }

  @Test
  void badRequestsNameTheFieldAndNotTheValue() throws Exception {
    record Case(String path, String body, String detail) {}
    for (var bad :
        List.of(
            new Case("UPPER/uploads", "{\"version\":\"1.0.0\"}", "name: must be"),
            new Case("x/uploads", "{\"version\":\"one\"}", "version: must be"),
            new Case("x/uploads", "{\"versoin\":\"1.0.0\"}", "versoin: unknown field"),
            new Case("x/uploads", "[1]", "The body must be a JSON object"),
            new Case(
                "x/uploads",
                "{\"version\":\"1.0.0\",\"manifest\":{\"limits\":{\"timeoutMs\":0}}}",
                "manifest: limits.timeoutMs: must be"),
            new Case("news2/versions/1.0.0/activate", "{\"weight\":0}", "weight: must be"))) {
      var response =
          stack.post(
              "/v1/plugins/" + bad.path(),
              stack.token("admin"),
              bad.body().getBytes(StandardCharsets.UTF_8));
      assertThat(response.statusCode()).as(bad.path()).isEqualTo(400);
      assertThat(Stack.json(response).path("detail").asText()).startsWith(bad.detail());
    }
  }

  @Test
  void healthTellsEachDependency() throws Exception {
    var response = stack.get("/health", "");
    assertThat(response.statusCode()).isEqualTo(200);
    var health = Stack.json(response);
    assertThat(health.path("status").asText()).isEqualTo("up");
    assertThat(health.path("dependencies").toString())
        .isEqualTo("{\"catalog\":\"up\",\"module_store\":\"up\",\"audit\":\"up\"}");
    assertThat(health.path("catalogAgeSeconds").asInt(-1)).isZero();
    assertThat(health.path("spooledBlocks").asInt(-1)).isZero();
  }
}
