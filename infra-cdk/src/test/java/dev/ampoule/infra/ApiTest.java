package dev.ampoule.infra;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import software.amazon.awscdk.assertions.Match;

class ApiTest {
  private static final Resources PROD = Templates.of(StageConfig.PROD).resources();

  @Test
  void everyRouteOfDesignThatHasAHandlerGoesToItsFunction() {
    assertThat(
            PROD.ofType("AWS::ApiGatewayV2::Route").stream()
                .map(route -> route.at("Properties"))
                .collect(Collectors.toMap(route -> route.text("RouteKey"), ApiTest::handler)))
        .isEqualTo(
            Map.ofEntries(
                Map.entry("POST /v1/plugins/{name}/invoke", "InvokeHandler"),
                Map.entry("POST /v1/plugins/{name}/versions/{version}/invoke", "InvokeHandler"),
                Map.entry("GET /v1/plugins", "PluginsHandler"),
                Map.entry("GET /v1/plugins/{name}", "PluginsHandler"),
                Map.entry("GET /v1/plugins/{name}/versions", "PluginsHandler"),
                Map.entry("GET /v1/plugins/{name}/versions/{version}", "PluginsHandler"),
                Map.entry("POST /v1/plugins/{name}/uploads", "PluginsHandler"),
                Map.entry("POST /v1/plugins/{name}/versions/{version}/activate", "PluginsHandler"),
                Map.entry("POST /v1/plugins/{name}/rollback", "PluginsHandler"),
                Map.entry("POST /v1/plugins/{name}/versions/{version}/retire", "PluginsHandler"),
                Map.entry(
                    "POST /v1/plugins/{name}/versions/{version}/quarantine", "PluginsHandler"),
                Map.entry("GET /v1/audit", "AuditHandler"),
                Map.entry("GET /v1/audit/{id}", "AuditHandler"),
                Map.entry("GET /v1/audit/verification", "AuditHandler"),
                Map.entry("GET /v1/audit/export", "AuditHandler"),
                Map.entry("GET /health", "HealthHandler"),
                Map.entry("GET /openapi.json", "HealthHandler")));
  }

  /** Route, integration, alias, version, function: as `local` will walk it. */
  private static String handler(Node route) {
    var integration = route.list("Target", "Fn::Join").getLast().list().getLast().text("Ref");
    var alias = PROD.all().at(integration, "Properties", "IntegrationUri").text("Ref");
    var function = PROD.all().at(alias, "Properties", "FunctionName").text("Ref");
    return PROD.all().at(function, "Properties").text("Handler").replace("dev.ampoule.entry.", "");
  }

  @Test
  void everyRouteButHealthAndTheDescriptionAsksTheAuthorizer() {
    assertThat(
            PROD.ofType("AWS::ApiGatewayV2::Route").stream()
                .map(route -> route.at("Properties"))
                .filter(route -> !route.text("AuthorizationType").equals("CUSTOM"))
                .map(route -> route.text("RouteKey")))
        .containsExactlyInAnyOrder("GET /health", "GET /openapi.json");
  }

  @Test
  void theAuthorizerIsAskedForEveryRequestAlsoForOneWithoutAToken() {
    var authorizer = PROD.properties("AWS::ApiGatewayV2::Authorizer", "");
    assertThat(authorizer.text("AuthorizerPayloadFormatVersion")).isEqualTo("2.0");
    assertThat(authorizer.text("EnableSimpleResponses")).isEqualTo("true");
    assertThat(authorizer.number("AuthorizerResultTtlInSeconds")).isZero();
    assertThat(
            authorizer.keys().contains("IdentitySource")
                ? authorizer.list("IdentitySource")
                : List.of())
        .isEmpty();
  }

  @Test
  void theStageThrottlesAndLogsNeitherPathNorQueryNorHeaders() {
    var stage = PROD.properties("AWS::ApiGatewayV2::Stage", "");
    assertThat(stage.text("StageName")).isEqualTo("$default");
    assertThat(stage.at("DefaultRouteSettings").number("ThrottlingRateLimit")).isEqualTo(5_000);
    assertThat(stage.at("DefaultRouteSettings").number("ThrottlingBurstLimit")).isEqualTo(2_500);
    assertThat(stage.text("AccessLogSettings", "Format"))
        .contains("$context.requestId", "$context.routeKey", "$context.status")
        .doesNotContain("$context.path", "queryString", "header", "authorizer.");
  }

  @Test
  void everyLogIsEncryptedWithOurKeyAndKeptForAYear() {
    var template = Templates.of(StageConfig.PROD).template();
    template.resourceCountIs("AWS::Logs::LogGroup", 8);
    template.allResourcesProperties(
        "AWS::Logs::LogGroup", Map.of("RetentionInDays", 365, "KmsKeyId", Match.anyValue()));
  }
}
