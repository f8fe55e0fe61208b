package dev.ampoule.infra;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awscdk.Aws;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.aws_apigatewayv2_authorizers.WebSocketLambdaAuthorizer;
import software.amazon.awscdk.aws_apigatewayv2_integrations.WebSocketLambdaIntegration;
import software.amazon.awscdk.services.apigatewayv2.CfnStage;
import software.amazon.awscdk.services.apigatewayv2.ThrottleSettings;
import software.amazon.awscdk.services.apigatewayv2.WebSocketApi;
import software.amazon.awscdk.services.apigatewayv2.WebSocketRouteOptions;
import software.amazon.awscdk.services.apigatewayv2.WebSocketStage;
import software.amazon.awscdk.services.events.Rule;
import software.amazon.awscdk.services.events.Schedule;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.lambda.EventSourceMapping;
import software.amazon.awscdk.services.lambda.FilterCriteria;
import software.amazon.awscdk.services.lambda.FilterRule;
import software.amazon.awscdk.services.lambda.StartingPosition;
import software.amazon.awscdk.services.lambda.eventsources.SqsDlq;
import software.amazon.awscdk.services.logs.LogGroup;
import software.amazon.awscdk.services.logs.RetentionDays;
import software.constructs.Construct;

/**
 * The WebSocket API, and the way of an event from the table {@code Events} through its stream to
 * whoever listens and through the plugins that topics are bound to.
 */
final class Realtime extends Construct {
  /** The only stage: part of the URL that clients connect to. */
  static final String STAGE = "live";

  private static final String ACCESS_LOG =
      """
      {"requestId":"$context.requestId","time":"$context.requestTime",\
      "sourceIp":"$context.identity.sourceIp","eventType":"$context.eventType",\
      "routeKey":"$context.routeKey","status":"$context.status",\
      "connectionId":"$context.connectionId",\
      "integrationLatencyMs":"$context.integrationLatency",\
      "integrationError":"$context.integration.error"}\
      """;

  /** A batch for longer than this would make an event too late to be of use. */
  private static final Duration EVENTS_RETRIED = Duration.minutes(10);

  private final WebSocketApi api;
  private final LambdaFunction authorizer;
  private final LambdaFunction socket;
  private final LambdaFunction socketInvoke;
  private final LambdaFunction topics;
  private final LambdaFunction fanOut;
  private final LambdaFunction derive;
  private final LambdaFunction sweep;

  Realtime(Construct scope, Platform platform, Storage storage, Parameters parameters) {
    super(scope, "Realtime");
    api =
        WebSocketApi.Builder.create(this, "Api")
            .description("Ampoule " + platform.stage().name() + ", live")
            .routeSelectionExpression("$request.body.action")
            .build();
    authorizer = authorizerFunction(platform, parameters);
    socket = socketFunction(platform, storage);
    socketInvoke = socketInvokeFunction(platform, storage, parameters);
    topics = topicsFunction(platform, storage);
    fanOut = fanOutFunction(platform, storage);
    derive = deriveFunction(platform, storage, parameters);
    sweep = sweepFunction(platform, storage);
    routes();
    stage(platform);
    // One head of a topic after the other, other topics and other shards beside them.
    follow("FanOutStream", fanOut, storage, List.of(kind("HEAD"), kind("RELAY")), 100, 10);
    follow("DeriveStream", derive, storage, List.of(derived()), 10, 10);
    var everyMinute =
        Rule.Builder.create(this, "EveryMinute")
            .schedule(Schedule.rate(Duration.minutes(1)))
            .build();
    everyMinute.addTarget(
        software.amazon.awscdk.services.events.targets.LambdaFunction.Builder.create(sweep.alias())
            .deadLetterQueue(sweep.deadLetters().orElseThrow())
            .retryAttempts(0)
            .build());
  }

  private LambdaFunction authorizerFunction(Platform platform, Parameters parameters) {
    return new LambdaFunction(
        this,
        platform,
        new LambdaFunction.Spec(
            "WebSocketAuthorizer",
            // One signature check for each connection.
            1024,
            Duration.seconds(10),
            platform.stage().socketConcurrency(),
            Map.of(
                "AMPOULE_JWKS_URL", parameters.jwksUrl(),
                "AMPOULE_TOKEN_ISSUER", parameters.tokenIssuer(),
                "AMPOULE_TOKEN_AUDIENCE", parameters.tokenAudience()),
            List.of(),
            Optional.empty()));
  }

