package dev.ampoule.local.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The JSON of docs/demo.md: what {@code news2} is asked, and what is published. */
public final class VitalsEvent {
  private static final JsonMapper JSON = new JsonMapper();

  private VitalsEvent() {}

  /** In the names of the {@code news2} plugin. */
  public static ObjectNode vitals(VitalSigns signs) {
    return JSON.createObjectNode()
        .put("respiratoryRate", signs.respiratoryRate())
        .put("spo2", signs.spo2())
        .put("supplementalOxygen", signs.supplementalOxygen())
        .put("systolicBloodPressure", signs.systolicBloodPressure())
        .put("pulse", signs.pulse())
        .put("consciousness", signs.consciousness().name())
        .put("temperature", signs.temperature());
  }

  /**
   * What is published of an observation.
   *
   * @param score the answer of {@code news2}
   */
  public static ObjectNode of(
      Ward ward, Patient patient, VitalSigns signs, JsonNode score, Instant at) {
    ObjectNode event =
        JSON.createObjectNode()
            .put("patient", patient.id())
            .put("ward", ward.name())
            .put("bed", String.valueOf(patient.bed()))
            .put("at", at.truncatedTo(ChronoUnit.SECONDS).toString());
    event.set("vitals", vitals(signs));
    ObjectNode news2 = event.putObject("news2");
    for (String field : new String[] {"score", "risk", "redScore", "monitoring", "scores"}) {
      news2.set(field, score.path(field));
    }
    return event;
  }
}
