package dev.ampoule.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class AuditEventFhirTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final AuditId ID = new AuditId(new BlockKey(Entries.CHAIN_A, 12), 3);

  @Test
  void aFullEntryHasEveryPart() throws Exception {
    String expected =
        """
        {"resourceType":"AuditEvent",
         "id":"019a0000-0000-7000-8000-00000000000a.12.3",
         "type":{"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest","display":"RESTful Operation"},
         "subtype":[{"system":"http://hl7.org/fhir/restful-interaction","code":"operation","display":"operation"}],
         "action":"E",
         "period":{"start":"2026-11-23T13:35:52.123Z","end":"2026-11-23T13:35:52.140Z"},
         "recorded":"2026-11-23T13:35:52.123Z",
         "outcome":"8",
         "outcomeDesc":"LIMIT: memory limit of 1024 pages",
         "purposeOfEvent":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}]}],
         "agent":[{"who":{"identifier":{"value":"dr.house@example"}},
                   "requestor":true,
                   "policy":["urn:ampoule:policy:permit-by-role"],
                   "purposeOfUse":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}]}]}],
         "source":{"site":"Ampoule",
                   "observer":{"display":"Ampoule audit writer",
                               "identifier":{"system":"urn:ietf:rfc:3986","value":"urn:uuid:019a0000-0000-7000-8000-00000000000a"}},
                   "type":[{"system":"http://terminology.hl7.org/CodeSystem/security-source-type","code":"4","display":"Application Server"}]},
         "entity":[{"what":{"identifier":{"system":"urn:ampoule:plugin","value":"hl7v2-to-fhir@1.2.3"}},
                    "name":"hl7v2-to-fhir@1.2.3",
                    "type":{"system":"http://terminology.hl7.org/CodeSystem/audit-entity-type","code":"2","display":"System Object"},
                    "detail":[{"type":"digest","valueString":"sha256:039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81"},
                              {"type":"signedBy","valueString":"787c798e39a5bc1910355bae6d0cd87a36b2e10fd0202a83e3bb6b005da83472"},
                              {"type":"function","valueString":"convert"},
                              {"type":"request","valueString":"JKJaXmPLvHcESHA="},
                              {"type":"action","valueString":"INVOKE"},
                              {"type":"durationMs","valueString":"17"},
                              {"type":"inputBytes","valueString":"2048"},
                              {"type":"outputBytes","valueString":"4096"}]}]}
        """;
    assertThat(JSON.readTree(AuditEventFhir.json(ID, Entries.FULL)))
        .isEqualTo(JSON.readTree(expected));
  }

  @ParameterizedTest
  @EnumSource
  void everyActionHasWhatR4Requires(AuditAction action) throws Exception {
    JsonNode event =
        JSON.readTree(
            AuditEventFhir.json(
                ID,
                AuditEntry.of(Entries.TIME, action, Actor.ANONYMOUS, AuditOutcome.SUCCESS)
                    .build()));
    assertThat(event.at("/type/system").asText()).startsWith("http://");
    assertThat(event.at("/type/code").asText()).isNotEmpty();
    assertThat(event.at("/subtype/0/code").asText()).isNotEmpty();
    assertThat(event.at("/action").asText()).matches("[CRUDE]");
    assertThat(event.at("/agent/0/requestor").isBoolean()).isTrue();
    assertThat(event.at("/agent/0/who/display").asText()).isEqualTo("anonymous");
    assertThat(event.at("/source/observer").isObject()).isTrue();
    assertThat(event.at("/id").asText()).matches("[A-Za-z0-9.-]{1,64}");
  }

  @ParameterizedTest
  @CsvSource({
    "SUCCESS, 0",
    "PLUGIN_ERROR, 4",
    "FORBIDDEN, 4",
    "UNAUTHENTICATED, 4",
    "TRAP, 8",
    "TIME_LIMIT, 8",
    "UNAVAILABLE, 8",
    "INTERNAL_ERROR, 12"
  })
  void theOutcomeIsACodeOfR4(AuditOutcome outcome, String code) throws Exception {
    AuditEntry entry =
        AuditEntry.of(Entries.TIME, AuditAction.INVOKE, Actor.SYSTEM, outcome).build();
    assertThat(JSON.readTree(AuditEventFhir.json(ID, entry)).at("/outcome").asText())
        .isEqualTo(code);
  }

  @Test
  void noOutcomeHasACodeThatR4LacksAndAllCodesAreUsed() throws Exception {
    Set<String> codes = new TreeSet<>();
    for (AuditOutcome outcome : AuditOutcome.values()) {
      AuditEntry entry =
          AuditEntry.of(Entries.TIME, AuditAction.INVOKE, Actor.SYSTEM, outcome).build();
      codes.add(JSON.readTree(AuditEventFhir.json(ID, entry)).at("/outcome").asText());
    }
    assertThat(codes).containsExactly("0", "12", "4", "8");
  }
}
