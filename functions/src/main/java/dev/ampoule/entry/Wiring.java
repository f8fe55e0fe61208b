package dev.ampoule.entry;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.ampoule.audit.AuditBlocks;
import dev.ampoule.audit.AuditExport;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditReview;
import dev.ampoule.audit.AuditSpool;
import dev.ampoule.audit.AuditVerification;
import dev.ampoule.audit.ChainedAuditLog;
import dev.ampoule.audit.CheckpointSigner;
import dev.ampoule.audit.Checkpoints;
import dev.ampoule.audit.DrainSpool;
import dev.ampoule.audit.SpooledAuditBlocks;
import dev.ampoule.audit.TakeCheckpoint;
import dev.ampoule.aws.ApiGatewayPush;
import dev.ampoule.aws.AwsClients;
import dev.ampoule.aws.DynamoDbAuditBlocks;
import dev.ampoule.aws.DynamoDbBindings;
import dev.ampoule.aws.DynamoDbCallTallies;
import dev.ampoule.aws.DynamoDbConnections;
import dev.ampoule.aws.DynamoDbEventLog;
import dev.ampoule.aws.DynamoDbPluginCatalog;
import dev.ampoule.aws.S3AuditSpool;
import dev.ampoule.aws.S3Checkpoints;
import dev.ampoule.aws.S3ModuleStore;
import dev.ampoule.dashboard.Bedside;
import dev.ampoule.dashboard.Console;
import dev.ampoule.dashboard.Fragments;
import dev.ampoule.dashboard.Pages;
import dev.ampoule.dashboard.Standing;
import dev.ampoule.entry.Settings.Variable;
import dev.ampoule.invocation.Bulkheads;
import dev.ampoule.invocation.CallTallies;
import dev.ampoule.invocation.CircuitBreakers;
import dev.ampoule.invocation.DependencyBreakers;
import dev.ampoule.invocation.Health;
import dev.ampoule.invocation.HotSwap;
import dev.ampoule.invocation.InvokePlugin;
import dev.ampoule.invocation.PluginLog;
import dev.ampoule.invocation.PrimeInvocations;
import dev.ampoule.invocation.RestartIntensity;
import dev.ampoule.invocation.ShadowRuns;
import dev.ampoule.invocation.Supervisor;
import dev.ampoule.live.BindingCache;
import dev.ampoule.live.Bindings;
import dev.ampoule.live.Connections;
import dev.ampoule.live.Derive;
import dev.ampoule.live.EventLog;
import dev.ampoule.live.FanOut;
import dev.ampoule.live.HandOver;
import dev.ampoule.live.PlatformFeed;
import dev.ampoule.live.Presence;
import dev.ampoule.live.Push;
import dev.ampoule.live.Topics;
import dev.ampoule.live.Views;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.policy.PolicyGate;
import dev.ampoule.policy.TokenVerifier;
import dev.ampoule.registry.CatalogUnavailableException;
import dev.ampoule.registry.LastKnownCatalog;
import dev.ampoule.registry.Lifecycle;
import dev.ampoule.registry.ModuleKeys;
import dev.ampoule.registry.ModuleStore;
import dev.ampoule.registry.ModuleStoreUnavailableException;
import dev.ampoule.registry.Modules;
import dev.ampoule.registry.PlatformEvents;
import dev.ampoule.registry.PluginCatalog;
import dev.ampoule.registry.RegisterPlugin;
import dev.ampoule.registry.RequestUpload;
import dev.ampoule.registry.SignaturePolicy;
import dev.ampoule.sandbox.AddressPolicy;
import dev.ampoule.sandbox.ArtifactSigner;
import dev.ampoule.sandbox.CompileLimits;
import dev.ampoule.sandbox.IpRange;
import dev.ampoule.sandbox.ModuleCompiler;
import dev.ampoule.sandbox.PinnedHttpAccess;
import dev.ampoule.sandbox.Sandbox;
import dev.ampoule.sandbox.SandboxLimits;
import dev.ampoule.sandbox.SigningKey;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a function is made of, put together in one place. Each part is made when a handler first
 * asks for it, once: the authorizer needs no database, and what a process shares (the audit chain,
 * loaded modules) there is one of.
 */
public final class Wiring {
  /** What the loaded modules of one process may weigh together. */
  private static final long LOADED_BYTES_MAX = 512L * 1024 * 1024;

  /** Of one call of the fan-out: each is a wait for API Gateway, not for a CPU. */
  private static final int PUSHES_AT_ONCE = 64;

  private static final int BACKGROUND_THREADS = 4;
  private static final int BACKGROUND_TASKS_MAX = 20_000;

