package dev.ampoule.local.template;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ampoule.local.template.StackPlan.AsynchronousCalls;
import dev.ampoule.local.template.StackPlan.Attribute;
import dev.ampoule.local.template.StackPlan.Authorizer;
import dev.ampoule.local.template.StackPlan.Bucket;
import dev.ampoule.local.template.StackPlan.Function;
import dev.ampoule.local.template.StackPlan.Index;
import dev.ampoule.local.template.StackPlan.Key;
import dev.ampoule.local.template.StackPlan.Notification;
import dev.ampoule.local.template.StackPlan.Queue;
import dev.ampoule.local.template.StackPlan.Route;
import dev.ampoule.local.template.StackPlan.Schedule;
import dev.ampoule.local.template.StackPlan.StreamMapping;
import dev.ampoule.local.template.StackPlan.Table;
import dev.ampoule.local.template.StackPlan.WebSocketApi;
import dev.ampoule.local.template.Template.Resource;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes a {@link StackPlan} of a {@link Template}; the limits are those of the services. */
public final class StackReader {
  private static final int ACCOUNT_CONCURRENCY = 1_000;
  private static final int DAY_SECONDS = 86_400;
  private static final Duration TIMEOUT_DEFAULT = Duration.ofSeconds(3);
  private static final Duration EVENT_AGE_DEFAULT = Duration.ofHours(6);
  private static final Duration RETENTION_DEFAULT = Duration.ofDays(4);
  private static final int RETRIES_DEFAULT = 2;
  private static final int BATCH_SIZE_DEFAULT = 100;
  private static final int BATCH_SIZE_MAX = 10_000;

  private static final Pattern RATE = Pattern.compile("rate\\((\\d{1,6}) (minute|hour|day)s?\\)");

  private static final Pattern STREAM_OF_TABLE =
      Pattern.compile("arn:[^:]+:dynamodb:[^:]*:[^:]*:table/([^/]+)/stream/.*");

  private final Template template;
  private final Surroundings surroundings;
  private final Intrinsics intrinsics;
  private final PhysicalNames names;
  private final List<String> notes = new ArrayList<>();

  private StackReader(Template template, Surroundings surroundings) {
    this.template = template;
    this.surroundings = surroundings;
    this.intrinsics = new Intrinsics(template, surroundings);
    this.names = new PhysicalNames(surroundings);
  }

  /**
   * Reads what one machine runs.
   *
   * @throws InvalidTemplateException where something cannot be resolved, is missing or beyond its
   *     limits
   */
  public static StackPlan plan(Template template, Surroundings surroundings) {
    return new StackReader(template, surroundings).plan();
  }

  private StackPlan plan() {
    noteUnknownKinds();
    for (Resource resource : template.resources().values()) {
      if (Kinds.of(resource.type()) == Kinds.RUN) {
        Intrinsics.check(resource.properties(), resource.place());
      }
    }
    Map<String, AsynchronousCalls> asynchronous = asynchronousCalls();
    List<Function> functions =
        each("AWS::Lambda::Function", (name, p) -> function(name, p, asynchronous));
    List<Routed> routed = routes();
    return checked(
        new StackPlan(
            functions,
            routed.stream()
                .filter(route -> !route.webSocket())
                .map(route ->
                    new Route(route.key(), route.function(), route.authorizer().isPresent()))
                .toList(),
            httpAuthorizer(routed),
            webSocketApi(routed),
            each("AWS::DynamoDB::Table", this::table),
            each("AWS::S3::Bucket", this::bucket),
            each("AWS::SQS::Queue", StackReader::queue),
            schedules(),
            each("AWS::Lambda::EventSourceMapping", this::streamMapping).stream()
                .flatMap(Optional::stream)
                .toList(),
            outputs(),
            notes));
  }

  /** One line for each kind, however many resources are of it. */
  private void noteUnknownKinds() {
    Set<String> unknown = new LinkedHashSet<>();
    template
        .resources()
        .values()
        .forEach(resource -> {
          if (Kinds.of(resource.type()) == Kinds.UNKNOWN) {
            unknown.add(resource.type());
          }
        });
    unknown.forEach(type -> notes.add(type + " is not run on one machine"));
  }

  private interface Reading<T> {
    /** {@code name} is the physical one. */
    T read(String name, Properties properties);
  }

  /** Every resource of the type, but those whose condition does not hold. */
  private <T> List<T> each(String type, Reading<T> reading) {
    List<T> read = new ArrayList<>();
    for (Resource resource : template.resources().values()) {
      if (resource.type().equals(type)
          && resource
              .condition()
              .map(c -> intrinsics.condition(c, resource.place()))
              .orElse(true)) {
        read.add(reading.read(name(resource), properties(resource)));
      }
    }
    return read;
  }

