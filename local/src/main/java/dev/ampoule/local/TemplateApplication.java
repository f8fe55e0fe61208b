package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.events.APIGatewayCustomAuthorizerEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2CustomAuthorizerEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketEvent;
import com.amazonaws.services.lambda.runtime.events.S3Event;
import dev.ampoule.entry.Deployment;
import dev.ampoule.entry.Settings;
import dev.ampoule.entry.Wiring;
import dev.ampoule.local.template.InvalidTemplateException;
import dev.ampoule.local.template.StackPlan;
import dev.ampoule.local.template.StackReader;
import dev.ampoule.local.template.Surroundings;
import dev.ampoule.local.template.Template;
import java.io.IOException;
import java.net.URI;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;

/**
 * A template, run on one machine. Functions share one process here, so they share one {@link
 * Wiring}: one audit chain, one cache of modules (RATIONALE: "Why do functions share their
 * environment on one machine?").
 */
final class TemplateApplication implements Application {
  private static final String STACK_NAME = "ampoule";
  private static final String BUCKET_OUTPUT = "ModulesBucket";
  private static final String HEADER_SOURCE = "$request.header.";
  private static final Logger LOG = LoggerFactory.getLogger(TemplateApplication.class);

  private final StackPlan plan;
  private final LocalEnvironment environment;
  private final Deployment deployment;
  private final Map<String, HandlerClass> functions;
  private final Queues queues = new Queues(Clock.systemUTC());
  private final List<StreamPoller> pollers = new ArrayList<>();
  private final Schedules schedules;
  private final DynamoDbStreamsClient streams;

  private TemplateApplication(StackPlan plan, LocalEnvironment environment) {
    this.plan = plan;
    this.environment = environment;
    plan.notes().forEach(note -> LOG.warn("ignored in the template: {}", note));
    plan.queues().forEach(queue -> queues.create(queue.name(), queue.retention()));
    var settings = new Settings(variables(plan, environment));
    var wiring = new Wiring(settings);
    this.deployment = new Deployment(settings);
    this.functions =
        plan.functions().stream()
            .collect(
                Collectors.toMap(
                    StackPlan.Function::name, function -> HandlerClass.make(function, wiring)));
    this.schedules =
        new Schedules(plan.schedules().stream().map(this::schedule).toList(), Clock.systemUTC());
    this.streams = LocalResources.streams(environment.dynamoDbEndpoint());
  }

  /**
   * Wires what {@code template} says.
   *
   * @throws InvalidTemplateException from the factory, where one machine cannot read or run it
   */
  static Application.Factory of(Path template) {
    return environment -> {
      try {
        return new TemplateApplication(plan(template, environment), environment);
      } catch (NoSuchFileException e) {
        throw new InvalidTemplateException("template " + template, "there is no such file");
      } catch (IOException e) {
        throw new InvalidTemplateException(
            "template " + template, "not readable: " + e.getMessage());
      } catch (InvalidTemplateException e) {
        throw new InvalidTemplateException("template " + template, String.valueOf(e.getMessage()));
      }
    };
  }

  static StackPlan plan(Path template, LocalEnvironment environment) throws IOException {
    return StackReader.plan(Template.read(template), surroundings(environment));
  }

  /** What whoever deploys the template would fill in. */
  private static Surroundings surroundings(LocalEnvironment environment) {
    var secrets = new LocalSecrets(environment.secrets());
    return new Surroundings(
        AwsEdge.REGION,
        HttpApi.ACCOUNT_ID,
        STACK_NAME,
        Map.of(
            "JwksUrl", environment.jwksUrl().toString(),
            "TokenIssuer", LocalIssuer.ISSUER,
            "TokenAudience", LocalIssuer.AUDIENCE,
            "CheckpointPublicKey", secrets.checkpointPublicKey(),
            "HttpAlsoReachable", String.join(",", environment.httpAlsoReachable()),
            "TrustedKeys", String.join(",", environment.signatures().trustedKeys()),
            "RequireSignature", Boolean.toString(environment.signatures().required())),
        secrets,
        environment.awsEndpoint(),
        environment.gatewayUrl());
  }

  /**
   * Those of all functions together.
   *
   * @throws InvalidTemplateException where two functions have different values for one
   */
  static Map<String, String> variables(StackPlan plan, LocalEnvironment environment) {
    Map<String, String> variables = new HashMap<>(environment.awsVariables());
    Map<String, String> firstFunction = new HashMap<>();
    for (StackPlan.Function function : plan.functions()) {
      function
          .environment()
          .forEach((name, value) -> {
            String before = variables.put(name, value);
            if (before != null && !before.equals(value)) {
              throw new InvalidTemplateException(
                  "function " + function.name(),
                  "its %s is not that of %s; on one machine the functions share one process, and"
                          .formatted(name, firstFunction.getOrDefault(name, "the machine"))
                      + " each variable has one value");
            }
            firstFunction.putIfAbsent(name, function.name());
          });
    }
    return variables;
  }

  @Override
  public void createResources() {
    LocalResources.create(plan, environment);
  }

