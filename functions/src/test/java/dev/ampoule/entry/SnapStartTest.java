package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.S3Event;
import com.amazonaws.services.lambda.runtime.serialization.events.LambdaEventSerializers;
import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.Moves;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Objects;
import org.crac.Core;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the two hooks do to a process; {@link PackageIT} has them called by the runtime. */
final class SnapStartTest {
  private static Backend backend;

  @BeforeAll
  static void start() throws Exception {
    backend = Backend.start();
    Events.prepare(backend);
    var register = new RegisterHandler(new Wiring(backend.settings()));
    for (var event : new String[] {Events.text("object-created.json"), Events.secondUpload()}) {
      register.handleRequest(read(S3Event.class, event), new TestContext("request"));
    }
  }

  @AfterAll
  static void stop() {
    backend.close();
  }

  private static <T> T read(Class<T> type, String event) {
    return LambdaEventSerializers.serializerFor(type, SnapStartTest.class.getClassLoader())
        .fromJson(event);
  }

  private static AuditEntry entry() {
    return AuditEntry.of(Instant.now(), AuditAction.READ_AUDIT, Actor.SYSTEM, AuditOutcome.SUCCESS)
        .build();
  }

  @Test
  void aRestoredProcessWritesOnAChainOfItsOwn() throws Exception {
    var wiring = new Wiring(backend.settings());
    var hooks = new SnapStart(wiring, () -> {});
    var chains = new ArrayList<>();
    chains.add(wiring.auditLog().append(entry()).block().chain());
    hooks.beforeCheckpoint(Core.getGlobalContext());
    for (int restored = 0; restored < 2; restored++) {
      hooks.afterRestore(Core.getGlobalContext());
      chains.add(wiring.auditLog().append(entry()).block().chain());
    }
    assertThat(chains).doesNotHaveDuplicates();
    chains.add(wiring.auditLog().append(entry()).block().chain());
    assertThat(chains.getLast()).isEqualTo(chains.get(2));
  }

  @Test
  void whatTheCatalogueSaidBeforeTheSnapshotIsNotBelieved() {
    var wiring = new Wiring(backend.settings());
    var handler = new InvokeHandler(wiring);
    var hooks = new SnapStart(wiring, () -> {});
    var name = new PluginName("echo");
    assertThat(invoke(handler)).isEqualTo("echo@1.0.0");
    hooks.beforeCheckpoint(Core.getGlobalContext());
    Moves.activate(wiring.catalog(), name, new PluginVersion("1.1.0"));
    hooks.afterRestore(Core.getGlobalContext());
    assertThat(invoke(handler)).isEqualTo("echo@1.1.0");
  }

  private static String invoke(InvokeHandler handler) {
    return Objects.requireNonNull(
        handler
            .handleRequest(
                read(APIGatewayV2HTTPEvent.class, Events.text("invoke.json")),
                new TestContext("request"))
            .getHeaders()
            .get("Ampoule-Plugin"));
  }

  /** Another process's first call asks no store for what the snapshot holds. */
  @Test
  void theSnapshotOfTheInvokingFunctionHoldsTheLiveModules() {
    var wiring = new Wiring(backend.settings());
    var hooks = new SnapStart(wiring, () -> {});
    hooks.beforeCheckpoint(Core.getGlobalContext());
    var primed = wiring.primeInvocations().run();
    hooks.afterRestore(Core.getGlobalContext());
    assertThat(primed.modules()).isEqualTo(1);
    assertThat(primed.leftOut()).isZero();
  }

  @Test
  void primingWritesNoAuditEntry() {
    var wiring = new Wiring(backend.settings());
    var before = wiring.auditVerification().run(100);
    new SnapStart(wiring, () -> wiring.primeInvocations().run())
        .beforeCheckpoint(Core.getGlobalContext());
    assertThat(wiring.auditVerification().run(100)).isEqualTo(before);
  }

  @Test
  void aStoreThatDoesNotAnswerDoesNotFailThePublishing() {
    var nowhere = new HashMap<>(backend.environment());
    nowhere.put("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1");
    nowhere.put("AMPOULE_JWKS_URL", "http://127.0.0.1:1/jwks");
    var wiring = new Wiring(new Settings(nowhere));
    for (var handler :
        new ObservedHandler<?, ?>[] {
          new InvokeHandler(wiring),
          new PluginsHandler(wiring),
          new HealthHandler(wiring),
          new AuthorizerHandler(wiring),
          new AuditHandler(wiring),
          new RegisterHandler(wiring),
          new CheckpointHandler(wiring)
        }) {
      var hooks = new SnapStart(wiring, handler::prime);
      assertThatCode(() -> hooks.beforeCheckpoint(Core.getGlobalContext()))
          .as(handler.getClass().getSimpleName())
          .doesNotThrowAnyException();
      assertThatCode(() -> hooks.afterRestore(Core.getGlobalContext())).doesNotThrowAnyException();
    }
  }
}
