package dev.ampoule.local.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads vital signs out of a FHIR R4 Bundle's Observations, by their codes alone. */
public final class FhirVitals {
  private FhirVitals() {}

  /** What a Bundle holds of them. */
  public sealed interface Reading {
    /** All of them. */
    record Complete(VitalSigns signs) implements Reading {}

    /**
     * Some are missing.
     *
     * @param codes of the observations that are not there, or whose value cannot be one
     */
    record Incomplete(List<String> codes) implements Reading {
      public Incomplete {
        codes = List.copyOf(codes);
      }
    }
  }

  public static Reading read(JsonNode bundle) {
    Map<String, JsonNode> observations = new HashMap<>();
    for (JsonNode entry : bundle.path("entry")) {
      JsonNode resource = entry.path("resource");
      if (resource.path("resourceType").asText().equals("Observation")) {
        observations.put(
            resource.path("code").path("coding").path(0).path("code").asText(), resource);
      }
    }
    List<String> missing = new ArrayList<>();
    BigDecimal respiratoryRate = quantity(observations, OruMessage.RESPIRATORY_RATE, missing);
    BigDecimal spo2 = quantity(observations, OruMessage.SPO2, missing);
    BigDecimal oxygenFlow = quantity(observations, OruMessage.OXYGEN_FLOW, missing);
    BigDecimal systolic = quantity(observations, OruMessage.SYSTOLIC, missing);
    BigDecimal pulse = quantity(observations, OruMessage.HEART_RATE, missing);
    BigDecimal temperature = quantity(observations, OruMessage.TEMPERATURE, missing);
    Optional<Consciousness> consciousness =
        Optional.ofNullable(observations.get(OruMessage.ACVPU))
            .flatMap(observation ->
                Consciousness.ofCode(
                    observation
                        .path("valueCodeableConcept")
                        .path("coding")
                        .path(0)
                        .path("code")
                        .asText()));
    if (consciousness.isEmpty()) {
      missing.add(OruMessage.ACVPU);
    }
    if (!missing.isEmpty()) {
      return new Reading.Incomplete(missing);
    }
    return new Reading.Complete(
        new VitalSigns(
            respiratoryRate.intValue(),
            spo2.intValue(),
            oxygenFlow.signum() > 0,
            systolic.intValue(),
            pulse.intValue(),
            consciousness.orElseThrow(),
            temperature));
  }

  private static BigDecimal quantity(
      Map<String, JsonNode> observations, String code, List<String> missing) {
    JsonNode observation = observations.get(code);
    if (observation != null) {
      JsonNode value = observation.path("valueQuantity").path("value");
      if (value.isNumber()) {
        return value.decimalValue();
      }
    }
    missing.add(code);
    return BigDecimal.ZERO;
  }
}
