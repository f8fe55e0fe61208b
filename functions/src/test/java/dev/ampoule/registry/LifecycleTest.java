package dev.ampoule.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.RecordingAuditLog;
import dev.ampoule.audit.RequestId;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.privacy.Redacted;
import dev.ampoule.registry.Lifecycle.Outcome;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class LifecycleTest {
  private static final PluginName NAME = new PluginName("news2");
  private static final PluginVersion V1 = new PluginVersion("1.0.0");
  private static final PluginVersion V2 = new PluginVersion("2.0.0");
  private static final PluginVersion V3 = new PluginVersion("3.0.0");
  private static final Actor ANA = Actor.ofSubject("ana").orElseThrow();
  private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");
  private static final Redacted WHY = Redacted.literal("10 traps");

  private final InMemoryPluginCatalog catalog = new InMemoryPluginCatalog();
  private final RecordingAuditLog audit = new RecordingAuditLog();
  private final List<PlatformEvent> events = new ArrayList<>();
  private final Lifecycle lifecycle =
      new Lifecycle(catalog, audit, events::add, Clock.fixed(NOW, ZoneOffset.UTC));

  @BeforeEach
  void versions() {
    catalog.put(record(V1, LifecycleState.LIVE), true);
    catalog.put(record(V2, LifecycleState.VALIDATED), false);
    catalog.put(record(V3, LifecycleState.VALIDATED), false);
  }

  @Test
  void activatingIsAuditedToldAndPartOfTheStory() throws Exception {
    assertThat(activate(V2))
        .isInstanceOfSatisfying(
            Outcome.Done.class,
            done -> {
              assertThat(done.version()).isEqualTo(record(V2, LifecycleState.LIVE));
              assertThat(done.before()).contains(V1);
            });
    assertThat(states()).isEqualTo(Map.of(V1, "VALIDATED", V2, "LIVE", V3, "VALIDATED"));
    var entry = audit.entries().getFirst();
    assertThat(entry.action()).isEqualTo(AuditAction.ACTIVATE);
    assertThat(entry.outcome()).isEqualTo(AuditOutcome.SUCCESS);
    assertThat(entry.actor()).isEqualTo(ANA);
    assertThat(entry.version()).contains(V2);
    assertThat(entry.detail().toString()).isEqualTo("live was 1.0.0, is 2.0.0");
    assertThat(audit.entries()).hasSize(1);
    var moved =
        new Moved(
            2,
            NOW,
            ANA,
            Move.ACTIVATE,
            V2,
            LifecycleState.VALIDATED,
            LifecycleState.LIVE,
            Optional.of(V1),
            Optional.of(V2),
            "");
    assertThat(story().getFirst()).isEqualTo(moved);
    assertThat(events).containsExactly(new PlatformEvent.VersionMoved(NAME, moved, Redacted.EMPTY));
  }

  @Test
  void aMoveWhoseAnswerIsLostHasAnEntryThatSaysSo() throws Exception {
    catalog.loseAnswersOfMoves();
    assertThat(activate(V2)).isEqualTo(new Outcome.Unsettled(V2));
    var entry = audit.entries().getFirst();
    assertThat(entry.action()).isEqualTo(AuditAction.ACTIVATE);
    assertThat(entry.outcome()).isEqualTo(AuditOutcome.UNAVAILABLE);
    assertThat(entry.version()).contains(V2);
    assertThat(entry.detail().toString()).isEqualTo("the move may be written");
    assertThat(audit.entries()).hasSize(1);
  }

  @Test
  void whatIsLiveAlreadyStaysLiveAndIsNoPartOfTheStory() throws Exception {
    assertThat(activate(V1)).isInstanceOf(Outcome.Done.class);
    assertThat(story()).hasSize(1);
    assertThat(events).isEmpty();
    assertThat(onlyEntry().detail().toString()).isEqualTo("was so already");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          PENDING     |
          VALIDATED   | ACTIVATE CANARY SHADOW ROLL_BACK RETIRE QUARANTINE
          LIVE        | ACTIVATE QUARANTINE
          CANARY      | ACTIVATE CANARY SHADOW ROLL_BACK RETIRE QUARANTINE
          RETIRED     |
          REJECTED    |
          QUARANTINED | RETIRE
          """)
  void everyStateAllowsTheseMovesAndNoOther(LifecycleState state, String moves) {
    assertThat(Move.allowedIn(state))
        .extracting(Move::name)
        .containsExactly(moves == null ? new String[0] : moves.split(" "));
  }

  @ParameterizedTest
  @EnumSource(
      value = LifecycleState.class,
      names = {"PENDING", "RETIRED", "REJECTED", "QUARANTINED"})
  void aMoveThatIsNotAllowedIsToldTheStateAndTheAllowedOnes(LifecycleState state) throws Exception {
    catalog.setState(NAME, V2, state);
    assertThat(activate(V2)).isEqualTo(new Outcome.NotAllowed(V2, state, Move.allowedIn(state)));
    assertThat(catalog.live(NAME)).contains(V1);
    assertThat(onlyEntry().outcome()).isEqualTo(AuditOutcome.CONFLICT);
    assertThat(onlyEntry().detail()).isEqualTo(Redacted.of(state));
  }

  @Test
  void whatTheCatalogueDoesNotKnowIsNotNamedInTheAudit() throws Exception {
    assertThat(activate(new PluginVersion("9.0.0-mrn.12345")))
        .isEqualTo(new Outcome.UnknownVersion());
    assertThat(move(new Order.RollBack(new PluginName("mrn-12345"), Optional.empty())))
        .isEqualTo(new Outcome.UnknownPlugin());
    assertThat(audit.entries().toString()).doesNotContain("12345");
    assertThat(audit.entries())
        .extracting(AuditEntry::outcome)
        .containsOnly(AuditOutcome.NOT_FOUND);
  }

  @Test
  void aCanaryIsPromotedByActivatingIt() throws Exception {
    canary(V2, 10);
    assertThat(states()).isEqualTo(Map.of(V1, "LIVE", V2, "CANARY", V3, "VALIDATED"));
    var trial = rollout().trial().orElseThrow();
    assertThat(trial).isEqualTo(new Trial(V2, Trial.Kind.CANARY, 10, Margins.DEFAULT, NOW));
    assertThat(onlyEntry().detail().toString()).isEqualTo("10 % of the calls");
    activate(V2);
    assertThat(rollout().trial()).isEmpty();
    assertThat(states()).isEqualTo(Map.of(V1, "VALIDATED", V2, "LIVE", V3, "VALIDATED"));
  }

  @Test
  void anotherShareOfTheSameCanaryIsTheSameEra() throws Exception {
    canary(V2, 10);
    long era = rollout().era();
    canary(V2, 50);
    assertThat(rollout().era()).isEqualTo(era);
    assertThat(rollout().trial().orElseThrow().sharePercent()).isEqualTo(50);
    move(new Order.Try(NAME, V2, Trial.Kind.SHADOW, 100, Margins.DEFAULT));
    assertThat(rollout().era()).isEqualTo(rollout().revision());
  }

  @Test
  void aSecondTrialEndsTheFirst() throws Exception {
    canary(V2, 10);
    canary(V3, 20);
    assertThat(states()).isEqualTo(Map.of(V1, "LIVE", V2, "VALIDATED", V3, "CANARY"));
  }

  @Test
  void activatingAThirdVersionEndsTheTrialToo() throws Exception {
    canary(V2, 10);
    activate(V3);
    assertThat(states()).isEqualTo(Map.of(V1, "VALIDATED", V2, "VALIDATED", V3, "LIVE"));
    assertThat(rollout().trial()).isEmpty();
  }

  @Test
  void aTrialNeedsALiveVersionBesideIt() throws Exception {
    move(new Order.Quarantine(NAME, V1, Redacted.EMPTY));
    assertThat(canary(V2, 10)).isEqualTo(new Outcome.NothingLive());
  }

  @Test
  void rollingBackEndsATrialFirst() throws Exception {
    activate(V2);
    canary(V3, 10);
    rollBack(Optional.empty());
    assertThat(states()).isEqualTo(Map.of(V1, "VALIDATED", V2, "LIVE", V3, "VALIDATED"));
    rollBack(Optional.empty());
    assertThat(states()).isEqualTo(Map.of(V1, "LIVE", V2, "VALIDATED", V3, "VALIDATED"));
  }

  @Test
  void rollingBackTwiceGoesFurtherBackAndNotForthAgain() throws Exception {
    activate(V2);
    activate(V3);
    rollBack(Optional.empty());
    assertThat(catalog.live(NAME)).contains(V2);
    rollBack(Optional.empty());
    assertThat(catalog.live(NAME)).contains(V1);
    assertThat(rollBack(Optional.empty())).isEqualTo(new Outcome.NoEarlierVersion());
    activate(V3);
    rollBack(Optional.empty());
    assertThat(catalog.live(NAME)).contains(V1);
  }

  @Test
  void aRollbackLeavesOutWhatMayNotRunAnyMore() throws Exception {
    activate(V2);
    activate(V3);
    move(new Order.Retire(NAME, V2));
    rollBack(Optional.empty());
    assertThat(catalog.live(NAME)).contains(V1);
  }

  @Test
  void anyOfTheLast100LiveVersionsCanBeNamed() throws Exception {
    for (int i = 0; i < 100; i++) {
      var version = new PluginVersion("4.0." + i);
      catalog.put(record(version, LifecycleState.VALIDATED), false);
      activate(version);
    }
    assertThat(rollBack(Optional.of(V1))).isEqualTo(new Outcome.NoEarlierVersion());
    assertThat(rollBack(Optional.of(V2))).isEqualTo(new Outcome.NoEarlierVersion());
    var oldest = new PluginVersion("4.0.0");
    assertThat(rollBack(Optional.of(oldest))).isInstanceOf(Outcome.Done.class);
    assertThat(catalog.live(NAME)).contains(oldest);
  }

  @Test
  void theLiveVersionIsNotRetired() throws Exception {
    assertThat(move(new Order.Retire(NAME, V1)))
        .isEqualTo(
            new Outcome.NotAllowed(
                V1, LifecycleState.LIVE, List.of(Move.ACTIVATE, Move.QUARANTINE)));
    canary(V2, 10);
    move(new Order.Retire(NAME, V2));
    assertThat(rollout().trial()).isEmpty();
    assertThat(states()).isEqualTo(Map.of(V1, "LIVE", V2, "RETIRED", V3, "VALIDATED"));
  }

  @Test
  void theLastGoodVersionTakesOverFromAQuarantinedOne() throws Exception {
    activate(V2);
    activate(V3);
    move(new Order.Quarantine(NAME, V2, Redacted.EMPTY));
    move(new Order.Quarantine(NAME, V3, Redacted.identifier("CVE-2026-1")));
    assertThat(states()).isEqualTo(Map.of(V1, "LIVE", V2, "QUARANTINED", V3, "QUARANTINED"));
    assertThat(audit.entries().getLast().detail().toString())
        .isEqualTo("CVE-2026-1; live was 3.0.0, is 1.0.0");
    move(new Order.Quarantine(NAME, V1, Redacted.EMPTY));
    assertThat(catalog.live(NAME)).isEmpty();
    assertThat(audit.entries().getLast().detail().toString()).isEqualTo("live was 1.0.0, is none");
  }

  @Test
  void whatARollbackLeftTakesOverOnlyWhereNothingElseCanAndAPersonSaysSo() throws Exception {
    activate(V2);
    rollBack(Optional.of(V1));
    assertThat(platform(new Order.TakeOver(NAME, V1, rollout().era(), WHY)))
        .isEqualTo(new Outcome.Overtaken());
    move(new Order.Quarantine(NAME, V1, Redacted.EMPTY));
    assertThat(catalog.live(NAME)).contains(V2);
  }

  @Test
  void thePlatformEndsATrialInItsEraOnly() throws Exception {
    canary(V2, 10);
    long era = rollout().era();
    assertThat(platform(new Order.EndTrial(NAME, V2, era - 1, WHY)))
        .isEqualTo(new Outcome.Overtaken());
    assertThat(audit.entries()).hasSize(1);
    assertThat(platform(new Order.EndTrial(NAME, V2, era, WHY))).isInstanceOf(Outcome.Done.class);
    assertThat(platform(new Order.EndTrial(NAME, V2, era, WHY))).isEqualTo(new Outcome.Overtaken());
    assertThat(states()).isEqualTo(Map.of(V1, "LIVE", V2, "VALIDATED", V3, "VALIDATED"));
    assertThat(audit.entries()).hasSize(2);
    assertThat(audit.entries().getLast().action()).isEqualTo(AuditAction.ROLLBACK);
    assertThat(audit.entries().getLast().actor()).isEqualTo(Actor.SYSTEM);
    assertThat(story().getFirst().why()).isEqualTo("10 traps");
  }

  @Test
  void thePlatformReplacesALiveVersionOnceUntilAPersonActs() throws Exception {
    activate(V2);
    activate(V3);
    assertThat(platform(new Order.TakeOver(NAME, V3, rollout().era(), WHY)))
        .isInstanceOf(Outcome.Done.class);
    assertThat(states()).isEqualTo(Map.of(V1, "VALIDATED", V2, "LIVE", V3, "QUARANTINED"));
    assertThat(platform(new Order.TakeOver(NAME, V2, rollout().era(), WHY)))
        .isEqualTo(new Outcome.Overtaken());
    assertThat(catalog.live(NAME)).contains(V2);
  }

  @Test
  void thePlatformQuarantinesNothingThatHasNoSuccessor() throws Exception {
    assertThat(platform(new Order.TakeOver(NAME, V1, rollout().era(), WHY)))
        .isEqualTo(new Outcome.Overtaken());
    assertThat(catalog.live(NAME)).contains(V1);
    assertThat(audit.entries()).isEmpty();
  }

  @Test
  void withoutAnAuditEntryEverythingIsAsItWas() throws Exception {
    canary(V2, 10);
    var before = rollout();
    events.clear();
    audit.down(true);
    assertThatThrownBy(() -> activate(V3)).isInstanceOf(AuditUnavailableException.class);
    assertThat(states()).isEqualTo(Map.of(V1, "LIVE", V2, "CANARY", V3, "VALIDATED"));
    assertThat(rollout().live()).isEqualTo(before.live());
    assertThat(rollout().trial()).isEqualTo(before.trial());
    assertThat(story().getFirst().why()).isEqualTo("taken back: it could not be audited");
    assertThat(events).isEmpty();
  }

  private Outcome activate(PluginVersion version) throws AuditUnavailableException {
    return move(new Order.Activate(NAME, version));
  }

  private Outcome canary(PluginVersion version, int percent) throws AuditUnavailableException {
    return move(new Order.Try(NAME, version, Trial.Kind.CANARY, percent, Margins.DEFAULT));
  }

  private Outcome rollBack(Optional<PluginVersion> version) throws AuditUnavailableException {
    return move(new Order.RollBack(NAME, version));
  }

  private Outcome move(Order order) throws AuditUnavailableException {
    return lifecycle.move(order, ANA, new RequestId("request-1"));
  }

  private Outcome platform(Order order) throws AuditUnavailableException {
    return lifecycle.move(order, Actor.SYSTEM, new RequestId("request-2"));
  }

  private Rollout rollout() {
    return catalog.rollout(NAME).orElseThrow();
  }

  private Map<PluginVersion, String> states() {
    return Map.of(V1, state(V1), V2, state(V2), V3, state(V3));
  }

  private String state(PluginVersion version) {
    return catalog.version(NAME, version).orElseThrow().state().name();
  }

  private List<Moved> story() {
    return catalog.history(NAME, Optional.empty(), Page.ITEMS_MAX).items();
  }

  private AuditEntry onlyEntry() {
    assertThat(audit.entries()).hasSize(1);
    return audit.entries().getFirst();
  }

  private static VersionRecord record(PluginVersion version, LifecycleState state) {
    return new VersionRecord(
        NAME,
        version,
        ContentDigest.of(new byte[0]),
        state,
        Optional.empty(),
        Manifest.UNDECLARED,
        Optional.empty(),
        List.of(),
        0,
        Instant.parse("2026-11-23T00:00:00Z"));
  }
}