  /** For what no caller waits for: few at once, and a queue that no one overflows. */
  private static final Executor BACKGROUND = backgroundThreads();

  /** What a call to a store may take where there is another way. */
  private static final Duration HURRIED = Duration.ofSeconds(1);

  /** There is another way, so both are left alone soon; each trial costs its caller a time-out. */
  private static final DependencyBreakers.Patience AUDIT_PATIENCE =
      new DependencyBreakers.Patience(4, 1, Duration.ofSeconds(5), Duration.ofSeconds(30));

  /** After an outage an activation may go unnoticed so much longer than usual. */
  private static final DependencyBreakers.Patience CATALOG_PATIENCE =
      new DependencyBreakers.Patience(4, 1, Duration.ofSeconds(2), Duration.ofSeconds(2));

  /** A monitor waits for all probes together. */
  private static final Duration PROBE_MAX = Duration.ofSeconds(2);

  /** Well within the minute until the next run. */
  private static final Duration DRAIN_MAX = Duration.ofSeconds(25);

  private final Clock clock = Clock.systemUTC();
  private final PolicyGate gate = new PolicyGate();
  private final Settings settings;

  private final Telemetry telemetry;
  private final Once<AwsClients> aws;
  private final Supplier<PluginCatalog> catalog;
  private final Supplier<ModuleStore> moduleStore;
  private final Supplier<AuditBlocks> auditBlocks;
  private final Supplier<AuditSpool> auditSpool;
  private final Supplier<AuditBlocks> auditLogBlocks;
  private final Supplier<Checkpoints> checkpoints;
  private final Once<ChainedAuditLog> auditChain;
  private final Supplier<AuditLog> auditLog;
  private final Supplier<Modules> modules;
  private final Once<Sandbox> sandbox;
  private final Supplier<EventLog> eventLog;
  private final Supplier<Connections> connections;
  private final Supplier<Bindings> bindings;
  private final Supplier<BindingCache> bindingCache;
  private final Supplier<Push> push;
  private final Supplier<Views> views;
  private final Supplier<PlatformEvents> platformEvents;
  private final Supplier<CallTallies> tallies;
  private final Supplier<Lifecycle> lifecycle;
  private final Once<DependencyBreakers> dependencyBreakers;
  private final Once<HotSwap> hotSwap;
  private final Once<CircuitBreakers> breakers;
  private final Once<Supervisor> supervisor;
  private final Supplier<InvokePlugin> invokePlugin;
  private final Once<LastKnownCatalog> lastKnownCatalog;
  private final Once<Health> health;

  /** For whoever embeds the handlers: nothing is measured. */
  public Wiring(Settings settings) {
    this(settings, new Telemetry(Telemetry.NOWHERE));
  }