  private String name(Resource resource) {
    return names.name(resource, value -> intrinsics.resolve(value, resource.place()));
  }

  private Properties properties(Resource resource) {
    return new Properties(resource.properties(), resource.place(), intrinsics);
  }

  private Map<String, AsynchronousCalls> asynchronousCalls() {
    Map<String, AsynchronousCalls> byFunction = new LinkedHashMap<>();
    each(
        "AWS::Lambda::EventInvokeConfig",
        (_, p) -> {
          if (p.has("DestinationConfig")) {
            notes.add(p.place() + "/DestinationConfig: no destination of an asynchronous call");
          }
          return byFunction.put(
              FunctionArn.functionName(p.text("FunctionName")),
              new AsynchronousCalls(
                  p.number("MaximumRetryAttempts", 0, 2).orElse(RETRIES_DEFAULT),
                  p.seconds("MaximumEventAgeInSeconds", 60, 21_600).orElse(EVENT_AGE_DEFAULT),
                  Optional.empty()));
        });
    return byFunction;
  }

  private Function function(
      String name, Properties p, Map<String, AsynchronousCalls> asynchronous) {
    Map<String, String> environment = new LinkedHashMap<>();
    Properties variables = p.at("Environment").at("Variables");
    variables
        .names()
        .forEach(variable -> environment.put(variable, withLocalApis(variables.text(variable))));
    AsynchronousCalls configured =
        asynchronous.getOrDefault(
            name, new AsynchronousCalls(RETRIES_DEFAULT, EVENT_AGE_DEFAULT, Optional.empty()));
    return new Function(
        name,
        p.text("Handler").replaceFirst("::.*", ""),
        p.seconds("Timeout", 1, 900).orElse(TIMEOUT_DEFAULT),
        p.number("ReservedConcurrentExecutions", 1, ACCOUNT_CONCURRENCY)
            .orElse(ACCOUNT_CONCURRENCY),
        environment,
        new AsynchronousCalls(
            configured.retriesMax(),
            configured.ageMax(),
            p.at("DeadLetterConfig").optionalText("TargetArn").map(StackReader::lastPart)));
  }

  private record Routed(
      boolean webSocket,
      String apiId,
      String key,
      String function,
      Optional<Authorizer> authorizer) {}

  private List<Routed> routes() {
    return each(
            "AWS::ApiGatewayV2::Route",
            (_, p) -> {
              String apiId = p.text("ApiId");
              Resource integration =
                  resource(
                      p.text("Target").replaceFirst("^integrations/", ""),
                      "AWS::ApiGatewayV2::Integration",
                      p.place() + "/Target");
              Properties integrated = properties(integration);
              boolean webSocket =
                  PhysicalNames.isWebSocket(
                      resource(apiId, "AWS::ApiGatewayV2::Api", p.place() + "/ApiId"));
              if (!integrated.text("IntegrationType").equals("AWS_PROXY")) {
                notes.add(
                    "%s: integration %s is not run on one machine"
                        .formatted(p.place(), integrated.text("IntegrationType")));
                return Optional.<Routed>empty();
              }
              return Optional.of(
                  new Routed(
                      webSocket,
                      apiId,
                      p.text("RouteKey"),
                      FunctionArn.functionName(integrated.text("IntegrationUri")),
                      p.text("AuthorizationType", "NONE").equals("CUSTOM")
                          ? Optional.of(authorizer(p))
                          : Optional.empty()));
            })
        .stream()
        .flatMap(Optional::stream)
        .toList();
  }

  private Authorizer authorizer(Properties route) {
    Resource resource =
        resource(
            route.text("AuthorizerId"),
            "AWS::ApiGatewayV2::Authorizer",
            route.place() + "/AuthorizerId");
    Properties p = properties(resource);
    return new Authorizer(
        FunctionArn.functionName(p.text("AuthorizerUri")), p.texts("IdentitySource"));
  }

  /** The gateway asks one for all routes that have any. */
  private static Optional<Authorizer> httpAuthorizer(List<Routed> routed) {
    List<Authorizer> authorizers =
        routed.stream()
            .filter(route -> !route.webSocket())
            .flatMap(route -> route.authorizer().stream())
            .distinct()
            .toList();
    if (authorizers.size() > 1) {
      throw new InvalidTemplateException(
          "Resources",
          "one authorizer for all routes of the HTTP API expected, got " + authorizers.size());
    }
    return authorizers.stream().findFirst();
  }

