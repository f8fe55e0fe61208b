package dev.ampoule.invocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.dylibso.chicory.wabt.Wat2Wasm;
import dev.ampoule.audit.RecordingAuditLog;
import dev.ampoule.audit.RequestId;
import dev.ampoule.invocation.PrimeInvocations.Bounds;
import dev.ampoule.invocation.PrimeInvocations.Primed;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.CatalogUnavailableException;
import dev.ampoule.registry.InMemoryModuleStore;
import dev.ampoule.registry.InMemoryPluginCatalog;
import dev.ampoule.registry.Modules;
import dev.ampoule.registry.RegisterPlugin;
import dev.ampoule.registry.SignaturePolicy;
import dev.ampoule.registry.TestModules;
import dev.ampoule.registry.UploadKey;
import dev.ampoule.sandbox.ArtifactSigner;
import dev.ampoule.sandbox.CompileLimits;
import dev.ampoule.sandbox.HttpAccess;
import dev.ampoule.sandbox.ModuleCompiler;
import dev.ampoule.sandbox.Sandbox;
import dev.ampoule.sandbox.SandboxLimits;
import dev.ampoule.sandbox.SigningKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PrimeInvocationsTest {
  private static final Path RESOURCES = Path.of("src/main/resources/dev/ampoule/invocation");
  private static final ModuleCompiler COMPILER = new ModuleCompiler(CompileLimits.DEFAULT);
  private static final ArtifactSigner SIGNER = new ArtifactSigner(new SigningKey(new byte[32]));
  private static final HttpAccess NO_HTTP =
      exchange -> {
        throw new AssertionError("priming makes no requests");
      };

  private final InMemoryModuleStore store = new InMemoryModuleStore();
  private final InMemoryPluginCatalog catalog = new InMemoryPluginCatalog();
  private final RecordingAuditLog audit = new RecordingAuditLog();
  private final AtomicInteger compilations = new AtomicInteger();
  private int entriesBefore;

  @BeforeEach
  void registerTwoPlugins() throws Exception {
    var register =
        new RegisterPlugin(
            store, catalog, process(), SignaturePolicy.NONE, audit, Clock.systemUTC());
    upload("alpha", TestModules.echo(), register);
    upload("beta", TestModules.otherEcho(), register);
    entriesBefore = audit.entries().size();
    compilations.set(0);
  }

  private void upload(String name, byte[] wasm, RegisterPlugin register) throws Exception {
    var key = new UploadKey(new PluginName(name), new PluginVersion("1.0.0"));
    store.putUpload(key, wasm);
    register.register(key, Optional.empty(), new RequestId("test"));
  }

  /** A new process on the same stores. */
  private Modules process() {
    return new Modules(
        store,
        SIGNER,
        (module, manifest) -> {
          compilations.incrementAndGet();
          return COMPILER.compile(module, manifest);
        },
        audit,
        Clock.systemUTC(),
        64L * 1024 * 1024);
  }

  private PrimeInvocations prime(Modules modules, Bounds bounds) {
    return new PrimeInvocations(
        catalog, modules, new Sandbox(SandboxLimits.DEFAULT, NO_HTTP), bounds);
  }

  @Test
  void theLiveVersionsAreLoadedAndNothingIsAudited() throws Exception {
    var modules = process();
    var primed = prime(modules, Bounds.DEFAULT).run();
    assertThat(primed.modules()).isEqualTo(2);
    assertThat(primed.leftOut()).isZero();
    assertThat(primed.weightBytes()).isPositive();
    assertThat(audit.entries()).hasSize(entriesBefore);

    // They are there: no store is asked any more.
    var live = catalog.version(new PluginName("beta"), new PluginVersion("1.0.0")).orElseThrow();
    store.down(true);
    assertThat(modules.load(live).digest()).isEqualTo(live.digest());
  }

  @Test
  void onlyTheTwoModulesOfOurOwnAreCompiled() {
    prime(process(), Bounds.DEFAULT).run();
    assertThat(compilations).hasValue(2);
  }

  @Test
  void aVersionWithoutAGoodArtifactIsLeftToItsFirstCall() {
    store.forgetArtifacts();
    assertThat(prime(process(), Bounds.DEFAULT).run()).isEqualTo(new Primed(0, 0, 2));
    assertThat(compilations).hasValue(2);
    assertThat(audit.entries()).hasSize(entriesBefore);
  }

  @Test
  void nothingIsLoadedBeyondTheBounds() {
    var minute = Duration.ofMinutes(1);
    assertThat(prime(process(), new Bounds(1, Long.MAX_VALUE, minute)).run())
        .returns(1, Primed::modules)
        .returns(0, Primed::leftOut);
    assertThat(prime(process(), new Bounds(50, 1, minute)).run())
        .returns(1, Primed::modules)
        .returns(1, Primed::leftOut);
    assertThat(prime(process(), new Bounds(50, Long.MAX_VALUE, Duration.ofNanos(1))).run())
        .isEqualTo(new Primed(0, 0, 2));
  }

  @Test
  void aCatalogueThatDoesNotAnswerEndsIt() {
    catalog.down(true);
    assertThatThrownBy(() -> prime(process(), Bounds.DEFAULT).run())
        .isInstanceOf(CatalogUnavailableException.class);
  }

  /** Renew them with {@code -Drenew}. */
  @ParameterizedTest
  @ValueSource(strings = {"prime-extism", "prime-wasi"})
  void theModulesOfOurOwnAreWhatTheirSourceAssemblesTo(String name) throws IOException {
    var wat = Files.readString(RESOURCES.resolve(name + ".wat"), StandardCharsets.UTF_8);
    var wasm = RESOURCES.resolve(name + ".wasm");
    if (System.getProperty("renew") != null) {
      Files.write(wasm, Wat2Wasm.parse(wat));
    }
    assertThat(wasm).hasBinaryContent(Wat2Wasm.parse(wat));
  }
}
