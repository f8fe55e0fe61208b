package dev.ampoule.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.privacy.Redacted;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AuditEntryTest {
  /**
   * Types that hold an identifier of a checked form, or redacted text; each one's test is its own.
   */
  private static final Set<Class<?>> CLOSED =
      Set.of(
          Actor.class,
          PluginName.class,
          PluginVersion.class,
          ContentDigest.class,
          SigningKeyId.class,
          FunctionName.class,
          PolicyId.class,
          RequestId.class,
          Redacted.class,
          Instant.class,
          Duration.class,
          long.class);

  @Test
  void noComponentCanHoldFreeText() {
    RecordComponent[] components = AuditEntry.class.getRecordComponents();
    assertThat(components).hasSize(16);
    for (RecordComponent component : components) {
      Class<?> type = content(component.getGenericType());
      assertThat(type.isEnum() || CLOSED.contains(type)).as(component.getName()).isTrue();
    }
  }

  private static Class<?> content(Type type) {
    return switch (type) {
      case Class<?> plain -> plain;
      case ParameterizedType optional when optional.getRawType() == Optional.class ->
          content(optional.getActualTypeArguments()[0]);
      default -> throw new AssertionError(type);
    };
  }

  @Test
  void onlyTheAuditSliceTurnsStoredTextIntoRedacted() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideOutsideOfPackage("dev.ampoule.audit")
        .should()
        .callMethod(Redacted.class, "recorded", String.class)
        .check(
            new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.ampoule"));
  }

  @Test
  void noComponentMayBeNull() throws Exception {
    RecordComponent[] components = AuditEntry.class.getRecordComponents();
    var constructor =
        AuditEntry.class.getDeclaredConstructor(
            Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
    for (int i = 0; i < components.length; i++) {
      if (components[i].getType().isPrimitive()) {
        continue;
      }
      Object[] values = new Object[components.length];
      for (int j = 0; j < components.length; j++) {
        values[j] = components[j].getAccessor().invoke(Entries.FULL);
      }
      values[i] = null;
      assertThatNullPointerException()
          .as(components[i].getName())
          .isThrownBy(() -> {
            try {
              constructor.newInstance(values);
            } catch (InvocationTargetException e) {
              throw e.getCause();
            }
          });
    }
  }

  @Test
  void theJsonOfAnEntryIsFixed() {
    assertThat(new String(EntryJson.write(Entries.FULL), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"time\":\"2026-11-23T13:35:52.123Z\",\"action\":\"INVOKE\","
                + "\"actor\":\"subject:dr.house@example\",\"plugin\":\"hl7v2-to-fhir\","
                + "\"version\":\"1.2.3\",\"digest\":\"039058c6f2c0cb492c533b0a4d14ef77cc0f78abcc"
                + "ced5287d84a1a2011cfb81\",\"signedBy\":\"787c798e39a5bc1910355bae6d0cd87a"
                + "36b2e10fd0202a83e3bb6b005da83472\",\"function\":\"convert\",\"outcome\":\"LIMIT\","
                + "\"detail\":\"memory limit of 1024 pages\",\"policy\":\"permit-by-role\","
                + "\"request\":\"JKJaXmPLvHcESHA=\",\"purposeOfUse\":\"TREAT\",\"durationMs\":17,"
                + "\"inputBytes\":2048,\"outputBytes\":4096}");
    assertThat(new String(EntryJson.write(Entries.numbered(7)), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"time\":\"2026-11-23T13:35:52.123Z\",\"action\":\"INVOKE\",\"actor\":\"system\","
                + "\"outcome\":\"SUCCESS\",\"durationMs\":0,\"inputBytes\":7,\"outputBytes\":0}");
  }

  @Test
  void whatIsWrittenIsReadBack() {
    List<AuditEntry> entries = List.of(Entries.FULL, Entries.numbered(7));
    assertThat(
            Entries.first(Entries.CHAIN_A, Entries.TIME, entries.toArray(AuditEntry[]::new))
                .entries())
        .hasValue(entries);
    for (AuditAction action : AuditAction.values()) {
      for (AuditOutcome outcome : AuditOutcome.values()) {
        AuditEntry entry = AuditEntry.of(Entries.TIME, action, Actor.ANONYMOUS, outcome).build();
        assertThat(EntryJson.read(EntryJson.array(List.of(EntryJson.write(entry)))))
            .hasValue(List.of(entry));
      }
    }
  }

  @Test
  void aDetailThatIsTooLongIsCutDownToItsLength() {
    Redacted longest = Redacted.EMPTY;
    while (longest.toString().length() < AuditEntry.DETAIL_CHARS_MAX) {
      longest = longest.plus("0123456789");
    }
    assertThat(with(longest).detail()).isEqualTo(longest);
    assertThat(with(longest.plus("!")).detail()).hasToString("[1001 characters]");
  }

  private static AuditEntry with(Redacted detail) {
    return AuditEntry.of(Entries.TIME, AuditAction.REGISTER, Actor.SYSTEM, AuditOutcome.REJECTED)
        .detail(detail)
        .build();
  }

  @Test
  void timesAreCutToTheMillisecond() {
    AuditEntry entry =
        AuditEntry.of(
                Entries.TIME.plusNanos(999_999),
                AuditAction.INVOKE,
                Actor.SYSTEM,
                AuditOutcome.SUCCESS)
            .duration(Duration.ofNanos(1_999_999))
            .build();
    assertThat(entry.time()).isEqualTo(Entries.TIME);
    assertThat(entry.duration()).isEqualTo(Duration.ofMillis(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2025-12-31T23:59:59.999Z", "9999-12-31T00:00:00Z"})
  void aTimeThatCannotBeIsRefused(Instant time) {
    assertThatThrownBy(() ->
            AuditEntry.of(time, AuditAction.INVOKE, Actor.SYSTEM, AuditOutcome.SUCCESS).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("time ");
  }

  @ParameterizedTest
  @CsvSource({
    "a, true",
    "google-oauth2|1234, true",
    "Dr House, true",
    "'', false",
    "' a', false",
    "'a ', false",
    "josé, false",
    "'a\tb', false",
  })
  void aSubjectIsPrintableAsciiWithoutOuterBlanks(String subject, boolean valid) {
    assertThat(Actor.ofSubject(subject).isPresent()).isEqualTo(valid);
  }

  @Test
  void aSubjectHasAtMost128Characters() {
    assertThat(Actor.ofSubject("x".repeat(128))).isPresent();
    assertThat(Actor.ofSubject("x".repeat(129))).isEmpty();
  }

  @Test
  void noSubjectPassesForThePlatformOrForNobody() {
    for (String subject : List.of("system", "anonymous", "subject:x")) {
      Actor actor = Actor.ofSubject(subject).orElseThrow();
      assertThat(actor).hasToString("subject:" + subject);
      assertThat(Actor.parse(actor.toString())).hasValue(actor);
    }
    assertThat(Actor.parse("system")).hasValue(Actor.SYSTEM);
    assertThat(Actor.parse("anonymous")).hasValue(Actor.ANONYMOUS);
    assertThat(Actor.parse("nurse")).isEmpty();
  }

  @Test
  void anIdIsItsPlaceAndIsReadBack() {
    String text = "019a0000-0000-7000-8000-00000000000a.999999999999.999";
    AuditId id = new AuditId(new BlockKey(Entries.CHAIN_A, BlockKey.SEQ_MAX), 999);
    assertThat(id).hasToString(text);
    assertThat(AuditId.parse(text)).hasValue(id);
    for (String wrong :
        List.of(
            "",
            "019a0000-0000-7000-8000-00000000000a",
            "019a0000-0000-7000-8000-00000000000a.0",
            "019a0000-0000-7000-8000-00000000000a.00.0",
            "019a0000-0000-7000-8000-00000000000a.0.01",
            "019a0000-0000-7000-8000-00000000000a.-1.0",
            "019a0000-0000-7000-8000-00000000000a.0.1000",
            "019a0000-0000-7000-8000-00000000000a.1000000000000.0",
            "019A0000-0000-7000-8000-00000000000A.0.0",
            "019a0000-0000-4000-8000-00000000000a.0.0",
            "019a0000-0000-7000-8000-00000000000a.0.0 ")) {
      assertThat(AuditId.parse(wrong)).as(wrong).isEmpty();
    }
  }

  @Test
  void aChainIsNamedByItsTimeAndChance() {
    ChainId one = ChainId.random(InstantSource.fixed(Entries.TIME));
    ChainId two = ChainId.random(InstantSource.fixed(Entries.TIME));
    UUID uuid = UUID.fromString(one.value());
    assertThat(uuid.version()).isEqualTo(7);
    assertThat(uuid.variant()).isEqualTo(2);
    assertThat(uuid.getMostSignificantBits() >>> 16).isEqualTo(Entries.TIME.toEpochMilli());
    assertThat(one).isNotEqualTo(two);
  }
}