  private Optional<WebSocketApi> webSocketApi(List<Routed> routed) {
    Map<String, String> functions = new LinkedHashMap<>();
    Optional<Authorizer> connect = Optional.empty();
    Set<String> apis = new LinkedHashSet<>();
    for (Routed route : routed) {
      if (route.webSocket()) {
        apis.add(route.apiId());
        functions.put(route.key(), route.function());
        connect = connect.or(route::authorizer);
      }
    }
    if (apis.size() > 1) {
      throw new InvalidTemplateException(
          "Resources", "one WebSocket API expected, got " + apis.size());
    }
    for (String api : apis) {
      String selection =
          properties(resource(api, "AWS::ApiGatewayV2::Api", "Resources"))
              .text("RouteSelectionExpression");
      return Optional.of(new WebSocketApi(selection, functions, connect));
    }
    return Optional.empty();
  }

  private Table table(String name, Properties p) {
    Properties ttl = p.at("TimeToLiveSpecification");
    return new Table(
        name,
        p.items("AttributeDefinitions").stream()
            .map(a -> new Attribute(a.text("AttributeName"), a.text("AttributeType")))
            .toList(),
        keys(p),
        p.items("GlobalSecondaryIndexes").stream()
            .map(index ->
                new Index(
                    index.text("IndexName"),
                    keys(index),
                    index.at("Projection").text("ProjectionType"),
                    index.at("Projection").texts("NonKeyAttributes")))
            .toList(),
        p.at("StreamSpecification").optionalText("StreamViewType"),
        ttl.flag("Enabled", false) ? Optional.of(ttl.text("AttributeName")) : Optional.empty());
  }

  private static List<Key> keys(Properties p) {
    return p.items("KeySchema").stream()
        .map(key -> new Key(key.text("AttributeName"), key.text("KeyType")))
        .toList();
  }

  private Bucket bucket(String name, Properties p) {
    List<Notification> notifications = new ArrayList<>();
    for (Properties n : p.at("NotificationConfiguration").items("LambdaConfigurations")) {
      String event = n.text("Event");
      if (!event.startsWith("s3:ObjectCreated:")) {
        notes.add(n.place() + ": " + event + " is not sent on one machine");
        continue;
      }
      notifications.add(
          new Notification(
              event,
              rule(n, "prefix"),
              rule(n, "suffix"),
              FunctionArn.functionName(n.text("Function"))));
    }
    return new Bucket(name, notifications);
  }

  private static String rule(Properties notification, String name) {
    return notification.at("Filter").at("S3Key").items("Rules").stream()
        .filter(rule -> rule.text("Name").equalsIgnoreCase(name))
        .findFirst()
        .map(rule -> rule.text("Value"))
        .orElse("");
  }

  private static Queue queue(String name, Properties p) {
    return new Queue(
        name, p.seconds("MessageRetentionPeriod", 60, 14 * DAY_SECONDS).orElse(RETENTION_DEFAULT));
  }

  private List<Schedule> schedules() {
    List<Schedule> schedules = new ArrayList<>();
    each(
        "AWS::Events::Rule",
        (name, p) -> {
          if (p.text("State", "ENABLED").equals("DISABLED")) {
            return List.of();
          }
          Optional<Duration> every = p.optionalText("ScheduleExpression").flatMap(this::rate);
          if (every.isEmpty()) {
            notes.add(
                p.place()
                    + ": one machine has schedules of the form rate(5 minutes), and no other");
            return List.of();
          }
          for (Properties target : p.items("Targets")) {
            if (target.text("Arn").contains(":lambda:")) {
              schedules.add(
                  new Schedule(
                      name,
                      every.get(),
                      FunctionArn.functionName(target.text("Arn")),
                      target.optionalText("Input")));
            } else {
              notes.add(target.place() + ": one machine calls functions, and no other target");
            }
          }
          return List.of();
        });
    return schedules;
  }

  private Optional<Duration> rate(String expression) {
    Matcher rate = RATE.matcher(expression);
    if (!rate.matches()) {
      return Optional.empty();
    }
    long count = Long.parseLong(rate.group(1));
    return Optional.of(
        switch (rate.group(2)) {
          case "minute" -> Duration.ofMinutes(count);
          case "hour" -> Duration.ofHours(count);
          default -> Duration.ofDays(count);
        });
  }

