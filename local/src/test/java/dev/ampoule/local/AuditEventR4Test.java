package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.StrictErrorHandler;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditEventFhir;
import dev.ampoule.audit.AuditId;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.BlockKey;
import dev.ampoule.audit.ChainId;
import dev.ampoule.audit.PolicyId;
import dev.ampoule.audit.RequestId;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.plugin.PurposeOfUse;
import dev.ampoule.privacy.Redacted;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.AuditEvent;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * HAPI's strict parser takes every audit entry there can be, and what it writes again is what it
 * read: it knows each element, each type and each code that R4 binds.
 */
final class AuditEventR4Test {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Instant TIME = Instant.parse("2026-11-23T13:35:52.123Z");
  private static final AuditId ID =
      new AuditId(new BlockKey(new ChainId("019a0000-0000-7000-8000-00000000000a"), 12), 3);
  private static final IParser PARSER =
      FhirContext.forR4().newJsonParser().setParserErrorHandler(new StrictErrorHandler());

  @ParameterizedTest
  @EnumSource
  void everyEntryOfAnActionIsAnAuditEvent(AuditAction action) throws Exception {
    for (var outcome : AuditOutcome.values()) {
      for (var kind : Actor.Kind.values()) {
        for (var entry : entries(action, actor(kind), outcome).toList()) {
          var json = new String(AuditEventFhir.json(ID, entry), StandardCharsets.UTF_8);
          var event = PARSER.parseResource(AuditEvent.class, json);
          assertThat(JSON.readTree(PARSER.encodeResourceToString(event)))
              .as("%s by %s", outcome, kind)
              .isEqualTo(JSON.readTree(json));
          assertThat(event.getRecorded()).isEqualTo(TIME);
          assertThat(List.of("0", "4", "8", "12")).contains(event.getOutcome().toCode());
          assertThat(List.of("C", "R", "U", "D", "E")).contains(event.getAction().toCode());
          assertThat(event.getAgentFirstRep().getWho().isEmpty()).isFalse();
          assertThat(event.getType().getCode()).isNotEmpty();
        }
      }
    }
  }

  private static Actor actor(Actor.Kind kind) {
    return switch (kind) {
      case SUBJECT -> Actor.ofSubject("dr.house@example").orElseThrow();
      case SYSTEM -> Actor.SYSTEM;
      case ANONYMOUS -> Actor.ANONYMOUS;
    };
  }

  /** With nothing that may be absent, and with all of it. */
  private static Stream<AuditEntry> entries(AuditAction action, Actor actor, AuditOutcome outcome) {
    var least = AuditEntry.of(TIME, action, actor, outcome).build();
    var most =
        Stream.of(PurposeOfUse.values())
            // Which purpose is nothing to the other parts: all of them once is enough.
            .filter(purpose -> purpose == PurposeOfUse.TREAT || outcome == AuditOutcome.SUCCESS)
            .map(purpose ->
                AuditEntry.of(TIME, action, actor, outcome)
                    .plugin(new PluginName("hl7v2-to-fhir"))
                    .version(new PluginVersion("1.2.3-rc.1"))
                    .digest(ContentDigest.of(new byte[] {1, 2, 3}))
                    .function(new FunctionName("convert"))
                    .detail(Redacted.literal("exit code ").plus(Redacted.of(3)))
                    .policy(new PolicyId("role-permits-action"))
                    .request(new RequestId("JKJaXmPLvHcESHA="))
                    .purposeOfUse(purpose)
                    .duration(Duration.ofMillis(17))
                    .inputBytes(2048)
                    .outputBytes(4096)
                    .build());
    return Stream.concat(Stream.of(least), most);
  }
}
