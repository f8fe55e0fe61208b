package dev.ampoule.infra;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.aws_apigatewayv2_authorizers.HttpLambdaAuthorizer;
import software.amazon.awscdk.aws_apigatewayv2_authorizers.HttpLambdaResponseType;
import software.amazon.awscdk.aws_apigatewayv2_integrations.HttpLambdaIntegration;
import software.amazon.awscdk.services.apigatewayv2.AddRoutesOptions;
import software.amazon.awscdk.services.apigatewayv2.CfnStage;
import software.amazon.awscdk.services.apigatewayv2.HttpApi;
import software.amazon.awscdk.services.apigatewayv2.HttpMethod;
import software.amazon.awscdk.services.apigatewayv2.HttpStage;
import software.amazon.awscdk.services.apigatewayv2.ThrottleSettings;
import software.amazon.awscdk.services.logs.LogGroup;
import software.amazon.awscdk.services.logs.RetentionDays;
import software.constructs.Construct;

/**
 * The HTTP API: its routes, who may come in, and what is logged of it.
 *
 * <p>AWS WAF cannot be attached to an HTTP API, only to REST APIs. Throttling, the limit on bodies,
 * and tokens checked before any work is done stand here instead; who wants WAF puts CloudFront in
 * front.
 */
final class Api extends Construct {
  /**
   * Route, status and sizes. Neither path nor query, which hold what the caller wrote there, nor
   * any header.
   */
  private static final String ACCESS_LOG =
      """
      {"requestId":"$context.requestId","time":"$context.requestTime",\
      "sourceIp":"$context.identity.sourceIp","protocol":"$context.protocol",\
      "routeKey":"$context.routeKey","status":"$context.status",\
      "responseLength":"$context.responseLength","latencyMs":"$context.responseLatency",\
      "integrationStatus":"$context.integrationStatus",\
      "integrationLatencyMs":"$context.integrationLatency",\
      "integrationError":"$context.integration.error"}\
      """;

  private final HttpApi api;
  private final HttpLambdaAuthorizer authorizer;
  private final LambdaFunction authorize;
  private final LambdaFunction health;

  Api(
      Construct scope,
      Platform platform,
      Storage storage,
      Parameters parameters,
      Registration registration,
      Invocation invocation,
      Audit audit) {
    super(scope, "Api");
    authorize = authorizeFunction(platform, parameters);
    health = healthFunction(platform, storage, parameters);
    api =
        HttpApi.Builder.create(this, "Http")
            .description("Ampoule " + platform.stage().name())
            .createDefaultStage(false)
            .build();
    authorizer =
        HttpLambdaAuthorizer.Builder.create("Authorizer", authorize.alias())
            .responseTypes(List.of(HttpLambdaResponseType.SIMPLE))
            // No identity source: a request without a token reaches the functions too, which refuse
            // it with a problem and an audit entry. Without one, nothing can be cached.
            .identitySource(List.of())
            .resultsCacheTtl(Duration.seconds(0))
            .build();
    var invokes = integration("Invoke", invocation.invoke());
    route(HttpMethod.POST, "/v1/plugins/{name}/invoke", invokes);
    route(HttpMethod.POST, "/v1/plugins/{name}/versions/{version}/invoke", invokes);
    var plugins = integration("Plugins", registration.plugins());
    route(HttpMethod.GET, "/v1/plugins", plugins);
    route(HttpMethod.GET, "/v1/plugins/{name}", plugins);
    route(HttpMethod.GET, "/v1/plugins/{name}/versions", plugins);
    route(HttpMethod.GET, "/v1/plugins/{name}/versions/{version}", plugins);
    route(HttpMethod.POST, "/v1/plugins/{name}/uploads", plugins);
    route(HttpMethod.POST, "/v1/plugins/{name}/versions/{version}/activate", plugins);
    route(HttpMethod.POST, "/v1/plugins/{name}/rollback", plugins);
    route(HttpMethod.POST, "/v1/plugins/{name}/versions/{version}/retire", plugins);
    route(HttpMethod.POST, "/v1/plugins/{name}/versions/{version}/quarantine", plugins);
    var audits = integration("Audit", audit.audit());
    route(HttpMethod.GET, "/v1/audit", audits);
    route(HttpMethod.GET, "/v1/audit/{id}", audits);
    route(HttpMethod.GET, "/v1/audit/verification", audits);
    route(HttpMethod.GET, "/v1/audit/export", audits);
    // For load balancers and monitors, which have no token, it tells up or down; and to everyone
    // what the API is like.
    var open = integration("Health", health);
    for (String path : List.of("/health", "/openapi.json")) {
      api.addRoutes(
          AddRoutesOptions.builder()
              .methods(List.of(HttpMethod.GET))
              .path(path)
              .integration(open)
              .build());
    }
    stage(platform);
  }

  private LambdaFunction authorizeFunction(Platform platform, Parameters parameters) {
    return new LambdaFunction(
        this,
        platform,
        new LambdaFunction.Spec(
            "Authorizer",
            // Every request waits for one signature check: half a CPU.
            1024,
            // The key set is fetched over the internet when it is new.
            Duration.seconds(10),
            // Every request passes here, for milliseconds where a plugin takes longer.
            platform.stage().authorizerConcurrency(),
            Map.of(
                "AMPOULE_JWKS_URL", parameters.jwksUrl(),
                "AMPOULE_TOKEN_ISSUER", parameters.tokenIssuer(),
                "AMPOULE_TOKEN_AUDIENCE", parameters.tokenAudience()),
            List.of(),
            Optional.empty()));
  }

  private LambdaFunction healthFunction(Platform platform, Storage storage, Parameters parameters) {
    return new LambdaFunction(
        this,
        platform,
        new LambdaFunction.Spec(
            "Health",
            // Four reads.
            512,
            // As long as a monitor waits.
            Duration.seconds(10),
            // Needs no token, so it must not be a way to use up anything else.
            5,
            Map.of(
                "AMPOULE_PLUGINS_TABLE", storage.pluginsTable(),
                "AMPOULE_AUDIT_TABLE", storage.auditTable(),
                "AMPOULE_SPOOL_BUCKET", storage.spoolBucket(),
                "AMPOULE_CATALOG_STALE_SECONDS", parameters.catalogStaleSeconds(),
                "AMPOULE_MODULES_BUCKET", storage.modulesBucket()),
            List.of(
                storage.onPlugins("dynamodb:Query"),
                storage.readsAudit("dynamodb:Query"),
                storage.onModules(List.of(Storage.MODULES), "s3:GetObject"),
                storage.listsModules(),
                storage.listsSpool(),
                storage.usesContentKey(),
                storage.usesAuditKey()),
            Optional.empty()));
  }

  private static HttpLambdaIntegration integration(String id, LambdaFunction function) {
    return new HttpLambdaIntegration(id, function.alias());
  }

  private void route(HttpMethod method, String path, HttpLambdaIntegration integration) {
    api.addRoutes(
        AddRoutesOptions.builder()
            .methods(List.of(method))
            .path(path)
            .integration(integration)
            .authorizer(authorizer)
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
        HttpStage.Builder.create(this, "Stage")
            .httpApi(api)
            .stageName("$default")
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

  HttpApi http() {
    return api;
  }

  LambdaFunction authorize() {
    return authorize;
  }

  LambdaFunction health() {
    return health;
  }
}
