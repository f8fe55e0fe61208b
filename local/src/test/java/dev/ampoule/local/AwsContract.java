package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.dylibso.chicory.wabt.Wat2Wasm;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.entry.HealthHandler;
import dev.ampoule.local.DeployedFunctions.Answer;
import dev.ampoule.local.DeployedFunctions.Call;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What the handlers do on any AWS: from a module's upload to its calls, their audit and its
 * verification, on whatever DynamoDB and S3 an endpoint has. Without the local gateway and its
 * triggers, so that nothing but these two services is asked of an emulator.
 */
@Tag("aws")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AwsContract {
  private static final String INVOKE = "POST /v1/plugins/{name}/invoke";
  private static final String INVOKE_VERSION = "POST /v1/plugins/{name}/versions/{version}/invoke";
  private static final String VERSION = "GET /v1/plugins/{name}/versions/{version}";
  private static final Path PLUGINS = Stack.ROOT.resolve("plugins");

  private DeployedFunctions functions;

  /** Where DynamoDB and S3 are. */
  protected abstract URI endpoint() throws IOException;

  /** Ends what {@link #endpoint} began. */
  protected void stop() {}

  @BeforeAll
  void deploy() throws IOException {
    functions = new DeployedFunctions(endpoint());
  }

  @AfterAll
  void remove() {
    try {
      if (functions != null) {
        functions.close();
      }
    } finally {
      stop();
    }
  }

  private JsonNode version(String name, String version) {
    var answer =
        functions.plugins(Call.as("operator", VERSION, "name", name, "version", version), "");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  private Answer invoke(String name, byte[] input) {
    return functions.invoke(Call.as("integration", INVOKE, "name", name), input);
  }

  @ParameterizedTest
  @CsvSource({
    "hl7v2-to-fhir, adt-a01-full.hl7, adt-a01-full.json",
    "news2, sepsis-high.json, sepsis-high.json",
    "deidentify, resumo-de-alta-pt.txt, resumo-de-alta-pt.txt"
  })
  void aSampleThatIsUploadedGoesLiveAndAnswersAsItsTestDataSays(
      String plugin, String input, String expected) throws IOException {
    functions.push(plugin, "2.0.0");
    assertThat(version(plugin, "2.0.0").path("state").asText()).isEqualTo("LIVE");
    var data = PLUGINS.resolve(plugin).resolve("testdata");
    var answer = invoke(plugin, Files.readAllBytes(data.resolve("input").resolve(input)));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers())
        .containsEntry("Ampoule-Plugin", plugin + "@2.0.0")
        .containsKey("Ampoule-Audit-Id");
    var wanted = Files.readString(data.resolve("expected").resolve(expected));
    if (expected.endsWith(".json")) {
      assertThat(answer.json()).isEqualTo(new JsonMapper().readTree(wanted));
    } else {
      assertThat(answer.text()).isEqualTo(wanted);
    }
  }

  @Test
  void anUploadThroughAPresignedUrlIsRegistered() throws Exception {
    var manifest =
        Files.readString(PLUGINS.resolve("news2/plugin.json"))
            .replaceFirst("\"name\": *\"[^\"]*\"", "\"name\": \"presigned\"")
            .replaceFirst("\"version\": *\"[^\"]*\"", "\"version\": \"1.0.0\"");
    var granted =
        functions.plugins(
            Call.as("author", "POST /v1/plugins/{name}/uploads", "name", "presigned"),
            new JsonMapper()
                .createObjectNode()
                .put("version", "1.0.0")
                .set("manifest", new JsonMapper().readTree(manifest))
                .toString());
    assertThat(granted.status()).as(granted.text()).isEqualTo(201);
    var url = granted.json().path("uploads").path("module").path("url").asText();
    try (var http = HttpClient.newHttpClient()) {
      var put =
          http.send(
              HttpRequest.newBuilder(URI.create(url))
                  .PUT(BodyPublishers.ofFile(PLUGINS.resolve("news2/plugin.wasm")))
                  .build(),
              BodyHandlers.ofString());
      assertThat(put.statusCode()).as(put.body()).isEqualTo(200);
    }
    functions.uploaded("presigned", "1.0.0");
    assertThat(version("presigned", "1.0.0").path("state").asText()).isEqualTo("LIVE");
  }

  @Test
  void anUploadThatIsToldTwiceIsRegisteredOnce() {
    functions.push("twice", "1.0.0", Optional.empty(), wasm("(func (export \"_start\"))"));
    var first = version("twice", "1.0.0");
    functions.uploaded("twice", "1.0.0");
    assertThat(version("twice", "1.0.0")).isEqualTo(first);
  }

  @Test
  void aModuleThatImportsWhatNoAbiProvidesIsRejectedAndCannotBeInvoked() {
    functions.push(
        "unsafe",
        "1.0.0",
        Optional.empty(),
        wasm("(import \"env\" \"system\" (func)) (func (export \"_start\"))"));
    var rejected = version("unsafe", "1.0.0");
    assertThat(rejected.path("state").asText()).isEqualTo("REJECTED");
    assertThat(rejected.toString()).contains("env.system");
    var call = Call.as("integration", INVOKE_VERSION, "name", "unsafe", "version", "1.0.0");
    assertThat(functions.invoke(call, new byte[0]).status()).isEqualTo(409);
  }

  private static byte[] wasm(String fields) {
    return Wat2Wasm.parse("(module " + fields + " (memory (export \"memory\") 1))");
  }

  @Test
  void aSecondVersionGoesLiveWhenItIsActivated() {
    functions.push("moving", "1.0.0", Optional.empty(), wasm("(func (export \"_start\"))"));
    functions.push("moving", "1.1.0", Optional.empty(), wasm("(func (export \"_start\") nop)"));
    assertThat(invoke("moving", new byte[0]).headers())
        .containsEntry("Ampoule-Plugin", "moving@1.0.0");
    var activate =
        Call.as(
            "operator",
            "POST /v1/plugins/{name}/versions/{version}/activate",
            "name",
            "moving",
            "version",
            "1.1.0");
    assertThat(functions.plugins(activate, "{}").status()).isEqualTo(200);
    assertThat(version("moving", "1.1.0").path("state").asText()).isEqualTo("LIVE");
    // From here on, whoever has not looked before is served the new one.
    var call = Call.as("integration", INVOKE_VERSION, "name", "moving", "version", "1.1.0");
    assertThat(functions.invoke(call, new byte[0]).status()).isEqualTo(200);
  }

  @Test
  void everyCallHasOneEntryAlsoConcurrentOnesAndThoseThatAreRefused() throws Exception {
    functions.push("counted", "1.0.0", Optional.empty(), wasm("(func (export \"_start\"))"));
    var ids = new ArrayList<String>();
    try (var threads = Executors.newFixedThreadPool(8)) {
      for (var answer :
          threads.invokeAll(
              IntStream.range(0, 40)
                  .<Callable<Answer>>mapToObj(_ -> () -> invoke("counted", new byte[0]))
                  .toList())) {
        assertThat(answer.get().status()).isEqualTo(200);
        ids.add(answer.get().headers().get("Ampoule-Audit-Id"));
      }
    }
    assertThat(ids).doesNotHaveDuplicates();
    var refused = functions.invoke(Call.as("auditor", INVOKE, "name", "counted"), new byte[0]);
    assertThat(refused.status()).isEqualTo(403);
    ids.add(refused.headers().get("Ampoule-Audit-Id"));
    var review =
        functions.audit(
            Call.as("auditor", "GET /v1/audit").with("plugin", "counted").with("limit", "100"));
    assertThat(review.status()).as(review.text()).isEqualTo(200);
    assertThat(
            review.json().path("entries").findValuesAsText("id").stream()
                .filter(ids::contains)
                .toList())
        .containsExactlyInAnyOrderElementsOf(ids);
  }

  @Test
  void theChainsVerifyAgainstASignedCheckpointUntilABlockIsTouched() {
    functions.push("proved", "1.0.0", Optional.empty(), wasm("(func (export \"_start\"))"));
    assertThat(invoke("proved", new byte[0]).status()).isEqualTo(200);
    functions.checkpoint();
    functions.checkpoint();
    var intact = verification();
    assertThat(intact.path("ok").asBoolean()).as(intact.toString()).isTrue();
    assertThat(intact.path("checkpoints").asInt()).isGreaterThanOrEqualTo(2);
    assertThat(intact.path("entries").asInt()).isGreaterThanOrEqualTo(2);

    var block =
        functions.dynamoDb().scan(b -> b.tableName(functions.auditTable())).items().getFirst();
    var bytes = attribute(block, "block").b().asByteArray();
    bytes[bytes.length / 2] ^= 1;
    var touched = new HashMap<>(block);
    touched.put("block", AttributeValue.fromB(SdkBytes.fromByteArray(bytes)));
    functions.dynamoDb().putItem(b -> b.tableName(functions.auditTable()).item(touched));
    try {
      var tampered = verification();
      assertThat(tampered.path("ok").asBoolean()).isFalse();
      assertThat(tampered.path("findings").findValuesAsText("block"))
          .contains(
              attribute(block, "pk").s().substring("CHAIN#".length())
                  + "."
                  + attribute(block, "sk").n());
    } finally {
      functions.dynamoDb().putItem(b -> b.tableName(functions.auditTable()).item(block));
    }
    assertThat(verification().path("ok").asBoolean()).as("with the block put back").isTrue();
  }

  private JsonNode verification() {
    var answer = functions.audit(Call.as("auditor", "GET /v1/audit/verification"));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  private static AttributeValue attribute(Map<String, AttributeValue> item, String name) {
    return Objects.requireNonNull(item.get(name), name);
  }

  @Test
  void healthNamesTheDependencyThatIsMissing() {
    assertThat(functions.health().json().toString())
        .isEqualTo(
            "{\"status\":\"up\",\"dependencies\":"
                + "{\"catalog\":\"up\",\"module_store\":\"up\",\"audit\":\"up\"}}");
    var without =
        DeployedFunctions.health(
            new HealthHandler(functions.wiring(Map.of("AMPOULE_AUDIT_TABLE", "not-there"))));
    assertThat(without.status()).isEqualTo(503);
    assertThat(without.json().path("dependencies").path("audit").asText()).isEqualTo("down");
    assertThat(List.of("catalog", "module_store"))
        .allSatisfy(name ->
            assertThat(without.json().path("dependencies").path(name).asText()).isEqualTo("up"));
  }

  @Test
  void eventsOfATopicAreNumberedAndReadAgain() {
    for (int i = 1; i <= 3; i++) {
      var published =
          functions.topics(
              Call.as("integration", "POST /v1/topics/{topic+}", "topic", "ward/3"),
              Integer.toString(i));
      assertThat(published.status()).as(published.text()).isEqualTo(201);
      assertThat(published.json().path("seq").longValue()).isEqualTo(i);
    }
    var read =
        functions.topics(
            Call.as("clinician", "GET /v1/topics/{topic+}", "topic", "ward/3/events")
                .with("after", "1"),
            "");
    assertThat(read.json().path("events").findValuesAsText("data")).containsExactly("2", "3");
  }
}
