package dev.ampoule.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.RecordingAuditLog;
import dev.ampoule.audit.RequestId;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.sandbox.ArtifactSigner;
import dev.ampoule.sandbox.Compilation;
import dev.ampoule.sandbox.CompileLimits;
import dev.ampoule.sandbox.ModuleCompiler;
import dev.ampoule.sandbox.ModuleSignature;
import dev.ampoule.sandbox.Rejection;
import dev.ampoule.sandbox.SigningKey;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class RegisterPluginTest {
  private static final UploadKey V1 = key("1.0.0");
  private static final UploadKey V2 = key("2.0.0");
  private static final ModuleCompiler COMPILER = new ModuleCompiler(CompileLimits.DEFAULT);

  private final InMemoryModuleStore store = new InMemoryModuleStore();
  private final InMemoryPluginCatalog catalog = new InMemoryPluginCatalog();
  private final RecordingAuditLog audit = new RecordingAuditLog();
  private final AtomicInteger compilations = new AtomicInteger();
  private boolean outOfTime;
  private boolean broken;
  private final RegisterPlugin registerPlugin = registering(SignaturePolicy.NONE);

  private RegisterPlugin registering(SignaturePolicy signatures) {
    return new RegisterPlugin(
        store,
        catalog,
        new Modules(
            store,
            new ArtifactSigner(new SigningKey(new byte[32])),
            this::compile,
            audit,
            Clock.systemUTC(),
            1 << 20),
        signatures,
        audit,
        Clock.systemUTC());
  }

  private Compilation compile(byte[] module, Manifest manifest) throws InterruptedException {
    compilations.incrementAndGet();
    if (broken) {
      throw new IllegalStateException("no compiler on this host");
    }
    if (outOfTime) {
      return new Compilation.Rejected(
          List.of(new Rejection(Rejection.Code.COMPILE_TIME, "takes too long")));
    }
    return COMPILER.compile(module, manifest);
  }

  @Test
  void theFirstVersionGoesLiveByItselfAndALaterOneWaits() throws Exception {
    store.putUpload(V1, TestModules.echo());
    store.putUpload(V2, TestModules.otherEcho());
    assertThat(register(V1))
        .isInstanceOfSatisfying(
            Registration.Registered.class, done -> assertThat(done.live()).isTrue());
    assertThat(register(V2))
        .isInstanceOfSatisfying(
            Registration.Registered.class, done -> assertThat(done.live()).isFalse());
    assertThat(catalog.live(V1.name())).contains(V1.version());
    assertThat(state(V1)).isEqualTo(LifecycleState.LIVE);
    assertThat(state(V2)).isEqualTo(LifecycleState.VALIDATED);
  }

  @Test
  void theSameUploadAgainChangesNothingAndIsNotCompiledAgain() throws Exception {
    store.putUpload(V1, TestModules.echo());
    register(V1);
    var before = catalog.version(V1.name(), V1.version());
    assertThat(register(V1)).isEqualTo(new Registration.Unchanged(before.orElseThrow()));
    assertThat(catalog.version(V1.name(), V1.version())).isEqualTo(before);
    assertThat(compilations).hasValue(1);
  }

  @Test
  void theSameEventDeliveredTwiceAtOnceRegistersOnce() throws Exception {
    store.putUpload(V1, TestModules.echo());
    try (var threads = Executors.newFixedThreadPool(2)) {
      var tasks =
          new ArrayList<Callable<Registration>>(List.of(() -> register(V1), () -> register(V1)));
      var kinds = new ArrayList<Class<?>>();
      for (var done : threads.invokeAll(tasks)) {
        kinds.add(done.get().getClass());
      }
      assertThat(kinds)
          .containsExactlyInAnyOrder(Registration.Registered.class, Registration.Unchanged.class);
    }
    assertThat(state(V1)).isEqualTo(LifecycleState.LIVE);
  }

  @Test
  void otherContentUnderARegisteredVersionIsRefused() throws Exception {
    store.putUpload(V1, TestModules.echo());
    register(V1);
    var before = catalog.version(V1.name(), V1.version()).orElseThrow();
    store.putUpload(V1, TestModules.otherEcho());
    assertThat(register(V1))
        .isEqualTo(new Registration.Conflict(before, ContentDigest.of(TestModules.otherEcho())));
    assertThat(catalog.version(V1.name(), V1.version())).contains(before);
    assertThat(store.module(before.digest())).isPresent();
    assertThat(store.module(ContentDigest.of(TestModules.otherEcho()))).isEmpty();
  }

  @Test
  void aModuleThatIsRejectedKeepsItsReasonAndIsNotLive() throws Exception {
    store.putUpload(V1, TestModules.importsWhatNoAbiProvides());
    assertThat(register(V1))
        .isInstanceOfSatisfying(
            Registration.Rejected.class,
            rejected ->
                assertThat(rejected.version().reasons())
                    .containsExactly(
                        "imports env.foo, which no ABI provides; it was left undefined when the"
                            + " module was linked"));
    assertThat(state(V1)).isEqualTo(LifecycleState.REJECTED);
    assertThat(catalog.live(V1.name())).isEmpty();
    assertThat(store.module(ContentDigest.of(TestModules.importsWhatNoAbiProvides()))).isEmpty();
  }

  @Test
  void aRejectedVersionCanBeUploadedAgainAndThenGoesLive() throws Exception {
    store.putUpload(V1, TestModules.importsWhatNoAbiProvides());
    register(V1);
    store.putUpload(V1, TestModules.echo());
    assertThat(register(V1)).isInstanceOf(Registration.Registered.class);
    assertThat(catalog.live(V1.name())).contains(V1.version());
  }

  @Test
  void whatWasRejectedOnAStarvedHostIsTriedAgainWhenItComesAgain() throws Exception {
    store.putUpload(V1, TestModules.echo());
    outOfTime = true;
    assertThat(register(V1)).isInstanceOf(Registration.Rejected.class);
    outOfTime = false;
    assertThat(register(V1)).isInstanceOf(Registration.Registered.class);
    assertThat(catalog.live(V1.name())).contains(V1.version());
  }

  @Test
  void whatIsRejectedAgainIsAuditedAsRejectedAgain() throws Exception {
    store.putUpload(V1, TestModules.importsWhatNoAbiProvides());
    register(V1);
    assertThat(register(V1)).isInstanceOf(Registration.Rejected.class);
    assertThat(audit.entries())
        .extracting(AuditEntry::outcome)
        .containsExactly(AuditOutcome.REJECTED, AuditOutcome.REJECTED);
  }

  @Test
  void aRegistrationThatBreaksIsAuditedAndFails() throws Exception {
    store.putUpload(V1, TestModules.echo());
    broken = true;
    assertThatThrownBy(() -> register(V1)).isInstanceOf(IllegalStateException.class);
    assertThat(audit.entries())
        .extracting(AuditEntry::outcome)
        .containsExactly(AuditOutcome.INTERNAL_ERROR);
    assertThat(audit.entries().getFirst().detail().toString()).isEqualTo("IllegalStateException");
    broken = false;
    assertThat(register(V1)).isInstanceOf(Registration.Registered.class);
  }

  @Test
  void aManifestWithFaultsRejectsTheVersionAndNamesTheFields() throws Exception {
    store.putManifest(
        V1, "{\"limits\":{\"timeoutMs\":0},\"colour\":1}".getBytes(StandardCharsets.UTF_8));
    store.putUpload(V1, TestModules.echo());
    register(V1);
    assertThat(catalog.version(V1.name(), V1.version()).orElseThrow().reasons())
        .containsExactly(
            "plugin.json: colour: unknown field; known are capabilities, description, function,"
                + " input, limits, name, onFailure, output, phi, version",
            "plugin.json: limits.timeoutMs: must be a whole number from 1 to 28000");
    assertThat(compilations).hasValue(0);
  }

  @Test
  void anObjectThatIsGoneRegistersNothing() throws Exception {
    assertThat(register(V1)).isEqualTo(new Registration.Missing());
    assertThat(catalog.version(V1.name(), V1.version())).isEmpty();
  }

  @Test
  void everyRegistrationHasOneEntryWhateverCameOfIt() throws Exception {
    register(V1);
    store.putUpload(V1, TestModules.importsWhatNoAbiProvides());
    register(V1);
    store.putUpload(V1, TestModules.echo());
    register(V1);
    register(V1);
    store.putUpload(V1, TestModules.otherEcho());
    register(V1);
    assertThat(audit.entries())
        .extracting(AuditEntry::action)
        .containsOnly(AuditAction.REGISTER)
        .hasSize(5);
    assertThat(audit.entries())
        .extracting(AuditEntry::outcome)
        .containsExactly(
            AuditOutcome.NOT_FOUND,
            AuditOutcome.REJECTED,
            AuditOutcome.SUCCESS,
            AuditOutcome.SUCCESS,
            AuditOutcome.CONFLICT);
  }

  @Test
  void aStoreThatIsDownIsAuditedAndTheDeliveryFailsSoThatItComesAgain() throws Exception {
    store.putUpload(V1, TestModules.echo());
    store.down(true);
    assertThatThrownBy(() -> register(V1)).isInstanceOf(ModuleStoreUnavailableException.class);
    store.down(false);
    catalog.down(true);
    assertThatThrownBy(() -> register(V1)).isInstanceOf(CatalogUnavailableException.class);
    catalog.down(false);
    assertThat(audit.entries())
        .extracting(AuditEntry::outcome)
        .containsExactly(AuditOutcome.UNAVAILABLE, AuditOutcome.UNAVAILABLE);
    assertThat(register(V1)).isInstanceOf(Registration.Registered.class);
  }

  @Test
  void theKeyThatSignedAModuleStandsInTheVersionAndInTheAudit() throws Exception {
    var pair = ModuleKeys.generate();
    var id = ModuleKeys.id(pair.getPublic());
    var signing = registering(new SignaturePolicy(List.of(pair.getPublic()), true));
    byte[] signature =
        ModuleSignature.sign(TestModules.echo(), pair.getPrivate(), id.hash().bytes());
    store.putUpload(V1, ModuleSignature.embed(TestModules.echo(), signature));
    store.putUpload(V2, TestModules.echo());
    store.putSignature(V2, signature);
    for (UploadKey key : List.of(V1, V2)) {
      assertThat(signing.register(key, Optional.empty(), new RequestId("delivery-1")))
          .isInstanceOf(Registration.Registered.class);
      assertThat(catalog.version(key.name(), key.version()).orElseThrow().signedBy()).contains(id);
    }
    assertThat(audit.entries()).extracting(AuditEntry::signedBy).containsOnly(Optional.of(id));
  }

  @Test
  void whatTheSignaturePolicyRefusesIsRejectedBeforeItIsCompiledAndMayComeAgainSigned()
      throws Exception {
    var pair = ModuleKeys.generate();
    var signing = registering(new SignaturePolicy(List.of(pair.getPublic()), true));
    store.putUpload(V1, TestModules.echo());
    assertThat(signing.register(V1, Optional.empty(), new RequestId("delivery-1")))
        .isInstanceOfSatisfying(
            Registration.Rejected.class,
            rejected ->
                assertThat(rejected.version().reasons())
                    .containsExactly("signature: none, and this deployment wants one"));
    assertThat(compilations).hasValue(0);
    store.putSignature(
        V1, ModuleSignature.sign(TestModules.echo(), pair.getPrivate(), new byte[0]));
    assertThat(signing.register(V1, Optional.empty(), new RequestId("delivery-2")))
        .isInstanceOf(Registration.Registered.class);
  }

  private Registration register(UploadKey key) throws Exception {
    return registerPlugin.register(key, Optional.empty(), new RequestId("delivery-1"));
  }

  private LifecycleState state(UploadKey key) {
    return catalog.version(key.name(), key.version()).orElseThrow().state();
  }

  private static UploadKey key(String version) {
    return new UploadKey(new PluginName("echo"), new PluginVersion(version));
  }
}
