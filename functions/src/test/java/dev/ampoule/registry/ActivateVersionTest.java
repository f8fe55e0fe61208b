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
import dev.ampoule.registry.ActivateVersion.Activation;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ActivateVersionTest {
  private static final PluginName NAME = new PluginName("news2");
  private static final PluginVersion V1 = new PluginVersion("1.0.0");
  private static final PluginVersion V2 = new PluginVersion("2.0.0");
  private static final Actor ANA = Actor.ofSubject("ana").orElseThrow();

  private final InMemoryPluginCatalog catalog = new InMemoryPluginCatalog();
  private final RecordingAuditLog audit = new RecordingAuditLog();
  private final ActivateVersion activateVersion =
      new ActivateVersion(catalog, audit, Clock.systemUTC());

  @BeforeEach
  void versions() {
    catalog.put(record(V1, LifecycleState.LIVE), true);
    catalog.put(record(V2, LifecycleState.VALIDATED), false);
  }

  @Test
  void theAliasMovesAndTheEntrySaysFromWhere() throws Exception {
    assertThat(activate(V2))
        .isEqualTo(new Activation.Activated(record(V2, LifecycleState.LIVE), Optional.of(V1)));
    assertThat(catalog.live(NAME)).contains(V2);
    var entry = audit.entries().getFirst();
    assertThat(entry.action()).isEqualTo(AuditAction.ACTIVATE);
    assertThat(entry.outcome()).isEqualTo(AuditOutcome.SUCCESS);
    assertThat(entry.actor()).isEqualTo(ANA);
    assertThat(entry.detail().toString()).isEqualTo("was 1.0.0");
    assertThat(audit.entries()).hasSize(1);
  }

  @Test
  void whatIsLiveAlreadyStaysLive() throws Exception {
    assertThat(activate(V1))
        .isEqualTo(new Activation.Activated(record(V1, LifecycleState.LIVE), Optional.of(V1)));
  }

  @Test
  void whatIsUnknownOrMayNotRunIsNotActivatedAndAudited() throws Exception {
    assertThat(activate(new PluginVersion("9.0.0"))).isEqualTo(new Activation.UnknownVersion());
    catalog.setState(NAME, V2, LifecycleState.REJECTED);
    assertThat(activate(V2))
        .isEqualTo(
            new Activation.NotAllowed(
                LifecycleState.REJECTED,
                List.of(LifecycleState.VALIDATED, LifecycleState.CANARY, LifecycleState.LIVE)));
    assertThat(catalog.live(NAME)).contains(V1);
    assertThat(audit.entries())
        .extracting(AuditEntry::outcome)
        .containsExactly(AuditOutcome.NOT_FOUND, AuditOutcome.CONFLICT);
  }

  @Test
  void withoutAnAuditEntryTheAliasStaysWhereItWas() {
    audit.down(true);
    assertThatThrownBy(() -> activate(V2)).isInstanceOf(AuditUnavailableException.class);
    assertThat(catalog.live(NAME)).contains(V1);
    assertThat(catalog.version(NAME, V1).orElseThrow().state()).isEqualTo(LifecycleState.LIVE);
    assertThat(catalog.version(NAME, V2).orElseThrow().state()).isEqualTo(LifecycleState.VALIDATED);
  }

  private Activation activate(PluginVersion version) throws AuditUnavailableException {
    return activateVersion.activate(NAME, version, ANA, new RequestId("request-1"));
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
