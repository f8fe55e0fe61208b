package dev.ampoule.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.live.EventLog;
import dev.ampoule.live.InMemoryLive;
import dev.ampoule.live.LiveEvent;
import dev.ampoule.live.Topic;
import dev.ampoule.live.View;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FragmentsTest {
  private static final Instant TIME = Instant.parse("2026-11-28T19:20:04Z");
  private static final Topic PATIENT = new Topic("patient/demo-1/vitals");
  private static final View ENGLISH = Fragments.Kind.PATIENT.in(Language.EN);
  private static final View WARD = Fragments.Kind.WARD.in(Language.PT_BR);

  private final EventLog log = new InMemoryLive(Clock.fixed(TIME, ZoneOffset.UTC));
  private final Fragments fragments = new Fragments(new Bedside(log));

  private static String vitals(String patient, int pulse) {
    return """
    {"patient":"%s","ward":"3","bed":"4","at":"2026-11-28T19:20:04Z",
     "vitals":{"respiratoryRate":24,"spo2":92,"supplementalOxygen":true,
      "systolicBloodPressure":99,"pulse":%d,"consciousness":"C","temperature":38.7},
     "news2":{"score":14,"risk":"high","scores":{"respiratoryRate":2,"pulse":2}}}
    """
        .formatted(patient, pulse);
  }

  private LiveEvent append(Topic topic, String data) {
    return ((EventLog.Appended.Stored)
            log.append(new EventLog.Draft(topic, TIME, data, false, Optional.empty())))
        .event();
  }

  private Optional<String> render(View view, Topic topic, String data) {
    return fragments.render(view, append(topic, data));
  }

  @Test
  void aPatientsFragmentShowsTheEventAndTheTrendUpToIt() {
    var first = append(PATIENT, vitals("demo-1", 70));
    var second = append(PATIENT, vitals("demo-1", 80));
    var third = append(PATIENT, vitals("demo-1", 90));
    var html = fragments.render(ENGLISH, second).orElseThrow();
    assertThat(html)
        .contains("id=\"patient-now\" hx-swap-oob=\"true\"")
        .contains("<strong id=\"score\">14</strong>", "high risk", "new confusion")
        .contains("80 /min", "38.7 °C")
        .contains("aria-label=\"Pulse, last 2 values from 70 to 80\"")
        .doesNotContain("90 /min", " style=", "<script");
    // Whenever it is rendered again it is the same.
    assertThat(fragments.render(ENGLISH, first).orElseThrow()).contains("last 1 values");
    assertThat(fragments.render(ENGLISH, third).orElseThrow()).contains("from 70 to 90");
  }

  @Test
  void aWardsFragmentIsThePatientsCardInTheLanguageOfTheView() {
    assertThat(render(WARD, new Topic("ward/3"), vitals("demo-1", 118)).orElseThrow())
        .contains("id=\"patient-demo-1\"", "risk-high", "risco alto", "38,7 °C", "leito 4")
        .contains("href=\"/patients/demo-1\"", "data-into=\"patients\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "[]",
        "{}",
        "\"<script>alert(1)</script>\"",
        "{\"patient\":\"<b>\",\"vitals\":{}}",
        "{\"patient\":\"a b\",\"vitals\":{}}",
        "{\"patient\":\"demo-1\",\"vitals\":7}",
      })
  void anEventThatIsNoVitalSignsIsNotShown(String data) {
    assertThat(render(ENGLISH, PATIENT, data)).isEmpty();
    assertThat(render(WARD, new Topic("ward/3"), data)).isEmpty();
  }

  @Test
  void whatAnEventSaysBesideNumbersIsNeverHtml() {
    var data =
        vitals("demo-1", 70)
            .replace("\"bed\":\"4\"", "\"bed\":\"<img src=x>\"")
            .replace("\"C\"", "\"<b>\"")
            .replace("\"high\"", "\"<i>\"");
    assertThat(render(WARD, new Topic("ward/3"), data).orElseThrow())
        .doesNotContain("<img", "<b>", "<i>")
        .contains("sem escore");
  }

  @Test
  void whatBecameOfAPluginIsALineOfTheStory() {
    assertThat(
            render(
                    Fragments.Kind.PLATFORM.in(Language.EN),
                    Topic.PLATFORM_PLUGINS,
                    """
                    {"plugin":"news2","version":"1.1.0","event":"ACTIVATE","why":"","at":"x"}
                    """)
                .orElseThrow())
        .contains("id=\"happened-1\"", "news2@1.1.0", "ACTIVATE");
  }

  @Test
  void whoJoinsIsPutOnTheListAndWhoLeavesIsTakenOffIt() {
    var topic = new Topic("ward/3/presence");
    var view = Fragments.Kind.PRESENCE.in(Language.EN);
    assertThat(
            render(view, topic, "{\"event\":\"join\",\"who\":\"<ana>\",\"connection\":\"q4D=\"}")
                .orElseThrow())
        .isEqualToIgnoringNewLines(
            "<li id=\"ward-3-q4D-\" data-into=\"ward-3\" hx-swap-oob=\"true\">&lt;ana&gt;</li>");
    assertThat(
            render(view, topic, "{\"event\":\"leave\",\"who\":\"ana\",\"connection\":\"q4D=\"}")
                .orElseThrow())
        .contains("hx-swap-oob=\"delete\"");
  }

  @Test
  void aViewThatIsNotOursIsNotRendered() {
    var event = append(PATIENT, vitals("demo-1", 70));
    assertThat(fragments.render(new View("patient.fr"), event)).isEmpty();
    assertThat(fragments.render(new View("other"), event)).isEmpty();
  }

  @Test
  void aWardIsInTheOrderOfItsBeds() {
    var ward = new Topic("ward/3");
    append(ward, vitals("demo-1", 70).replace("\"bed\":\"4\"", "\"bed\":\"10\""));
    append(ward, vitals("demo-2", 70).replace("\"bed\":\"4\"", "\"bed\":\"9\""));
    append(ward, vitals("demo-1", 75).replace("\"bed\":\"4\"", "\"bed\":\"10\""));
    var shown = new Bedside(log).ward(ward);
    assertThat(shown.seq()).isEqualTo(3);
    assertThat(shown.patients()).extracting(Vitals::patient).containsExactly("demo-2", "demo-1");
    assertThat(shown.patients().getLast().signs()).containsEntry(Sign.PULSE, 75.0);
  }
}
