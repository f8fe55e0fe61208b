package dev.ampoule.local.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

public final class FhirVitalsTest {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  /** As {@code hl7v2-to-fhir} writes them, as far as they are read. */
  public static final String BUNDLE =
      """
      {"resourceType":"Bundle","type":"message","entry":[
      {"resource":{"resourceType":"MessageHeader"}},
      %s,%s,%s,%s,%s,%s,
      {"resource":{"resourceType":"Observation","status":"final",
       "code":{"coding":[{"system":"http://snomed.info/sct","code":"1104441000000107"}]},
       "valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"130987000"}]}}}]}
      """
          .formatted(
              quantity("9279-1", "24"),
              quantity("59408-5", "92"),
              quantity("3151-8", "4"),
              quantity("8480-6", "99"),
              quantity("8867-4", "118"),
              quantity("8310-5", "38.7"));

  private static String quantity(String code, String value) {
    return """
    {"resource":{"resourceType":"Observation","status":"final",
     "code":{"coding":[{"system":"http://loinc.org","code":"%s"}]},"valueQuantity":{"value":%s}}}
    """
        .formatted(code, value);
  }

  @Test
  void everyVitalSignIsFoundByItsCode() throws Exception {
    assertThat(FhirVitals.read(tree(BUNDLE)))
        .isEqualTo(
            new FhirVitals.Reading.Complete(
                new VitalSigns(24, 92, true, 99, 118, Consciousness.C, new BigDecimal("38.7"))));
    assertThat(FhirVitals.read(tree(BUNDLE.replace("{\"value\":4}", "{\"value\":0}"))))
        .as("room air")
        .isEqualTo(
            new FhirVitals.Reading.Complete(
                new VitalSigns(24, 92, false, 99, 118, Consciousness.C, new BigDecimal("38.7"))));
  }

  @ParameterizedTest
  @CsvSource({
    "9279-1, 9279-9, 9279-1",
    "{\"value\":92}, {}, 59408-5",
    "{\"value\":118}, {\"value\":\"118\"}, 8867-4",
    "130987000, 1, 1104441000000107",
    "Observation, Procedure, '9279-1,59408-5,3151-8,8480-6,8867-4,8310-5,1104441000000107'",
  })
  void whatIsMissingIsNamedByItsCode(String there, String instead, String missing)
      throws Exception {
    assertThat(FhirVitals.read(tree(BUNDLE.replace(there, instead))))
        .isInstanceOfSatisfying(
            FhirVitals.Reading.Incomplete.class,
            incomplete -> assertThat(incomplete.codes()).containsExactly(missing.split(",")));
  }

  private static JsonNode tree(String json) throws IOException {
    return JSON.readTree(json);
  }
}
