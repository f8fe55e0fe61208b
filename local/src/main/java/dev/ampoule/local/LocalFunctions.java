package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.ScheduledEvent;
import dev.ampoule.entry.AuditHandler;
import dev.ampoule.entry.AuthorizerHandler;
import dev.ampoule.entry.CheckpointHandler;
import dev.ampoule.entry.Deployment;
import dev.ampoule.entry.HealthHandler;
import dev.ampoule.entry.InvokeHandler;
import dev.ampoule.entry.PluginsHandler;
import dev.ampoule.entry.RegisterHandler;
import dev.ampoule.entry.Settings;
import dev.ampoule.entry.Wiring;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ampoule's own functions, wired for one machine: what the template says, in code. Functions share
 * one process here, so they share one {@link Wiring}: one audit chain, one cache of modules.
 */
final class LocalFunctions implements Application {
  private static final Logger LOG = LoggerFactory.getLogger(LocalFunctions.class);
  private static final String MODULES_BUCKET = "ampoule-modules";
  private static final Duration CHECKPOINT_EVERY = Duration.ofMinutes(1);

  private final Deployment deployment;
  private final LambdaFunction<APIGatewayV2HTTPEvent, ?> invoke;
  private final LambdaFunction<APIGatewayV2HTTPEvent, ?> plugins;
  private final LambdaFunction<APIGatewayV2HTTPEvent, ?> audit;
  private final LambdaFunction<APIGatewayV2HTTPEvent, ?> health;
  private final Authorizer authorizer;
  private final S3Trigger register;
  private final FunctionRunner<ScheduledEvent, ?> checkpoint;
  private final ScheduledExecutorService schedule =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("schedule").daemon().factory());

  private volatile boolean resourcesExist;

  LocalFunctions(LocalEnvironment environment) {
    var settings = new Settings(variables(environment));
    var wiring = new Wiring(settings);
    deployment = new Deployment(settings);
    invoke = function("invoke", new InvokeHandler(wiring), Duration.ofSeconds(30), 256);
    plugins = function("plugins", new PluginsHandler(wiring), Duration.ofSeconds(10), 32);
    audit = function("audit", new AuditHandler(wiring), Duration.ofSeconds(30), 8);
    health = function("health", new HealthHandler(wiring), Duration.ofSeconds(10), 8);
    // No identity header: a request without a token reaches the functions too, which refuse it with
    // a problem and an audit entry.
    authorizer =
        new Authorizer(
            function("authorizer", new AuthorizerHandler(wiring), Duration.ofSeconds(10), 256),
            List.of());
    register =
        new S3Trigger(
            MODULES_BUCKET,
            "plugins/",
            ".wasm",
            // Compiling takes up to a minute, and two modules may wait for the same child.
            function("register", new RegisterHandler(wiring), Duration.ofMinutes(3), 4));
    checkpoint =
        new FunctionRunner<>(
            function("checkpoint", new CheckpointHandler(wiring), Duration.ofMinutes(1), 1));
  }

  private static <I, O> LambdaFunction<I, O> function(
      String name, RequestHandler<I, O> handler, Duration timeout, int concurrency) {
    return new LambdaFunction<>(name, handler, timeout, concurrency);
  }

  @Override
  public void createResources() {
    deployment.createResources();
    resourcesExist = true;
    var _ =
        schedule.scheduleWithFixedDelay(
            this::takeCheckpoint,
            CHECKPOINT_EVERY.toSeconds(),
            CHECKPOINT_EVERY.toSeconds(),
            TimeUnit.SECONDS);
  }

  private void takeCheckpoint() {
    try {
      if (checkpoint.invokeQueued(new ScheduledEvent(), UUID.randomUUID().toString())
          instanceof Invocation.Failed<?>(String errorType)) {
        LOG.error("checkpoint failed: {}", errorType);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String pluginBucket() {
    return MODULES_BUCKET;
  }

  @Override
  public List<Route> routes() {
    return List.of(
        route("POST /v1/plugins/{name}/invoke", invoke),
        route("POST /v1/plugins/{name}/versions/{version}/invoke", invoke),
        route("GET /v1/plugins", plugins),
        route("GET /v1/plugins/{name}", plugins),
        route("GET /v1/plugins/{name}/versions", plugins),
        route("GET /v1/plugins/{name}/versions/{version}", plugins),
        route("POST /v1/plugins/{name}/uploads", plugins),
        route("POST /v1/plugins/{name}/versions/{version}/activate", plugins),
        route("GET /v1/audit", audit),
        route("GET /v1/audit/{id}", audit),
        route("GET /v1/audit/verification", audit),
        route("GET /v1/audit/export", audit),
        new Route(new RouteKey("GET /health"), health, false),
        new Route(new RouteKey("GET /openapi.json"), health, false));
  }

  private static Route route(String key, LambdaFunction<APIGatewayV2HTTPEvent, ?> function) {
    return new Route(new RouteKey(key), function, true);
  }

  @Override
  public Optional<Authorizer> authorizer() {
    return Optional.of(authorizer);
  }

  @Override
  public List<S3Trigger> s3Triggers() {
    return List.of(register);
  }

  @Override
  public Registration registration(String pluginName, String version) {
    return switch (deployment.progress(pluginName, version)) {
      case Deployment.Progress.NotRegistered() -> new Registration.Pending();
      case Deployment.Progress.Live() -> new Registration.Live();
      case Deployment.Progress.NotLive(String state, String why) ->
          new Registration.NotLive(why.isEmpty() ? state : state + ", " + why);
    };
  }

  @Override
  public List<String> tokenRoles() {
    return List.of("admin");
  }

  @Override
  public String example(URI url, Path root, String token) {
    return "curl -sS -H 'Authorization: Bearer "
        + token
        + "' --data-binary "
        + quoted("@" + root.resolve("plugins/hl7v2-to-fhir/testdata/input/adt-a01-full.hl7"))
        + " "
        + url.resolve("/v1/plugins/hl7v2-to-fhir/invoke");
  }

  /** One word of a POSIX shell, whatever is in it. */
  static String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }

  @Override
  public void close() {
    schedule.shutdownNow();
    if (resourcesExist) {
      // What was written since the last one is pinned down before the store goes.
      takeCheckpoint();
    }
    checkpoint.close();
  }

  /** What the functions are told; the keys are made once and kept with the data. */
  private static Map<String, String> variables(LocalEnvironment environment) {
    var variables = new HashMap<>(environment.awsVariables());
    variables.put("AMPOULE_PLUGINS_TABLE", "Plugins");
    variables.put("AMPOULE_AUDIT_TABLE", "Audit");
    variables.put("AMPOULE_MODULES_BUCKET", MODULES_BUCKET);
    variables.put("AMPOULE_AUDIT_BUCKET", "ampoule-audit");
    variables.put("AMPOULE_JWKS_URL", environment.jwksUrl().toString());
    variables.put("AMPOULE_TOKEN_ISSUER", LocalIssuer.ISSUER);
    variables.put("AMPOULE_TOKEN_AUDIENCE", LocalIssuer.AUDIENCE);
    variables.put("AMPOULE_HTTP_ALSO_REACHABLE", String.join(",", environment.httpAlsoReachable()));
    variables.putAll(keys(environment.secrets()));
    return variables;
  }

  private static Map<String, String> keys(Path secrets) {
    try {
      var artifact =
          SecretFile.readOrCreate(
              secrets.resolve("artifact.key"),
              () -> {
                var key = new byte[32];
                new SecureRandom().nextBytes(key);
                return Base64.getEncoder().encodeToString(key);
              });
      // Both halves in one file, so that they belong together whoever was first to write it.
      var checkpoints =
          SecretFile.readOrCreate(secrets.resolve("checkpoint.key"), LocalFunctions::newKeyPair)
              .lines()
              .toList();
      SecretFile.readOrCreate(secrets.resolve("checkpoint.pub"), checkpoints::getLast);
      return Map.of(
          "AMPOULE_ARTIFACT_KEY", artifact,
          "AMPOULE_CHECKPOINT_KEY", checkpoints.getFirst(),
          "AMPOULE_CHECKPOINT_PUBLIC_KEY", checkpoints.getLast());
    } catch (IOException e) {
      throw new UncheckedIOException("the keys of the local stack", e);
    }
  }

  private static String newKeyPair() {
    try {
      var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      var base64 = Base64.getEncoder();
      return base64.encodeToString(pair.getPrivate().getEncoded())
          + "\n"
          + base64.encodeToString(pair.getPublic().getEncoded());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has Ed25519", e);
    }
  }
}