  Wiring(Settings settings, Telemetry telemetry) {
    this.settings = settings;
    this.telemetry = telemetry;
    this.aws = once(() -> new AwsClients(location(settings)));
    this.dependencyBreakers = once(() -> new DependencyBreakers(clock));
    this.catalog =
        once(() ->
            dependencyBreakers
                .get()
                .guard(
                    PluginCatalog.class,
                    new DynamoDbPluginCatalog(
                        aws.get().dynamoDb(), settings.text(Variable.AMPOULE_PLUGINS_TABLE)),
                    CatalogUnavailableException.class,
                    CatalogUnavailableException::new));
    this.moduleStore =
        once(() ->
            dependencyBreakers
                .get()
                .guard(
                    ModuleStore.class,
                    new S3ModuleStore(
                        aws.get().s3(),
                        aws.get().presigner(),
                        settings.text(Variable.AMPOULE_MODULES_BUCKET)),
                    ModuleStoreUnavailableException.class,
                    ModuleStoreUnavailableException::new));
    this.auditBlocks =
        once(() ->
            new DynamoDbAuditBlocks(
                aws.get().dynamoDb(), settings.text(Variable.AMPOULE_AUDIT_TABLE), clock));
    this.auditSpool =
        once(() -> new S3AuditSpool(aws.get().s3(), settings.text(Variable.AMPOULE_SPOOL_BUCKET)));
    this.auditLogBlocks =
        once(() ->
            new SpooledAuditBlocks(
                auditBlocks.get(),
                dependencyBreakers
                    .get()
                    .guard(
                        AuditBlocks.class,
                        auditBlocks.get(),
                        RuntimeException.class,
                        IllegalStateException::new,
                        AUDIT_PATIENCE),
                auditSpool.get()));
    this.checkpoints =
        once(() ->
            new S3Checkpoints(aws.get().s3(), settings.text(Variable.AMPOULE_AUDIT_BUCKET), clock));
    this.auditChain =
        once(() ->
            new ChainedAuditLog(auditLogBlocks.get(), clock, ChainedAuditLog.Settings.DEFAULT));
    this.auditLog = once(() -> new MeteredAuditLog(auditChain.get(), telemetry));
    this.modules =
        once(() ->
            new Modules(
                moduleStore.get(),
                new ArtifactSigner(new SigningKey(settings.base64(Variable.AMPOULE_ARTIFACT_KEY))),
                new ModuleCompiler(CompileLimits.DEFAULT)::compile,
                auditLog.get(),
                clock,
                LOADED_BYTES_MAX));
    this.lastKnownCatalog =
        once(() ->
            new LastKnownCatalog(
                catalog.get(),
                dependencyBreakers
                    .get()
                    .guard(
                        PluginCatalog.class,
                        new DynamoDbPluginCatalog(
                            aws.get().dynamoDb(HURRIED),
                            settings.text(Variable.AMPOULE_PLUGINS_TABLE)),
                        CatalogUnavailableException.class,
                        CatalogUnavailableException::new,
                        CATALOG_PATIENCE),
                catalogAgeMax(),
                Ticker.systemTicker()));
    this.health = once(this::newHealth);
    this.sandbox =
        once(() ->
            new Sandbox(
                SandboxLimits.DEFAULT,
                new PinnedHttpAccess(
                    new AddressPolicy(
                        settings.list(Variable.AMPOULE_HTTP_ALSO_REACHABLE).stream()
                            .map(IpRange::parse)
                            .collect(Collectors.toSet())))));
    this.eventLog =
        once(() ->
            new DynamoDbEventLog(
                aws.get().dynamoDb(), settings.text(Variable.AMPOULE_EVENTS_TABLE)));
    this.views = once(() -> new Fragments(bedside()));
    this.connections =
        once(() ->
            new DynamoDbConnections(
                aws.get().dynamoDb(), settings.text(Variable.AMPOULE_CONNECTIONS_TABLE)));
    this.bindings =
        once(() ->
            new DynamoDbBindings(
                aws.get().dynamoDb(), settings.text(Variable.AMPOULE_CONNECTIONS_TABLE)));
    this.bindingCache = once(() -> new BindingCache(bindings.get(), clock));
    this.push =
        once(() ->
            new ApiGatewayPush(
                aws.get().connections(settings.uri(Variable.AMPOULE_CONNECTIONS_URL))));
    // Whoever is to hear of platform events is listed here.
    this.platformEvents =
        once(() -> {
          var listeners =
              List.of(
                  new ReportedPlatformEvents(telemetry),
                  new PublishedPlatformEvents(platformFeed()));
          return event -> listeners.forEach(listener -> listener.happened(event));
        });
    this.tallies =
        once(() ->
            new DynamoDbCallTallies(
                // In the background, where a renewal of the catalogue's answers may wait behind it.
                aws.get().dynamoDb(HURRIED), settings.text(Variable.AMPOULE_PLUGINS_TABLE)));
    this.lifecycle =
        once(() -> new Lifecycle(catalog.get(), auditLog.get(), platformEvents.get(), clock));
    this.hotSwap =
        once(() ->
            new HotSwap(
                lastKnownCatalog.get(),
                version ->
                    sandbox.get().warm(modules.get().load(version), version.manifest().limits()),
                BACKGROUND,
                Ticker.systemTicker()));
    this.breakers =
        once(() -> new CircuitBreakers(catalog.get(), platformEvents.get(), BACKGROUND, clock));
    this.supervisor =
        once(() ->
            new Supervisor(
                tallies.get(),
                lifecycle.get(),
                RestartIntensity.DEFAULT,
                CompletableFuture.delayedExecutor(
                    Supervisor.ADD_AFTER.toMillis(), TimeUnit.MILLISECONDS, BACKGROUND),
                clock));
    this.invokePlugin = once(this::makeInvokePlugin);
  }

  /** For the handlers' own constructors, which Lambda calls. */
  static Wiring ofProcess() {
    return new Wiring(new Settings(System.getenv()), new Telemetry(new PowertoolsBackend()));
  }

  Telemetry telemetry() {
    return telemetry;
  }

  /** A snapshot of this process comes; what is restored from it must find no open connection. */
  void beforeCheckpoint() {
    aws.ifMade(clients -> clients.keepConnections(false));
  }