  private Optional<StreamMapping> streamMapping(String id, Properties p) {
    String source = p.text("EventSourceArn");
    Matcher stream = STREAM_OF_TABLE.matcher(source);
    if (!stream.matches() || !p.flag("Enabled", true)) {
      if (!stream.matches()) {
        notes.add(p.place() + ": one machine reads streams of tables, and no other source");
      }
      return Optional.empty();
    }
    OptionalInt retries = p.number("MaximumRetryAttempts", -1, 10_000);
    Optional<Duration> age = p.seconds("MaximumRecordAgeInSeconds", -1, 7 * DAY_SECONDS);
    return Optional.of(
        new StreamMapping(
            id,
            stream.group(1),
            FunctionArn.functionName(p.text("FunctionName")),
            p.number("BatchSize", 1, BATCH_SIZE_MAX).orElse(BATCH_SIZE_DEFAULT),
            p.seconds("MaximumBatchingWindowInSeconds", 0, 300).orElse(Duration.ZERO),
            p.at("FilterCriteria").items("Filters").stream()
                .map(filter ->
                    EventPattern.parse(filter.text("Pattern"), filter.place() + "/Pattern"))
                .toList(),
            p.texts("FunctionResponseTypes").contains("ReportBatchItemFailures"),
            p.flag("BisectBatchOnFunctionError", false),
            retries.orElse(-1) < 0 ? OptionalInt.empty() : retries,
            age.filter(duration -> !duration.isNegative()),
            p.number("ParallelizationFactor", 1, 10).orElse(1),
            p.at("DestinationConfig")
                .at("OnFailure")
                .optionalText("Destination")
                .map(StackReader::lastPart)));
  }

  private Map<String, String> outputs() {
    Map<String, String> outputs = new LinkedHashMap<>();
    template
        .outputs()
        .properties()
        .forEach(output -> {
          String place = "Outputs/" + output.getKey();
          JsonNode value = intrinsics.resolve(output.getValue().path("Value"), place + "/Value");
          outputs.put(output.getKey(), withLocalApis(value.asText()));
        });
    return outputs;
  }

  /** An address of API Gateway leads to the gateway of this machine. */
  private String withLocalApis(String text) {
    URI gateway = surroundings.gateway();
    String authority = gateway.getRawAuthority();
    String result = text;
    for (Resource resource : template.resources().values()) {
      if (resource.type().equals("AWS::ApiGatewayV2::Api")) {
        String host = names.apiHost(name(resource));
        result =
            result
                .replace("https://" + host, gateway.getScheme() + "://" + authority)
                .replace("wss://" + host, "ws://" + authority)
                .replace(host, authority);
      }
    }
    return result;
  }

  private Resource resource(String id, String type, String place) {
    Resource resource = template.resources().get(id);
    if (resource == null || !resource.type().equals(type)) {
      throw new InvalidTemplateException(place, "%s is no %s".formatted(id, type));
    }
    return resource;
  }

  private static String lastPart(String arn) {
    return arn.substring(arn.lastIndexOf(':') + 1);
  }

  /** What refers to functions, tables and queues by name finds them. */
  private static StackPlan checked(StackPlan plan) {
    List<String> functions = plan.functions().stream().map(Function::name).toList();
    List<String> queues = plan.queues().stream().map(Queue::name).toList();
    List<String> tables = plan.tables().stream().map(Table::name).toList();
    plan.routes().forEach(r -> known("function", r.function(), functions, "route " + r.key()));
    plan.authorizer().ifPresent(a -> known("function", a.function(), functions, "the authorizer"));
    plan.webSocketApi()
        .ifPresent(api -> {
          api.routes().forEach((key, f) -> known("function", f, functions, "route " + key));
          api.connectAuthorizer()
              .ifPresent(a -> known("function", a.function(), functions, "the authorizer"));
        });
    plan.buckets()
        .forEach(bucket ->
            bucket
                .notifications()
                .forEach(
                    n -> known("function", n.function(), functions, "bucket " + bucket.name())));
    plan.schedules().forEach(s -> known("function", s.function(), functions, "rule " + s.rule()));
    plan.streamMappings()
        .forEach(mapping -> {
          known("function", mapping.function(), functions, mapping.id());
          known("table", mapping.table(), tables, mapping.id());
          mapping.onFailureQueue().ifPresent(q -> known("queue", q, queues, mapping.id()));
        });
    plan.functions()
        .forEach(function ->
            function
                .asynchronousCalls()
                .deadLetterQueue()
                .ifPresent(q -> known("queue", q, queues, "function " + function.name())));
    return plan;
  }

  private static void known(String what, String name, List<String> names, String place) {
    if (!names.contains(name)) {
      throw new InvalidTemplateException(place, "the template has no %s %s".formatted(what, name));
    }
  }
}
