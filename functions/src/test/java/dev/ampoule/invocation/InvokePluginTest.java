package dev.ampoule.invocation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.RecordingAuditLog;
import dev.ampoule.audit.RequestId;
import dev.ampoule.invocation.InvocationOutcome.Dependency;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.policy.Principal;
import dev.ampoule.policy.Role;
import dev.ampoule.registry.InMemoryModuleStore;
import dev.ampoule.registry.InMemoryPluginCatalog;
import dev.ampoule.registry.Margins;
import dev.ampoule.registry.Modules;
import dev.ampoule.registry.Moves;
import dev.ampoule.registry.Order;
import dev.ampoule.registry.RegisterPlugin;
import dev.ampoule.registry.TestModules;
import dev.ampoule.registry.Trial;
import dev.ampoule.registry.UploadKey;
import dev.ampoule.sandbox.ArtifactSigner;
import dev.ampoule.sandbox.CompileLimits;
import dev.ampoule.sandbox.ModuleCompiler;
import dev.ampoule.sandbox.RunOutcome;
import dev.ampoule.sandbox.SigningKey;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InvokePluginTest {
  private static final ModuleCompiler COMPILER = new ModuleCompiler(CompileLimits.DEFAULT);
  private static final UploadKey KEY =
      new UploadKey(new PluginName("ends"), new PluginVersion("1.0.0"));
  private static final PluginVersion V2 = new PluginVersion("2.0.0");
  private static final Principal CALLER = new Principal("lab-engine", Set.of(Role.INTEGRATION));
  private static final String INPUT = "MRN 12345 Maria da Silva";

  private final InMemoryModuleStore store = new InMemoryModuleStore();
  private final InMemoryPluginCatalog catalog = new InMemoryPluginCatalog();
  private final RecordingAuditLog audit = new RecordingAuditLog();
  private final Modules modules =
      new Modules(
          store,
          new ArtifactSigner(new SigningKey(new byte[32])),
          COMPILER::compile,
          audit,
          Clock.systemUTC(),
          64 << 20);
  private final InvokePlugins plugins = new InvokePlugins(catalog, modules, audit);
  private final InvokePlugin invokePlugin = plugins.invokePlugin();
  private int registrations;

  @BeforeEach
  void register() throws Exception {
    var json =
        "{\"output\":\"text/plain\",\"limits\":{\"timeoutMs\":300,\"inputBytes\":100}}"
            .getBytes(StandardCharsets.UTF_8);
    store.putManifest(KEY, json);
    store.putUpload(KEY, TestModules.everyEnd());
    new RegisterPlugin(store, catalog, modules, audit, Clock.systemUTC())
        .register(KEY, Optional.empty(), new RequestId("upload"));
    registrations = audit.entries().size();
  }

  @Test
  void theOutputIsOfTheManifestsMediaType() {
    assertThat(invoke("ok").outcome())
        .isInstanceOfSatisfying(
            InvocationOutcome.Completed.class,
            completed -> {
              assertThat(completed.mediaType()).isEqualTo("text/plain");
              assertThat(new String(completed.output(), StandardCharsets.UTF_8)).isEqualTo(INPUT);
            });
  }

  @ParameterizedTest
  @CsvSource({
    "ok,      SUCCESS,      ''",
    "fail,    PLUGIN_ERROR, exit code 7",
    "trap,    TRAP,         UNREACHABLE",
    "loop,    TIME_LIMIT,   300 ms",
    "absent,  BAD_REQUEST,  ''",
  })
  void everyEndHasExactlyOneEntryThatSaysHowItEnded(
      String function, AuditOutcome outcome, String detail) {
    var invocation = invoke(function);
    assertThat(invocation.audit()).isPresent();
    var entry = onlyEntry();
    assertThat(entry.action()).isEqualTo(AuditAction.INVOKE);
    assertThat(entry.outcome()).isEqualTo(outcome);
    assertThat(entry.detail().toString()).isEqualTo(detail);
    assertThat(entry.actor().subject()).isEqualTo("lab-engine");
    assertThat(entry.plugin()).contains(KEY.name());
    assertThat(entry.version()).contains(KEY.version());
    assertThat(entry.digest()).isPresent();
    assertThat(entry.inputBytes()).isEqualTo(INPUT.length());
    assertThat(entry.policy().orElseThrow().value()).isEqualTo("role-permits-action");
  }

  @Test
  void recursionWithoutEndIsACallDepthLimit() {
    assertThat(invoke("recurse").outcome())
        .isInstanceOfSatisfying(
            InvocationOutcome.LimitExceeded.class,
            exceeded -> assertThat(exceeded.limit()).isEqualTo(RunOutcome.Limit.CALL_DEPTH));
    assertThat(onlyEntry().outcome()).isEqualTo(AuditOutcome.LIMIT);
  }

  @Test
  void thePluginsErrorTextReachesTheCallerAndNoEntry() {
    assertThat(invoke("fail").outcome())
        .isInstanceOfSatisfying(
            InvocationOutcome.PluginFailed.class,
            failed -> {
              assertThat(failed.exitCode()).isEqualTo(7);
              assertThat(failed.text().forCaller()).isEqualTo(INPUT);
              assertThat(failed.toString()).doesNotContain("Maria").doesNotContain("12345");
            });
    assertThat(onlyEntry().toString()).doesNotContain("Maria").doesNotContain("12345");
  }

  @Test
  void anInputOverTheLimitIsNotRun() {
    var invocation = invokePlugin.invoke(request(CALLER, Optional.empty(), "ok", "x".repeat(101)));
    assertThat(invocation.outcome()).isEqualTo(new InvocationOutcome.InputTooLarge(101, 100));
    assertThat(invocation.timings().run()).isEmpty();
    assertThat(onlyEntry().outcome()).isEqualTo(AuditOutcome.TOO_LARGE);
  }

  @Test
  void whomPolicyForbidsLearnsNothingAboutThePlugin() {
    var invocation =
        invokePlugin.invoke(
            request(new Principal("a", Set.of(Role.AUDITOR)), Optional.empty(), "ok", INPUT));
    assertThat(invocation.outcome()).isEqualTo(new InvocationOutcome.Forbidden("default-deny"));
    assertThat(invocation.version()).isEmpty();
    assertThat(onlyEntry().outcome()).isEqualTo(AuditOutcome.FORBIDDEN);
    assertThat(onlyEntry().plugin()).contains(KEY.name());
  }

  @Test
  void aNameThatTheCatalogueDoesNotKnowIsNotAudited() {
    var nobody = new PluginName("mrn-12345");
    var never = Optional.of(new PluginVersion("9.0.0-mrn.12345"));
    for (var caller : List.of(CALLER, new Principal("a", Set.of(Role.AUDITOR)))) {
      invokePlugin.invoke(
          new InvokeRequest(
              caller, nobody, never, Optional.empty(), new byte[0], new RequestId("r")));
      invokePlugin.invoke(request(caller, never, "ok", INPUT));
    }
    assertThat(audit.entries().toString()).doesNotContain("12345");
    assertThat(
            audit.entries().stream()
                .filter(entry -> entry.action() == AuditAction.INVOKE)
                .map(AuditEntry::plugin))
        .containsExactly(
            Optional.empty(), Optional.of(KEY.name()), Optional.empty(), Optional.of(KEY.name()));
  }

  @Test
  void whatIsNotThereIsNotFoundAndAudited() {
    assertThat(
            invokePlugin
                .invoke(
                    new InvokeRequest(
                        CALLER,
                        new PluginName("nobody"),
                        Optional.empty(),
                        Optional.empty(),
                        new byte[0],
                        new RequestId("r")))
                .outcome())
        .isEqualTo(new InvocationOutcome.UnknownPlugin());
    assertThat(
            invokePlugin
                .invoke(request(CALLER, Optional.of(new PluginVersion("9.0.0")), "ok", INPUT))
                .outcome())
        .isEqualTo(new InvocationOutcome.UnknownVersion());
    assertThat(outcomes()).containsExactly(AuditOutcome.NOT_FOUND, AuditOutcome.NOT_FOUND);
  }

  @Test
  void aVersionInAStateThatMayNotRunIsNotRun() {
    catalog.setState(KEY.name(), KEY.version(), LifecycleState.QUARANTINED);
    assertThat(invoke("ok").outcome())
        .isEqualTo(new InvocationOutcome.NotInvocable(LifecycleState.QUARANTINED));
    assertThat(onlyEntry().outcome()).isEqualTo(AuditOutcome.CONFLICT);
  }

  @Test
  void aRequestThatNamesNoFunctionOfSeveralIsToldWhichThereAre() {
    var invocation =
        invokePlugin.invoke(
            new InvokeRequest(
                CALLER,
                KEY.name(),
                Optional.empty(),
                Optional.empty(),
                new byte[0],
                new RequestId("r")));
    assertThat(invocation.outcome())
        .isInstanceOfSatisfying(
            InvocationOutcome.FunctionNeeded.class,
            needed ->
                assertThat(needed.known())
                    .extracting(FunctionName::value)
                    .containsExactly("fail", "loop", "ok", "recurse", "trap"));
  }

  @Test
  void withoutAnAuditEntryThereIsNoOutput() {
    audit.down(true);
    var invocation = invoke("ok");
    assertThat(invocation.outcome())
        .isEqualTo(new InvocationOutcome.Unavailable(Dependency.AUDIT, Duration.ofSeconds(2)));
    assertThat(invocation.audit()).isEmpty();
  }

  @Test
  void aCatalogueThatIsDownIsAuditedAndSaid() {
    catalog.down(true);
    assertThat(invoke("ok").outcome())
        .isEqualTo(new InvocationOutcome.Unavailable(Dependency.CATALOG, Duration.ofSeconds(2)));
    assertThat(onlyEntry().outcome()).isEqualTo(AuditOutcome.UNAVAILABLE);
  }

  @Test
  void aModuleStoreThatIsDownStopsOnlyWhatIsNotLoaded() {
    invoke("ok");
    store.down(true);
    assertThat(invoke("ok").outcome()).isInstanceOf(InvocationOutcome.Completed.class);
  }

  @Test
  void aPluginThatLoopsDoesNotDisturbCallsOfAnotherOne() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<InvocationOutcome> looping = () -> invoke("loop").outcome();
      Callable<InvocationOutcome> good = () -> invoke("ok").outcome();
      var outcomes = threads.invokeAll(List.of(looping, good, looping, good, looping, good));
      for (int i = 0; i < outcomes.size(); i++) {
        assertThat(outcomes.get(i).get())
            .isInstanceOf(
                i % 2 == 0 ? InvocationOutcome.TimedOut.class : InvocationOutcome.Completed.class);
      }
    }
    assertThat(outcomes()).hasSize(6);
  }

  @Test
  void whatBreaksTooOftenIsRefusedAndEachRefusalAudited() {
    for (int i = 0; i < CircuitBreakers.RUNS; i++) {
      invoke("trap");
    }
    assertThat(invoke("ok").outcome()).isInstanceOf(InvocationOutcome.BreakerOpen.class);
    var entry = audit.entries().getLast();
    assertThat(entry.outcome()).isEqualTo(AuditOutcome.UNAVAILABLE);
    assertThat(entry.detail().toString()).isEqualTo("breaker open");
    assertThat(outcomes()).hasSize(CircuitBreakers.RUNS + 1);
    assertThat(plugins.events).hasSize(1);
  }

  @Test
  void aPluginWithoutPhiMayLetItsInputThroughWhereItCannotRun() throws Exception {
    var open = new UploadKey(new PluginName("open"), new PluginVersion("1.0.0"));
    store.putManifest(
        open,
        "{\"input\":\"text/plain\",\"function\":\"trap\",\"onFailure\":\"open\"}"
            .getBytes(StandardCharsets.UTF_8));
    store.putUpload(open, TestModules.everyEnd());
    new RegisterPlugin(store, catalog, modules, audit, Clock.systemUTC())
        .register(open, Optional.empty(), new RequestId("upload"));
    var request =
        new InvokeRequest(
            CALLER,
            open.name(),
            Optional.empty(),
            Optional.empty(),
            INPUT.getBytes(StandardCharsets.UTF_8),
            new RequestId("r"));
    for (int i = 0; i < CircuitBreakers.RUNS; i++) {
      assertThat(invokePlugin.invoke(request).outcome())
          .isInstanceOf(InvocationOutcome.Trapped.class);
    }
    assertThat(invokePlugin.invoke(request).outcome())
        .isInstanceOfSatisfying(
            InvocationOutcome.PassedThrough.class,
            through -> {
              assertThat(new String(through.input(), StandardCharsets.UTF_8)).isEqualTo(INPUT);
              assertThat(through.mediaType()).isEqualTo("text/plain");
              assertThat(through.toString()).doesNotContain("Maria");
            });
    assertThat(audit.entries().getLast().outcome()).isEqualTo(AuditOutcome.UNAVAILABLE);
    assertThat(audit.entries().getLast().detail().toString())
        .isEqualTo("input passed through: breaker open");
  }

  @Test
  void aPluginThatTakesAllItMayIsToldSoAndAudited() {
    var rooms = new ArrayList<Bulkheads.Room>();
    for (int i = 0; i < InvokePlugins.CAPACITY.callsPerPlugin(); i++) {
      rooms.add(plugins.bulkheads.enter(KEY.name(), Manifest.UNDECLARED).orElseThrow());
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var waiting = new ArrayList<Future<Invocation>>();
      for (int i = 0; i < InvokePlugins.CAPACITY.queuePerPlugin(); i++) {
        waiting.add(threads.submit(() -> invoke("ok")));
      }
      while (plugins.bulkheads.waiting(KEY.name()) < waiting.size()) {
        Thread.onSpinWait();
      }
      assertThat(invoke("ok").outcome())
          .isEqualTo(new InvocationOutcome.TooManyCalls(InvokePlugins.CAPACITY.waitMax()));
      assertThat(audit.entries().getLast().outcome()).isEqualTo(AuditOutcome.THROTTLED);
      rooms.forEach(Bulkheads.Room::close);
      assertThat(waiting)
          .allSatisfy(each ->
              assertThat(each.get().outcome()).isInstanceOf(InvocationOutcome.Completed.class));
    }
    assertThat(outcomes()).hasSize(InvokePlugins.CAPACITY.queuePerPlugin() + 1);
  }

  @Test
  void aShadowRunsOnTheSameInputForNobodyAndIsCompared() throws Exception {
    registerNext("2.0.0", TestModules.everyEnd());
    Moves.make(catalog, new Order.Try(KEY.name(), V2, Trial.Kind.SHADOW, 100, Margins.DEFAULT));
    for (var function : List.of("ok", "ok", "trap", "fail")) {
      assertThat(invoke(function).version().orElseThrow().version()).isEqualTo(KEY.version());
    }
    assertThat(audit.entries().getLast().detail().toString())
        .isEqualTo("exit code 7; shadow 2.0.0");
    plugins.passTime();
    long era = catalog.rollout(KEY.name()).orElseThrow().era();
    var counted = plugins.tallies.read(KEY.name(), V2, era);
    assertThat(counted.calls()).isEqualTo(4);
    assertThat(counted.traps()).isEqualTo(1);
    assertThat(counted.errors()).isEqualTo(1);
    assertThat(counted.agreed()).isEqualTo(4);
    assertThat(counted.disagreed()).isZero();
    assertThat(plugins.tallies.read(KEY.name(), KEY.version(), era).calls()).isEqualTo(4);
  }

  @Test
  void aShadowThatSaysSomethingElseIsCountedAsSuchWithoutAWordOfIt() throws Exception {
    registerNext("2.0.0", TestModules.otherEnds());
    Moves.make(catalog, new Order.Try(KEY.name(), V2, Trial.Kind.SHADOW, 100, Margins.DEFAULT));
    assertThat(invoke("ok").outcome()).isInstanceOf(InvocationOutcome.Completed.class);
    plugins.passTime();
    var counted =
        plugins.tallies.read(KEY.name(), V2, catalog.rollout(KEY.name()).orElseThrow().era());
    assertThat(counted.disagreed()).isEqualTo(1);
    assertThat(counted.agreed()).isZero();
  }

  @Test
  void aCanaryThatTrapsIsRolledBackByItself() throws Exception {
    registerNext("2.0.0", TestModules.everyEnd());
    Moves.make(
        catalog,
        new Order.Try(KEY.name(), V2, Trial.Kind.CANARY, 50, new Margins(10, 5, 5, 5, 50)));
    var canary = routedTo(V2);
    var live = routedTo(KEY.version());
    for (int i = 0; i < 10; i++) {
      invoke(live, "ok");
      assertThat(invoke(canary, i < 2 ? "trap" : "ok").version().orElseThrow().version())
          .isEqualTo(V2);
    }
    plugins.passTime();
    assertThat(catalog.rollout(KEY.name()).orElseThrow().trial()).isEmpty();
    var entry = audit.entries().getLast();
    assertThat(entry.action()).isEqualTo(AuditAction.ROLLBACK);
    assertThat(entry.actor()).isEqualTo(Actor.SYSTEM);
    assertThat(entry.detail().toString()).isEqualTo("traps in 2 of 10 calls, live in 0 of 10");
    assertThat(invoke(canary, "ok").version().orElseThrow().version()).isEqualTo(KEY.version());
  }

  @Test
  void aLiveVersionThatCrossesTheRestartIntensityIsReplacedByTheLastGoodOne() throws Exception {
    registerNext("2.0.0", TestModules.everyEnd());
    Moves.activate(catalog, KEY.name(), V2);
    for (int i = 0; i < RestartIntensity.DEFAULT.crashes(); i++) {
      invoke("ok");
      invoke("ok");
      invoke("trap");
    }
    plugins.passTime();
    assertThat(catalog.live(KEY.name())).contains(KEY.version());
    assertThat(catalog.version(KEY.name(), V2).orElseThrow().state())
        .isEqualTo(LifecycleState.QUARANTINED);
    assertThat(audit.entries().getLast().detail().toString())
        .isEqualTo("10 crashes in 60 s; live was 2.0.0, is 1.0.0");
    assertThat(invoke("ok").version().orElseThrow().version()).isEqualTo(KEY.version());
  }

  @Test
  void ofAVersionThatDoesWellAloneNothingIsWrittenAndOfACrashOnce() {
    for (int i = 0; i < 5; i++) {
      invoke("ok");
    }
    assertThat(plugins.later).isEmpty();
    invoke("trap");
    invoke("trap");
    assertThat(plugins.later).hasSize(1);
    plugins.passTime();
    var counted =
        plugins.tallies.read(
            KEY.name(), KEY.version(), catalog.rollout(KEY.name()).orElseThrow().era());
    assertThat(counted.calls()).isEqualTo(7);
    assertThat(counted.traps()).isEqualTo(2);
  }

  private void registerNext(String version, byte[] module) throws Exception {
    var next = new UploadKey(KEY.name(), new PluginVersion(version));
    store.putManifest(
        next,
        "{\"output\":\"text/plain\",\"limits\":{\"timeoutMs\":2000,\"inputBytes\":100}}"
            .getBytes(StandardCharsets.UTF_8));
    store.putUpload(next, module);
    new RegisterPlugin(store, catalog, modules, audit, Clock.systemUTC())
        .register(next, Optional.empty(), new RequestId("upload"));
  }

  /** A key that the rollout as it is now sends to this version. */
  private RouteKey routedTo(PluginVersion version) {
    for (int i = 0; i < 1_000; i++) {
      var key = new RouteKey("key-" + i);
      var route =
          Route.of(KEY.name(), catalog.rollout(KEY.name()).orElseThrow(), Optional.of(key), _ -> 0);
      if (route.orElseThrow().version().equals(version)) {
        return key;
      }
    }
    throw new AssertionError("no key leads to " + version);
  }

  private Invocation invoke(RouteKey key, String function) {
    return invokePlugin.invoke(
        new InvokeRequest(
            CALLER,
            KEY.name(),
            Optional.empty(),
            Optional.of(new FunctionName(function)),
            Optional.of(key),
            INPUT.getBytes(StandardCharsets.UTF_8),
            new RequestId("request-1")));
  }

  private Invocation invoke(String function) {
    return invokePlugin.invoke(request(CALLER, Optional.empty(), function, INPUT));
  }

  private static InvokeRequest request(
      Principal caller, Optional<PluginVersion> version, String function, String input) {
    return new InvokeRequest(
        caller,
        KEY.name(),
        version,
        Optional.of(new FunctionName(function)),
        input.getBytes(StandardCharsets.UTF_8),
        new RequestId("request-1"));
  }

  private List<AuditOutcome> outcomes() {
    return audit.entries().stream().skip(registrations).map(AuditEntry::outcome).toList();
  }

  private AuditEntry onlyEntry() {
    assertThat(audit.entries()).hasSize(registrations + 1);
    return audit.entries().getLast();
  }
}