  /**
   * This process is one of many that were restored from one snapshot, at another time (RATIONALE:
   * "What must not survive a snapshot?").
   */
  void afterRestore() {
    aws.ifMade(clients -> clients.keepConnections(true));
    auditChain.ifMade(ChainedAuditLog::newChain);
    dependencyBreakers.ifMade(DependencyBreakers::forget);
    hotSwap.ifMade(HotSwap::forget);
    breakers.ifMade(CircuitBreakers::forget);
    supervisor.ifMade(Supervisor::forget);
    lastKnownCatalog.ifMade(LastKnownCatalog::forget);
    health.ifMade(Health::forget);
    sandbox.ifMade(Sandbox::renewRandomness);
    telemetry.restored();
  }

  InvokePlugin invokePlugin() {
    return invokePlugin.get();
  }

  private InvokePlugin makeInvokePlugin() {
    var pluginLog = new PluginLog();
    var bulkheads = new Bulkheads(Bulkheads.Capacity.ofHeap(Runtime.getRuntime().maxMemory()));
    return new InvokePlugin(
        hotSwap.get(),
        gate,
        breakers.get(),
        bulkheads,
        modules.get(),
        sandbox.get(),
        new ShadowRuns(modules.get(), sandbox.get(), pluginLog, bulkheads, supervisor.get()),
        supervisor.get(),
        pluginLog,
        auditLog.get(),
        clock);
  }

  PrimeInvocations primeInvocations() {
    return new PrimeInvocations(
        catalog.get(), modules.get(), sandbox.get(), PrimeInvocations.Bounds.DEFAULT);
  }

  RegisterPlugin registerPlugin() {
    return new RegisterPlugin(
        moduleStore.get(), catalog.get(), modules.get(), signaturePolicy(), auditLog.get(), clock);
  }

  private SignaturePolicy signaturePolicy() {
    try {
      return new SignaturePolicy(
          settings.list(Variable.AMPOULE_TRUSTED_KEYS).stream()
              .map(key -> ModuleKeys.publicKey(key.getBytes(StandardCharsets.US_ASCII)))
              .toList(),
          settings.isTrue(Variable.AMPOULE_REQUIRE_SIGNATURE));
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(Variable.AMPOULE_TRUSTED_KEYS + ": " + e.getMessage(), e);
    }
  }

  RequestUpload requestUpload() {
    return new RequestUpload(moduleStore.get(), catalog.get(), auditLog.get(), clock);
  }

  Lifecycle lifecycle() {
    return lifecycle.get();
  }

  CallTallies callTallies() {
    return tallies.get();
  }

  PluginCatalog catalog() {
    return catalog.get();
  }

  Gatekeeper gatekeeper() {
    return new Gatekeeper(gate, auditLog.get(), clock);
  }

  Pages pages() {
    return new Pages();
  }

  PageGate pageGate() {
    return new PageGate(tokens(), gate, auditLog.get(), clock, pages());
  }

  Bedside bedside() {
    return new Bedside(eventLog.get());
  }

  PolicyGate policyGate() {
    return gate;
  }

  /** Where browsers reach the WebSocket API. */
  URI liveUrl() {
    return settings.uri(Variable.AMPOULE_LIVE_URL);
  }

  Console console() {
    return new Console(
        catalog.get(),
        auditReview(),
        (name, version, era) -> {
          var tally = tallies.get().read(name, version, era);
          return new Standing.Counted(
              tally.calls(),
              tally.traps() + tally.errors() + tally.timeLimits(),
              tally.agreed(),
              tally.disagreed());
        },
        clock);
  }

  TokenVerifier tokens() {
    return TokenVerifier.ofJwks(
        settings.uri(Variable.AMPOULE_JWKS_URL),
        settings.text(Variable.AMPOULE_TOKEN_ISSUER),
        settings.text(Variable.AMPOULE_TOKEN_AUDIENCE));
  }

  Connections connections() {
    return connections.get();
  }

  Bindings bindings() {
    return bindings.get();
  }

  BindingCache bindingCache() {
    return bindingCache.get();
  }

  Push push() {
    return push.get();
  }

  Topics topics() {
    return new Topics(eventLog.get(), bindingCache.get(), clock);
  }

  Presence presence() {
    return new Presence(connections.get(), eventLog.get(), push.get(), clock);
  }

  /** Who is there, for those who may not send to them. */
  Presence presenceList() {
    return new Presence(connections.get(), eventLog.get(), Push.NOWHERE, clock);
  }

  HandOver handOver() {
    return new HandOver(
        connections.get(), eventLog.get(), views.get(), push.get(), presence(), clock);
  }

