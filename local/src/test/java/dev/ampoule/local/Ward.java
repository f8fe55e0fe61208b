package dev.ampoule.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Instant;

/** A ward whose patients' vital signs tests make up, in the form of docs/demo.md. */
final class Ward {
  private static final JsonMapper JSON = new JsonMapper();

  private Ward() {}

  /** A patient who is well but for the pulse, which tells one event from another. */
  static String vitals(int pulse) {
    return """
    {"respiratoryRate":16,"spo2":97,"supplementalOxygen":false,"systolicBloodPressure":120,
     "pulse":%d,"consciousness":"A","temperature":37.0}
    """
        .formatted(pulse);
  }

  /** A patient with sepsis, as in the plugin's own test data. */
  static final String SEPSIS =
      """
      {"respiratoryRate":22,"spo2":93,"supplementalOxygen":true,"systolicBloodPressure":98,
       "pulse":112,"consciousness":"C","temperature":38.6}
      """;

  /** Scores them with the plugin and publishes on the patient's topic and the ward's. */
  static void observe(Stack stack, String ward, String patient, String bed, String vitals)
      throws Exception {
    var score = stack.invoke("news2/invoke", vitals.getBytes(UTF_8));
    assertThat(score.statusCode()).as(Stack.text(score)).isEqualTo(200);
    var event = JSON.createObjectNode();
    event.put("patient", patient).put("ward", ward).put("bed", bed);
    event.put("at", Instant.now().toString());
    event.set("vitals", JSON.readTree(vitals));
    event.set("news2", Stack.json(score));
    for (var topic : new String[] {"patient/" + patient + "/vitals", "ward/" + ward}) {
      var response =
          stack.post(
              "/v1/topics/" + topic, stack.token("integration"), JSON.writeValueAsBytes(event));
      assertThat(response.statusCode()).as(Stack.text(response)).isEqualTo(201);
    }
  }
}
