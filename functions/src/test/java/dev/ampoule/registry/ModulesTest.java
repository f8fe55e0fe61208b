package dev.ampoule.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.RecordingAuditLog;
import dev.ampoule.plugin.Capabilities;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.Limits;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.Phi;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.sandbox.ArtifactSigner;
import dev.ampoule.sandbox.Compilation;
import dev.ampoule.sandbox.CompileLimits;
import dev.ampoule.sandbox.CompiledModule;
import dev.ampoule.sandbox.EngineId;
import dev.ampoule.sandbox.LoadedModule;
import dev.ampoule.sandbox.ModuleCompiler;
import dev.ampoule.sandbox.SignedArtifact;
import dev.ampoule.sandbox.SigningKey;
import java.time.Clock;
import java.time.Instant;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ModulesTest {
  private static final ArtifactSigner SIGNER = new ArtifactSigner(new SigningKey(new byte[32]));
  private static CompiledModule compiled;
  private static byte[] wasm;

  private final InMemoryModuleStore store = new InMemoryModuleStore();
  private final RecordingAuditLog audit = new RecordingAuditLog();
  private final AtomicInteger compilations = new AtomicInteger();

  @BeforeAll
  static void compileOnce() throws Exception {
    wasm = TestModules.echo();
    compiled =
        ((Compilation.Compiled)
                new ModuleCompiler(CompileLimits.DEFAULT).compile(wasm, Manifest.UNDECLARED))
            .module();
  }

  @BeforeEach
  void keep() {
    store.keepModule(compiled.wasmDigest(), wasm);
    store.keepArtifact(SIGNER.sign(compiled));
  }

  @Test
  void aColdProcessLoadsTheArtifactAndDoesNotCompile() throws Exception {
    assertThat(coldProcess().load(version()).digest()).isEqualTo(compiled.wasmDigest());
    assertThat(compilations).hasValue(0);
    assertThat(audit.entries()).isEmpty();
  }

  @Test
  void aModuleIsLoadedOnceHoweverManyCallsWaitForIt() throws Exception {
    var modules = coldProcess();
    var loaded = new HashSet<LoadedModule>();
    try (var threads = Executors.newFixedThreadPool(8)) {
      Callable<LoadedModule> load = () -> modules.load(version());
      for (var module : threads.invokeAll(Collections.nCopies(32, load))) {
        loaded.add(module.get());
      }
    }
    assertThat(loaded).hasSize(1);
  }

  /** The second call has looked and found nothing; then the first one finishes. */
  @Test
  void aCallThatLookedTooEarlyTakesWhatAnotherOneOpenedMeanwhile() throws Exception {
    var modules = coldProcess();
    var first = modules.load(version());
    store.down(true);
    assertThat(modules.openOnce(version())).isSameAs(first);
  }

  @Test
  void versionsOfTheSameModuleWithOtherManifestsShareIt() throws Exception {
    var modules = coldProcess();
    var other =
        new Manifest(
            true,
            "other",
            Optional.empty(),
            Optional.empty(),
            "text/plain",
            Capabilities.NONE,
            Limits.DEFAULT,
            Phi.NONE,
            Manifest.OnFailure.CLOSED);
    assertThat(modules.load(version(other))).isSameAs(modules.load(version()));
  }

  @Test
  void anInterruptedCompilationLeavesItsThreadInterrupted() {
    store.forgetArtifacts();
    var modules =
        new Modules(
            store,
            SIGNER,
            (module, manifest) -> {
              throw new InterruptedException();
            },
            audit,
            Clock.systemUTC(),
            64 << 20);
    assertThatThrownBy(() -> modules.load(version())).isInstanceOf(IllegalStateException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void anArtifactThatWasTamperedWithIsRefusedAuditedAndReplaced() throws Exception {
    var good = SIGNER.sign(compiled);
    var jar = good.jar().clone();
    jar[jar.length / 2] ^= 1;
    store.replaceArtifact(
        new SignedArtifact(good.wasmDigest(), good.engine(), jar, good.signature()));
    assertThat(coldProcess().load(version()).digest()).isEqualTo(compiled.wasmDigest());
    assertThat(compilations).hasValue(1);
    assertRefused("bad signature");
    coldProcess().load(version());
    assertThat(compilations).hasValue(1);
  }

  @Test
  void anArtifactSignedWithAnotherKeyIsRefused() throws Exception {
    var otherKey = new byte[32];
    otherKey[0] = 1;
    store.replaceArtifact(new ArtifactSigner(new SigningKey(otherKey)).sign(compiled));
    coldProcess().load(version());
    assertRefused("bad signature");
  }

  @Test
  void anArtifactOfAnotherEngineIsRefused() throws Exception {
    var other = new EngineId("chicory-1.0.0-f0-jdk21");
    var signed =
        SIGNER.sign(
            new CompiledModule(compiled.wasmDigest(), other, compiled.facts(), compiled.jar()));
    // It lies where this engine's artifact should be.
    store.replaceArtifact(EngineId.current(), signed);
    assertThat(coldProcess().load(version()).digest()).isEqualTo(compiled.wasmDigest());
    assertThat(compilations).hasValue(1);
    assertRefused("engine chicory-1.0.0-f0-jdk21");
  }

  @Test
  void aMissingArtifactIsCompiledAgainFromTheKeptModule() throws Exception {
    store.forgetArtifacts();
    assertThat(coldProcess().load(version()).digest()).isEqualTo(compiled.wasmDigest());
    assertThat(compilations).hasValue(1);
    assertThat(store.artifact(compiled.wasmDigest(), EngineId.current())).isPresent();
  }

  @Test
  void aModuleThatIsNoLongerWhatWasRegisteredIsNotRun() {
    store.forgetArtifacts();
    store.keepModule(compiled.wasmDigest(), TestModules.otherEcho());
    assertThatThrownBy(() -> coldProcess().load(version())).isInstanceOf(ModuleLostException.class);
    store.forgetModules();
    assertThatThrownBy(() -> coldProcess().load(version())).isInstanceOf(ModuleLostException.class);
    assertThat(compilations).hasValue(0);
  }

  @Test
  void aStoreThatIsDownIsNotRemembered() throws Exception {
    var modules = coldProcess();
    store.down(true);
    assertThatThrownBy(() -> modules.load(version()))
        .isInstanceOf(ModuleStoreUnavailableException.class);
    store.down(false);
    assertThat(modules.load(version()).digest()).isEqualTo(compiled.wasmDigest());
  }

  private void assertRefused(String detail) {
    assertThat(audit.entries())
        .extracting(AuditEntry::action)
        .containsExactly(AuditAction.ARTIFACT_REFUSED);
    assertThat(audit.entries().getFirst().detail().toString()).isEqualTo(detail);
    assertThat(audit.entries().getFirst().digest()).contains(compiled.wasmDigest());
  }

  private Modules coldProcess() {
    return modules(store);
  }

  private Modules modules(ModuleStore from) {
    return new Modules(
        from,
        SIGNER,
        (module, manifest) -> {
          compilations.incrementAndGet();
          return new Compilation.Compiled(compiled);
        },
        audit,
        Clock.systemUTC(),
        64 << 20);
  }

  private static VersionRecord version() {
    return version(Manifest.UNDECLARED);
  }

  private static VersionRecord version(Manifest manifest) {
    return new VersionRecord(
        new PluginName("echo"),
        new PluginVersion("1.0.0"),
        ContentDigest.of(wasm),
        LifecycleState.LIVE,
        Optional.empty(),
        manifest,
        Optional.of(compiled.facts()),
        List.of(),
        wasm.length,
        Instant.parse("2026-11-23T00:00:00Z"));
  }
}