  FanOut fanOut() {
    return new FanOut(
        connections.get(),
        eventLog.get(),
        views.get(),
        push.get(),
        presence(),
        clock,
        PUSHES_AT_ONCE);
  }

  Derive derive() {
    return new Derive(eventLog.get(), bindingCache.get(), new StreamPlugins(invokePlugin()), clock);
  }

  PlatformFeed platformFeed() {
    return new PlatformFeed(eventLog.get(), clock);
  }

  TopicGate topicGate() {
    return new TopicGate(gate, auditLog.get(), clock);
  }

  AuditReview auditReview() {
    return new AuditReview(auditLogBlocks.get());
  }

  AuditLog auditLog() {
    return auditLog.get();
  }

  AuditVerification auditVerification() {
    return new AuditVerification(
        auditLogBlocks.get(),
        checkpoints.get(),
        List.of(CheckpointSigner.publicKey(settings.text(Variable.AMPOULE_CHECKPOINT_PUBLIC_KEY))));
  }

  AuditExport auditExport() {
    return new AuditExport(auditLogBlocks.get(), checkpoints.get());
  }

  Clock clock() {
    return clock;
  }

  DrainSpool drainSpool() {
    return new DrainSpool(auditSpool.get(), auditBlocks.get(), clock, DRAIN_MAX);
  }

  TakeCheckpoint takeCheckpoint() {
    return new TakeCheckpoint(
        auditBlocks.get(),
        checkpoints.get(),
        CheckpointSigner.of(
            settings.text(Variable.AMPOULE_CHECKPOINT_KEY),
            settings.text(Variable.AMPOULE_CHECKPOINT_PUBLIC_KEY)),
        clock);
  }

  Health health() {
    return health.get();
  }

  private Health newHealth() {
    var nothing = ContentDigest.of(new byte[0]);
    var dynamoDb = aws.get().dynamoDb(PROBE_MAX);
    var s3 = aws.get().s3(PROBE_MAX);
    var plugins =
        new DynamoDbPluginCatalog(dynamoDb, settings.text(Variable.AMPOULE_PLUGINS_TABLE));
    var audit =
        new DynamoDbAuditBlocks(dynamoDb, settings.text(Variable.AMPOULE_AUDIT_TABLE), clock);
    var objects =
        new S3ModuleStore(
            s3, aws.get().presigner(), settings.text(Variable.AMPOULE_MODULES_BUCKET));
    var spool = new S3AuditSpool(s3, settings.text(Variable.AMPOULE_SPOOL_BUCKET));
    return new Health(
        new Health.Probes(
            () -> plugins.plugins(Optional.empty(), 1),
            () -> objects.module(nothing),
            () -> audit.chains(Optional.empty(), 1),
            () ->
                spool.list(Optional.empty(), Optional.empty(), AuditSpool.PAGE_MAX).items().size()),
        catalogAgeMax(),
        clock);
  }

  private Duration catalogAgeMax() {
    return settings.seconds(
        Variable.AMPOULE_CATALOG_STALE_SECONDS, Duration.ofMinutes(15), Duration.ofDays(1));
  }

  private static Executor backgroundThreads() {
    var threads =
        new ThreadPoolExecutor(
            BACKGROUND_THREADS,
            BACKGROUND_THREADS,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(BACKGROUND_TASKS_MAX),
            Thread.ofPlatform().name("background-", 0).daemon().factory());
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  static AwsClients.Location location(Settings settings) {
    var endpoint = settings.optional(Variable.AWS_ENDPOINT_URL).map(URI::create);
    return new AwsClients.Location(
        settings.text(Variable.AWS_REGION),
        settings.optional(Variable.AWS_ENDPOINT_URL_DYNAMODB).map(URI::create).or(() -> endpoint),
        endpoint,
        settings
            .optional(Variable.AWS_ACCESS_KEY_ID)
            .map(id ->
                new AwsClients.Credentials(
                    id,
                    settings.text(Variable.AWS_SECRET_ACCESS_KEY),
                    settings.optional(Variable.AWS_SESSION_TOKEN))));
  }

  private static <T> Once<T> once(Supplier<T> make) {
    return new Once<>(make);
  }

  private static final class Once<T> implements Supplier<T> {
    private final Supplier<T> make;
    private @Nullable T made;

    Once(Supplier<T> make) {
      this.make = make;
    }

    @Override
    public synchronized T get() {
      if (made == null) {
        made = make.get();
      }
      return made;
    }

    synchronized void ifMade(Consumer<T> use) {
      if (made != null) {
        use.accept(made);
      }
    }
  }
}
