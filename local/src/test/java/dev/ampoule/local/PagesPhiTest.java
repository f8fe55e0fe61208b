package dev.ampoule.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A marked patient, whose marks must not get from the pages into log, audit, headers or URLs. */
final class PagesPhiTest {
  private static final String NAME = "Zyx Marker-Patient";
  private static final String CPF = "529.982.247-25";
  private static final String ID = "mrn-99887766";

  @TempDir private static Path home;
  private static final ListAppender<ILoggingEvent> LOGGED = new ListAppender<>();
  private static final List<HttpResponse<byte[]>> ANSWERS = new ArrayList<>();
  private static Stack stack;

  @BeforeAll
  static void lookAtThePatientEverywhere() throws Exception {
    LOGGED.start();
    root().addAppender(LOGGED);
    stack = new Stack(home, Optional.empty());
    var event =
        """
        {"patient":"%s","name":"%s","cpf":"%s","bed":"%s",
         "vitals":{"pulse":70,"consciousness":"%s"},"news2":{"score":1,"risk":"%s"}}
        """
            .formatted(ID, NAME, CPF, NAME, NAME, NAME);
    for (var topic : List.of("patient/" + ID + "/vitals", "ward/" + ID)) {
      assertThat(
              stack
                  .post("/v1/topics/" + topic, stack.token("integration"), event.getBytes(UTF_8))
                  .statusCode())
          .isEqualTo(201);
    }
    for (var role : List.of("clinician", "author")) {
      for (var path :
          List.of(
              "/patients/" + ID,
              "/wards/" + ID,
              "/connections?ward=" + ID,
              "/patients/Zyx%20Marker",
              "/plugins/Zyx%20Marker",
              "/assets/Zyx%20Marker",
              "/audit?actor=Zyx%20Marker&x=" + CPF)) {
        ANSWERS.add(stack.get(path, "", "Cookie", "ampoule-session=" + stack.token(role)));
      }
    }
    ANSWERS.add(stack.get("/patients/" + ID, ""));
    ANSWERS.add(stack.get("/patients/" + ID, "", "Cookie", "ampoule-session=" + ID));
    try (var http = HttpClient.newHttpClient()) {
      for (var origin : List.of(stack.url("/").toString().replaceFirst("/$", ""), "https://evil")) {
        ANSWERS.add(
            http.send(
                HttpRequest.newBuilder(stack.url("/session"))
                    .header("Origin", origin)
                    .POST(BodyPublishers.ofString("token=" + NAME + "&next=/x?" + CPF))
                    .build(),
                BodyHandlers.ofByteArray()));
      }
    }
    LoggerFactory.getLogger(PagesPhiTest.class).warn("what is logged is seen");
  }

  @AfterAll
  static void stop() {
    stack.close();
    root().detachAppender(LOGGED);
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  @Test
  void thePatientWasShown() {
    assertThat(Stack.text(ANSWERS.getFirst())).contains("70 /min");
  }

  @Test
  void noPageShowsWhatItDoesNotKnow() {
    assertThat(ANSWERS)
        .allSatisfy(answer -> assertThat(Stack.text(answer)).doesNotContain("Zyx", CPF));
  }

  @Test
  void noHeaderHasAMark() {
    for (var answer : ANSWERS) {
      answer
          .headers()
          .map()
          .forEach((name, values) -> {
            // Back to the page that was asked for, which the visitor's own address bar shows.
            if (!name.equals("location")) {
              assertThat(values.toString()).as(name).doesNotContain("Zyx", CPF, "99887766");
            }
          });
    }
  }

  @Test
  void noLogLineHasAMark() {
    assertThat(LOGGED.list)
        .isNotEmpty()
        .allSatisfy(
            line -> assertThat(line.getFormattedMessage()).doesNotContain("Zyx", CPF, "99887766"));
  }

  @Test
  void noAuditEntryHasAMark() throws Exception {
    var export = Stack.text(stack.get("/v1/audit/export", stack.token("auditor")));
    assertThat(export).isNotEmpty();
    var entries = Stack.text(stack.get("/v1/audit", stack.token("auditor")));
    assertThat(entries)
        .contains(
            "\"action\":\"SUBSCRIBE\"", "\"detail\":\"PATIENT\"", "\"action\":\"AUTHENTICATE\"")
        .doesNotContain("Zyx", CPF, "99887766");
  }
}