  @Override
  public void start() {
    if (!plan.streamMappings().isEmpty()) {
      try (var dynamoDb = LocalResources.dynamoDb(environment.dynamoDbEndpoint())) {
        for (StackPlan.StreamMapping mapping : plan.streamMappings()) {
          String arn =
              dynamoDb.describeTable(b -> b.tableName(mapping.table())).table().latestStreamArn();
          if (arn == null) {
            throw new InvalidTemplateException(
                mapping.id(), "table " + mapping.table() + " has no stream");
          }
          var poller = poller(mapping, arn);
          pollers.add(poller);
          poller.start();
        }
      }
    }
    schedules.start();
  }

  private StreamPoller poller(StackPlan.StreamMapping mapping, String streamArn) {
    return new StreamPoller(
        streams,
        streamArn,
        new StreamPoller.Batching(
            mapping.batchSize(), mapping.window(), mapping.filters(), mapping.parallelization()),
        new StreamDelivery(
            new FunctionRunner<>(function(mapping.function()).takingJson()),
            new StreamDelivery.Policy(
                mapping.reportsItemFailures(),
                mapping.bisects(),
                mapping.retriesMax(),
                mapping.ageMax(),
                mapping.onFailureQueue().map(this::queue))));
  }

  private Schedules.Schedule schedule(StackPlan.Schedule schedule) {
    HandlerClass function = function(schedule.function());
    return new Schedules.Schedule(
        schedule.rule(),
        schedule.every(),
        schedule.input(),
        new AsyncInvoker<String>(
            new FunctionRunner<>(function.takingJson()),
            policy(function),
            AsyncInvoker.RETRY_DELAYS,
            Function.identity(),
            Clock.systemUTC()));
  }

  private HandlerClass function(String name) {
    HandlerClass function = functions.get(name);
    if (function == null) {
      throw new IllegalStateException("the plan names a function it does not have: " + name);
    }
    return function;
  }

  private Queues.Queue queue(String name) {
    return queues.named(name).orElseThrow();
  }

  private AsyncPolicy policy(HandlerClass function) {
    StackPlan.AsynchronousCalls calls = function.function().asynchronousCalls();
    return new AsyncPolicy(
        calls.retriesMax(), calls.ageMax(), calls.deadLetterQueue().map(this::queue));
  }

  @Override
  public String pluginBucket() {
    String bucket = plan.outputs().get(BUCKET_OUTPUT);
    if (bucket == null) {
      throw new InvalidTemplateException("Outputs/" + BUCKET_OUTPUT, "is missing");
    }
    return bucket;
  }

  @Override
  public List<Route> routes() {
    // Routes of one function are routes to the same one.
    Map<String, LambdaFunction<APIGatewayV2HTTPEvent, ?>> called = new HashMap<>();
    return plan.routes().stream()
        .map(route ->
            new Route(
                new RouteKey(route.key()),
                called.computeIfAbsent(
                    route.function(),
                    name ->
                        function(name).taking(APIGatewayV2HTTPEvent.class, "route " + route.key())),
                route.authorized()))
        .toList();
  }

  @Override
  public Optional<Authorizer> authorizer() {
    return plan.authorizer()
        .map(a ->
            new Authorizer(
                function(a.function())
                    .taking(APIGatewayV2CustomAuthorizerEvent.class, "the authorizer"),
                a.identitySources().stream().map(TemplateApplication::header).toList()));
  }

  @Override
  public Optional<WebSocketRoutes> webSocketRoutes() {
    return plan.webSocketApi().map(this::webSocketRoutes);
  }

  private WebSocketRoutes webSocketRoutes(StackPlan.WebSocketApi api) {
    // Routes of one function are routes to the same one.
    Map<String, LambdaFunction<APIGatewayV2WebSocketEvent, ?>> called = new HashMap<>();
    Map<String, LambdaFunction<APIGatewayV2WebSocketEvent, ?>> routes = new HashMap<>();
    api.routes()
        .forEach((key, function) ->
            routes.put(
                key,
                called.computeIfAbsent(
                    function,
                    name ->
                        function(name).taking(APIGatewayV2WebSocketEvent.class, "route " + key))));
    return new WebSocketRoutes(
        api.stage(),
        api.routeSelection(),
        routes,
        api.connectAuthorizer()
            .map(a ->
                new WebSocketAuthorizer(
                    function(a.function())
                        .taking(
                            APIGatewayCustomAuthorizerEvent.class, "the authorizer of $connect"),
                    a.identitySources())),
        api.withRouteResponse());
  }

  private static String header(String identitySource) {
    if (!identitySource.startsWith(HEADER_SOURCE)) {
      throw new InvalidTemplateException(
          "the authorizer",
          "identity source %s; one machine looks at headers, %sNAME"
              .formatted(identitySource, HEADER_SOURCE));
    }
    return identitySource.substring(HEADER_SOURCE.length());
  }

  @Override
  public List<S3Trigger> s3Triggers() {
    List<S3Trigger> triggers = new ArrayList<>();
    for (StackPlan.Bucket bucket : plan.buckets()) {
      for (StackPlan.Notification n : bucket.notifications()) {
        HandlerClass function = function(n.function());
        triggers.add(
            new S3Trigger(
                bucket.name(),
                n.event(),
                n.prefix(),
                n.suffix(),
                function.taking(S3Event.class, "bucket " + bucket.name()),
                policy(function)));
      }
    }
    return triggers;
  }

  @Override
  public Queues queues() {
    return queues;
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

  /** What was written since the last checkpoint is pinned down before the store goes. */
  @Override
  public void close() {
    pollers.forEach(StreamPoller::close);
    streams.close();
    schedules.close();
  }
}