  private LambdaFunction socketFunction(Platform platform, Storage storage) {
    return new LambdaFunction(
        this,
        platform,
        new LambdaFunction.Spec(
            "WebSocket",
            // A few reads and writes; a replay pushes one frame after the other.
            1024,
            // API Gateway's own limit.
            Duration.seconds(29),
            platform.stage().socketConcurrency() * 2,
            Map.of(
                "AMPOULE_AUDIT_TABLE", storage.auditTable(),
                "AMPOULE_SPOOL_BUCKET", storage.spoolBucket(),
                "AMPOULE_CONNECTIONS_TABLE", storage.connectionsTable(),
                "AMPOULE_EVENTS_TABLE", storage.eventsTable(),
                "AMPOULE_CONNECTIONS_URL", connectionsUrl()),
            List.of(
                storage.onConnections(
                    "dynamodb:GetItem",
                    "dynamodb:Query",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem",
                    "dynamodb:ConditionCheckItem"),
                storage.onEvents(
                    "dynamodb:GetItem",
                    "dynamodb:Query",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:ConditionCheckItem"),
                storage.appendsAudit(),
                storage.spoolsAudit(),
                storage.listsSpool(),
                pushes("POST", "DELETE"),
                storage.usesContentKey(),
                storage.usesAuditKey()),
            Optional.empty()));
  }

  private LambdaFunction socketInvokeFunction(
      Platform platform, Storage storage, Parameters parameters) {
    return new LambdaFunction(
        this,
        platform,
        new LambdaFunction.Spec(
            "WebSocketInvoke",
            // As Invoke.
            2048,
            Duration.seconds(29),
            platform.stage().socketConcurrency(),
            Invocation.environment(platform, storage, parameters),
            Invocation.permissions(storage),
            Optional.empty()));
  }

  private LambdaFunction topicsFunction(Platform platform, Storage storage) {
    return new LambdaFunction(
        this,
        platform,
        new LambdaFunction.Spec(
            "Topics",
            // A transaction and an audit entry.
            1024,
            Duration.seconds(10),
            platform.stage().socketConcurrency(),
            Map.of(
                "AMPOULE_AUDIT_TABLE", storage.auditTable(),
                "AMPOULE_SPOOL_BUCKET", storage.spoolBucket(),
                "AMPOULE_CONNECTIONS_TABLE", storage.connectionsTable(),
                "AMPOULE_EVENTS_TABLE", storage.eventsTable()),
            List.of(
                // Bindings, and who is on a topic.
                storage.onConnections(
                    "dynamodb:GetItem",
                    "dynamodb:Query",
                    "dynamodb:PutItem",
                    "dynamodb:DeleteItem"),
                storage.onEvents(
                    "dynamodb:GetItem",
                    "dynamodb:Query",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem"),
                storage.appendsAudit(),
                storage.spoolsAudit(),
                storage.listsSpool(),
                storage.usesContentKey(),
                storage.usesAuditKey()),
            Optional.empty()));
  }

  private LambdaFunction fanOutFunction(Platform platform, Storage storage) {
    return new LambdaFunction(
        this,
        platform,
        new LambdaFunction.Spec(
            "FanOut",
            // 64 pushes at once, each with a signature: a CPU.
            1769,
            // A thousand subscribers and a hundred events, at 64 pushes of some milliseconds.
            Duration.minutes(2),
            platform.stage().fanOutConcurrency(),
            Map.of(
                "AMPOULE_CONNECTIONS_TABLE", storage.connectionsTable(),
                "AMPOULE_EVENTS_TABLE", storage.eventsTable(),
                "AMPOULE_CONNECTIONS_URL", connectionsUrl()),
            List.of(
                storage.onConnections(
                    "dynamodb:GetItem",
                    "dynamodb:Query",
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem"),
                // Relays, and leave events of connections that are gone.
                storage.onEvents(
                    "dynamodb:GetItem",
                    "dynamodb:Query",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem"),
                storage.readsEventStream(),
                pushes("POST", "DELETE"),
                storage.usesContentKey()),
            // Never called asynchronously: the queue takes what its stream gives up.
            Optional.of(0)));
  }

  private LambdaFunction deriveFunction(Platform platform, Storage storage, Parameters parameters) {
    return new LambdaFunction(
        this,
        platform,
        new LambdaFunction.Spec(
            "Derive",
            // As Invoke.
            2048,
            // Ten events, each within a plugin's limit.
            Duration.minutes(5),
            platform.stage().deriveConcurrency(),
            Invocation.environment(
                platform,
                storage,
                parameters,
                Map.of("AMPOULE_CONNECTIONS_TABLE", storage.connectionsTable())),
            Invocation.permissions(
                storage,
                // Bindings.
                storage.onConnections("dynamodb:Query"),
                storage.readsEventStream()),
            Optional.of(0)));
  }

  private LambdaFunction sweepFunction(Platform platform, Storage storage) {
    return new LambdaFunction(
        this,
        platform,
        new LambdaFunction.Spec(
            "Sweep",
            512,
            Duration.minutes(1),
            // Two at a time would do the same twice.
            1,
            Map.of(
                "AMPOULE_CONNECTIONS_TABLE", storage.connectionsTable(),
                "AMPOULE_EVENTS_TABLE", storage.eventsTable(),
                "AMPOULE_CONNECTIONS_URL", connectionsUrl()),
            List.of(
                storage.onConnections(
                    "dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:DeleteItem"),
                storage.readsSilent("dynamodb:Query"),
                // Leave events.
                storage.onEvents(
                    "dynamodb:GetItem",
                    "dynamodb:Query",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem"),
                pushes("GET"),
                storage.usesContentKey()),
            // The next one, a minute later, does what this one would have.
            Optional.of(0)));
  }

  private void routes() {
    var handled = new WebSocketLambdaIntegration("WebSocket", socket.alias());
    api.addRoute(
        "$connect",
        WebSocketRouteOptions.builder()
            .integration(new WebSocketLambdaIntegration("Connect", socket.alias()))
            .authorizer(
                WebSocketLambdaAuthorizer.Builder.create("Authorizer", authorizer.alias())
                    // None: who has no token reaches the function too, which refuses and audits.
                    .identitySource(List.of())
                    .build())
            .build());
    for (String route : List.of("$disconnect", "subscribe")) {
      api.addRoute(
          route,
          WebSocketRouteOptions.builder()
              .integration(
                  new WebSocketLambdaIntegration(
                      route.equals("subscribe") ? "Subscribe" : "Disconnect", socket.alias()))
              .build());
    }
    for (String route : List.of("unsubscribe", "publish", "ping", "$default")) {
      api.addRoute(
          route, WebSocketRouteOptions.builder().integration(handled).returnResponse(true).build());
    }
    api.addRoute(
        "invoke",
        WebSocketRouteOptions.builder()
            .integration(new WebSocketLambdaIntegration("Invoke", socketInvoke.alias()))
            .returnResponse(true)
            .build());
  }

  private void stage(Platform platform) {
    var log =
        LogGroup.Builder.create(this, "AccessLog")
            .retention(RetentionDays.ONE_YEAR)
            .encryptionKey(platform.keys().logs())
            .removalPolicy(platform.stage().removal())
            .build();
    var stage =
        WebSocketStage.Builder.create(this, "Stage")
            .webSocketApi(api)
            .stageName(STAGE)
            .autoDeploy(true)
            .detailedMetricsEnabled(true)
            .throttle(
                ThrottleSettings.builder()
                    .rateLimit(platform.stage().requestsPerSecond())
                    .burstLimit(platform.stage().requestsAtOnce())
                    .build())
            .build();
    if (!(stage.getNode().getDefaultChild() instanceof CfnStage resource)) {
      throw new IllegalStateException("a stage without its resource");
    }
    resource.setAccessLogSettings(
        CfnStage.AccessLogSettingsProperty.builder()
            .destinationArn(log.getLogGroupArn())
            .format(ACCESS_LOG)
            .build());
  }

  private void follow(
      String id,
      LambdaFunction function,
      Storage storage,
      List<Map<String, Object>> filters,
      int batchSize,
      int atOnce) {
    EventSourceMapping.Builder.create(this, id)
        .target(function.alias())
        .eventSourceArn(storage.eventStreamArn())
        .startingPosition(StartingPosition.TRIM_HORIZON)
        .filters(filters)
        .batchSize(batchSize)
        .parallelizationFactor(atOnce)
        .bisectBatchOnError(true)
        .reportBatchItemFailures(true)
        .retryAttempts(20)
        .maxRecordAge(EVENTS_RETRIED)
        .onFailure(new SqsDlq(function.deadLetters().orElseThrow()))
        .build();
  }

  private static Map<String, Object> kind(String kind) {
    return FilterCriteria.filter(
        Map.of(
            "dynamodb", Map.of("NewImage", Map.of("kind", Map.of("S", FilterRule.isEqual(kind))))));
  }

  private static Map<String, Object> derived() {
    return FilterCriteria.filter(
        Map.of("dynamodb", Map.of("NewImage", Map.of("derive", Map.of("BOOL", List.of(true))))));
  }

  private PolicyStatement pushes(String... methods) {
    return PolicyStatement.Builder.create()
        .actions(List.of("execute-api:ManageConnections"))
        .resources(
            List.of(methods).stream()
                .map(method ->
                    String.join(
                            ":",
                            "arn",
                            Aws.PARTITION,
                            "execute-api",
                            Aws.REGION,
                            Aws.ACCOUNT_ID,
                            api.getApiId())
                        + "/"
                        + STAGE
                        + "/"
                        + method
                        + "/@connections/*")
                .toList())
        .build();
  }

  private String connectionsUrl() {
    return "https://" + host() + "/" + STAGE;
  }

  private String host() {
    return api.getApiId() + ".execute-api." + Aws.REGION + "." + Aws.URL_SUFFIX;
  }

  /** Where clients connect. */
  String url() {
    return "wss://" + host() + "/" + STAGE;
  }

  LambdaFunction topics() {
    return topics;
  }

  LambdaFunction fanOut() {
    return fanOut;
  }

  List<LambdaFunction> functions() {
    return List.of(authorizer, socket, socketInvoke, topics, fanOut, derive, sweep);
  }
}
