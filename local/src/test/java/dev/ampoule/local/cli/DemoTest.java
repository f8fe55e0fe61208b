package dev.ampoule.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.local.demo.FhirVitalsTest;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DemoTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String CONVERT = "POST /v1/plugins/hl7v2-to-fhir/invoke";
  private static final String SCORE = "POST /v1/plugins/news2/invoke";
  private static final String SCORED =
      """
      {"score":14,"risk":"high","scores":{"pulse":2},"redScore":true,"monitoring":"Continuous",
       "guideline":"Royal College"}
      """;

  private final FakeAmpoule server = new FakeAmpoule();
  private final Shell shell = new Shell();

  @BeforeEach
  void start() {
    shell.environment.put("AMPOULE_URL", server.url());
    server.canned.put(CONVERT, FakeAmpoule.Canned.json(200, FhirVitalsTest.BUNDLE));
    server.canned.put(SCORE, FakeAmpoule.Canned.json(200, SCORED));
    for (int bed = 1; bed <= 8; bed++) {
      server.canned.put(
          "POST /v1/topics/patient/demo-" + bed + "/vitals",
          FakeAmpoule.Canned.json(201, "{\"seq\":1}"));
    }
    server.canned.put("POST /v1/topics/ward/3", FakeAmpoule.Canned.json(201, "{\"seq\":1}"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void anObservationIsConvertedScoredAndPublishedOnBothTopics() throws Exception {
    var ran = shell.run("demo", "--patients", "1", "--seconds", "1");
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(server.calls())
        .containsExactly(
            CONVERT, SCORE, "POST /v1/topics/patient/demo-1/vitals", "POST /v1/topics/ward/3");
    assertThat(server.seen.getFirst().text()).startsWith("MSH|^~\\&|MONITOR|WARD 3|");
    assertThat(server.seen.getFirst().headers())
        .containsEntry("Content-type", "x-application/hl7-v2+er7");
    JsonNode vitals =
        JSON.readTree(
            """
            {"respiratoryRate":24,"spo2":92,"supplementalOxygen":true,"systolicBloodPressure":99,
             "pulse":118,"consciousness":"C","temperature":38.7}
            """);
    assertThat(JSON.readTree(server.seen.get(1).body())).as("from the Bundle").isEqualTo(vitals);
    JsonNode event = JSON.readTree(server.seen.get(2).body());
    assertThat(event.path("at").asText()).matches("20[0-9-]{8}T[0-9:]{8}Z");
    assertThat(event.path("patient").asText()).isEqualTo("demo-1");
    assertThat(event.path("ward").asText()).isEqualTo("3");
    assertThat(event.path("bed").asText()).isEqualTo("1");
    assertThat(event.path("vitals")).isEqualTo(vitals);
    assertThat(event.path("news2"))
        .isEqualTo(
            JSON.readTree(
                """
                {"score":14,"risk":"high","redScore":true,"monitoring":"Continuous",
                 "scores":{"pulse":2}}
                """));
    assertThat(server.seen.get(3).body()).isEqualTo(server.seen.get(2).body());
    assertThat(ran.out())
        .startsWith(
            "Ward 3: 1 invented patients, each observed every 2 s; watch it at "
                + server.url()
                + "/wards/3\n")
        .contains("demo-1   NEWS2 14 high        RR 24  SpO2  92+O2  BP  99  pulse 118  C  38.7\n")
        .endsWith("1 observations published\n");
  }

  @Test
  void everyPatientIsObservedInTurnUntilTheTimeIsOver() {
    var ran = shell.run("demo", "--patients", "8", "--every", "4s", "--seconds", "20");
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(server.calls().stream().filter(CONVERT::equals)).hasSize(8 * 5);
    List<String> patients =
        server.calls().stream().filter(call -> call.endsWith("/vitals")).toList();
    assertThat(patients.subList(0, 8)).doesNotHaveDuplicates();
    assertThat(Collections.frequency(patients, patients.getFirst())).isEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 503})
  void whatPassesIsToldAndTheFeedGoesOn(int status) {
    server.canned.put(
        SCORE,
        FakeAmpoule.Canned.problem(status, "{\"title\":\"Later\",\"status\":" + status + "}"));
    var ran = shell.run("demo", "--patients", "1", "--seconds", "10");
    assertThat(ran.exitCode()).isZero();
    assertThat(ran.err()).isEqualTo("Later\n".repeat(5));
    assertThat(ran.out()).endsWith("0 observations published\n");
  }

  @Test
  void aRefusalEndsIt() {
    server.canned.put(
        "POST /v1/topics/ward/3",
        FakeAmpoule.Canned.problem(403, "{\"title\":\"Not permitted\",\"status\":403}"));
    var ran = shell.run("demo", "--seconds", "60");
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.err()).isEqualTo("Not permitted\n");
    assertThat(server.calls()).hasSize(4);
  }

  @Test
  void aBundleWithoutAVitalSignEndsItAndNamesTheCode() {
    server.canned.put(
        CONVERT,
        FakeAmpoule.Canned.json(200, FhirVitalsTest.BUNDLE.replace("\"8867-4\"", "\"8867-0\"")));
    var ran = shell.run("demo", "--seconds", "60");
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.err()).contains("was answered without the observations 8867-4");
  }

  @Test
  void aServerThatIsNotThereIsToldAtOnce() {
    server.close();
    assertThat(shell.run("demo").exitCode()).isEqualTo(3);
  }

  @Test
  void aTokenIsFetchedAgainBeforeItIsTooOld() {
    var fetched = new java.util.concurrent.atomic.AtomicInteger();
    shell.localTokens =
        () -> {
          fetched.incrementAndGet();
          return java.util.Optional.of(FakeAmpoule.TOKEN);
        };
    var ran = shell.run("demo", "--patients", "1", "--every", "1m", "--seconds", "1500");
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(server.calls().stream().filter(CONVERT::equals)).hasSize(25);
    assertThat(fetched).hasValue(3);
  }

  @ParameterizedTest
  @CsvSource({
    "--patients 0, '--patients: 1 to 50, got 0'",
    "--patients 51, '--patients: 1 to 50, got 51'",
    "--seconds 0, '--seconds: 1 to 86400'",
    "--ward Ward, '--ward: 1 to 32 of a-z, 0-9 and -'",
    "--every 1ms, 'must be 1s to 1h in seconds or minutes, as 90s or 2m'",
  })
  void wrongUsageExitsWith2AndSaysWhy(String arguments, String why) {
    var ran = shell.run(("demo " + arguments).split(" ", -1));
    assertThat(ran.exitCode()).isEqualTo(2);
    assertThat(ran.err()).contains(why);
    assertThat(server.seen).isEmpty();
  }
}
