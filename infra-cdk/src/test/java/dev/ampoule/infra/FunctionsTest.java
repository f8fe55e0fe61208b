package dev.ampoule.infra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import dev.ampoule.entry.Settings;
import dev.ampoule.entry.Wiring;
import java.lang.reflect.InvocationTargetException;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awscdk.assertions.Match;

class FunctionsTest {
  private static final Resources PROD = Templates.of(StageConfig.PROD).resources();

  /** What a handler works without. */
  private static final Set<String> OPTIONAL =
      Set.of(
          "AMPOULE_HTTP_ALSO_REACHABLE",
          "AMPOULE_CATALOG_STALE_SECONDS",
          "AMPOULE_TRUSTED_KEYS",
          "AMPOULE_REQUIRE_SIGNATURE");

  private static final Map<String, String> OF_LAMBDA =
      Map.of(
          "AWS_REGION", "eu-central-1", "AWS_ACCESS_KEY_ID", "id", "AWS_SECRET_ACCESS_KEY", "key");

  static Stream<Node> functions() {
    return PROD.ofType("AWS::Lambda::Function").stream().map(r -> r.at("Properties"));
  }

  @Test
  void thereIsOneFunctionForEachHandler() {
    assertThat(functions().map(f -> f.text("Handler")))
        .containsExactlyInAnyOrder(
            "dev.ampoule.entry.AuditHandler",
            "dev.ampoule.entry.AuthorizerHandler",
            "dev.ampoule.entry.CheckpointHandler",
            "dev.ampoule.entry.DeriveHandler",
            "dev.ampoule.entry.FanOutHandler",
            "dev.ampoule.entry.HealthHandler",
            "dev.ampoule.entry.InvokeHandler",
            "dev.ampoule.entry.PagesHandler",
            "dev.ampoule.entry.PluginsHandler",
            "dev.ampoule.entry.RegisterHandler",
            "dev.ampoule.entry.SweepHandler",
            "dev.ampoule.entry.TopicsHandler",
            "dev.ampoule.entry.WebSocketAuthorizerHandler",
            "dev.ampoule.entry.WebSocketHandler",
            "dev.ampoule.entry.WebSocketInvokeHandler");
  }

  @ParameterizedTest
  @MethodSource("functions")
  void lambdaCanMakeTheHandlerOfEveryFunction(Node function) throws Exception {
    var handler = Class.forName(function.text("Handler"));
    assertThat(RequestHandler.class).isAssignableFrom(handler);
    assertThat(handler.getConstructor()).isNotNull();
  }

  @Test
  void theVariablesThatSettingsReadAreThoseThatSomeFunctionIsGiven() {
    var read =
        Arrays.stream(Settings.Variable.values())
            .map(Enum::name)
            .filter(name -> !name.startsWith("AWS_"))
            .collect(Collectors.toSet());
    var set =
        functions()
            .flatMap(f -> f.at("Environment", "Variables").keys().stream())
            .collect(Collectors.toSet());
    assertThat(set).isEqualTo(read);
  }

  @ParameterizedTest
  @MethodSource("functions")
  void everyHandlerStartsWithItsVariablesAndWithNoneOfThemLeftOut(Node function) throws Exception {
    var environment = new HashMap<>(OF_LAMBDA);
    var names = function.at("Environment", "Variables").keys();
    names.forEach(name -> environment.put(name, value(name)));
    assertThat(start(function, environment)).isNotNull();

    for (String name : names) {
      if (!OPTIONAL.contains(name)) {
        var without = new HashMap<>(environment);
        without.remove(name);
        assertThatIllegalStateException()
            .as(name)
            .isThrownBy(() -> start(function, without))
            .withMessage(name + " is not set");
      }
    }
  }

  private static Object start(Node function, Map<String, String> environment) throws Exception {
    try {
      return Class.forName(function.text("Handler"))
          .getConstructor(Wiring.class)
          .newInstance(new Wiring(new Settings(environment)));
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private static final List<String> CHECKPOINT_KEYS = keyPair();

  private static String value(String variable) {
    return switch (variable) {
      case "AMPOULE_ARTIFACT_KEY" -> "A".repeat(64);
      case "AMPOULE_CHECKPOINT_KEY" -> CHECKPOINT_KEYS.getFirst();
      case "AMPOULE_CHECKPOINT_PUBLIC_KEY" -> CHECKPOINT_KEYS.getLast();
      case "AMPOULE_JWKS_URL" -> "https://issuer.example/jwks";
      case "AMPOULE_CONNECTIONS_URL" -> "https://live.example/live";
      case "AMPOULE_HTTP_ALSO_REACHABLE" -> "10.0.0.0/8";
      case "AMPOULE_CATALOG_STALE_SECONDS" -> "900";
      case "AMPOULE_TRUSTED_KEYS" -> CHECKPOINT_KEYS.getLast();
      case "AMPOULE_REQUIRE_SIGNATURE" -> "false";
      default -> "a-name";
    };
  }

  private static List<String> keyPair() {
    try {
      var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      var base64 = Base64.getEncoder();
      return List.of(
          base64.encodeToString(pair.getPrivate().getEncoded()),
          base64.encodeToString(pair.getPublic().getEncoded()));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void everyFunctionIsJava25OnArmWithASnapshotOfEachVersionAndTraces() {
    Templates.of(StageConfig.PROD)
        .template()
        .allResourcesProperties(
            "AWS::Lambda::Function",
            Map.of(
                "Runtime",
                "java25",
                "Architectures",
                List.of("arm64"),
                "SnapStart",
                Map.of("ApplyOn", "PublishedVersions"),
                "TracingConfig",
                Map.of("Mode", "Active"),
                "KmsKeyArn",
                Match.anyValue()));
  }

  @Test
  void everyFunctionHasTheMemoryTimeoutAndConcurrencyThatItsWorkNeeds() {
    assertThat(
            functions()
                .collect(
                    Collectors.toMap(
                        f -> f.text("Handler").replace("dev.ampoule.entry.", ""),
                        f ->
                            List.of(
                                f.number("MemorySize"),
                                f.number("Timeout"),
                                f.number("ReservedConcurrentExecutions")))))
        .isEqualTo(
            Map.ofEntries(
                Map.entry("InvokeHandler", List.of(2048, 30, 350)),
                Map.entry("AuthorizerHandler", List.of(1024, 10, 250)),
                Map.entry("PluginsHandler", List.of(512, 30, 20)),
                Map.entry("HealthHandler", List.of(512, 10, 5)),
                Map.entry("PagesHandler", List.of(1024, 30, 15)),
                Map.entry("RegisterHandler", List.of(3008, 180, 4)),
                Map.entry("AuditHandler", List.of(1024, 30, 5)),
                Map.entry("CheckpointHandler", List.of(512, 60, 1)),
                Map.entry("WebSocketAuthorizerHandler", List.of(1024, 10, 30)),
                Map.entry("WebSocketHandler", List.of(1024, 29, 60)),
                Map.entry("WebSocketInvokeHandler", List.of(2048, 29, 30)),
                Map.entry("TopicsHandler", List.of(1024, 10, 30)),
                Map.entry("FanOutHandler", List.of(1769, 120, 40)),
                Map.entry("DeriveHandler", List.of(2048, 300, 20)),
                Map.entry("SweepHandler", List.of(512, 60, 1))));
  }

  @Test
  void togetherTheyReserveNoMoreThanAnAccountHas() {
    for (StageConfig stage : List.of(StageConfig.DEV, StageConfig.PROD)) {
      assertThat(
              Templates.of(stage).resources().ofType("AWS::Lambda::Function").stream()
                  .mapToInt(f -> f.at("Properties").number("ReservedConcurrentExecutions"))
                  .sum())
          .isLessThanOrEqualTo(StageConfig.RESERVABLE_CONCURRENCY_MAX);
    }
  }

  @Test
  void aliasesAreMovedByCodeDeployATenthFirstInProductionAndBackOnAlarm() {
    var aliases = PROD.ofType("AWS::Lambda::Alias");
    assertThat(aliases).hasSize(15);
    assertThat(aliases)
        .allSatisfy(alias -> {
          assertThat(alias.at("Properties").text("Name")).isEqualTo("live");
          assertThat(alias.at("UpdatePolicy").keys())
              .containsExactly("CodeDeployLambdaAliasUpdate");
        });
    var template = Templates.of(StageConfig.PROD).template();
    template.resourceCountIs("AWS::CodeDeploy::DeploymentGroup", 15);
    template.allResourcesProperties(
        "AWS::CodeDeploy::DeploymentGroup",
        Map.of(
            "DeploymentConfigName",
            "CodeDeployDefault.LambdaCanary10Percent5Minutes",
            "AlarmConfiguration",
            Map.of("Enabled", true, "Alarms", Match.anyValue()),
            "AutoRollbackConfiguration",
            Map.of(
                "Enabled",
                true,
                "Events",
                List.of(
                    "DEPLOYMENT_FAILURE",
                    "DEPLOYMENT_STOP_ON_REQUEST",
                    "DEPLOYMENT_STOP_ON_ALARM"))));
    Templates.of(StageConfig.DEV)
        .template()
        .allResourcesProperties(
            "AWS::CodeDeploy::DeploymentGroup",
            Map.of("DeploymentConfigName", "CodeDeployDefault.LambdaAllAtOnce"));
  }

  @Test
  void anotherReleasePublishesEveryFunctionAnewAlsoWithoutCdk() {
    for (String type : List.of("AWS::Lambda::Function", "AWS::Lambda::Version")) {
      assertThat(PROD.ofType(type))
          .hasSize(15)
          .allSatisfy(resource ->
              assertThat(resource.text("Properties", "Description"))
                  .isEqualTo("{Fn::Join=[, [Release , {Ref=Release}]]}"));
    }
  }

  @Test
  void whoeverMayCallAFunctionMayCallItsAliasAlone() {
    assertThat(PROD.ofType("AWS::Lambda::Permission"))
        .isNotEmpty()
        .allSatisfy(permission ->
            assertThat(permission.at("Properties").text("FunctionName"))
                .matches("\\{Ref=\\w+Alias\\w+}"));
  }

  @Test
  void whatIsCalledAsynchronouslyHasADeadLetterQueueAndRetries() {
    var withQueue =
        new TreeSet<>(
            functions()
                .filter(f -> f.keys().contains("DeadLetterConfig"))
                .map(f -> f.text("Handler"))
                .toList());
    assertThat(withQueue)
        .containsExactly(
            "dev.ampoule.entry.CheckpointHandler",
            "dev.ampoule.entry.DeriveHandler",
            "dev.ampoule.entry.FanOutHandler",
            "dev.ampoule.entry.RegisterHandler",
            "dev.ampoule.entry.SweepHandler");
    assertThat(
            PROD.ofType("AWS::Lambda::EventInvokeConfig").stream()
                .map(config -> config.at("Properties"))
                .collect(
                    Collectors.toMap(
                        config ->
                            config
                                .text("FunctionName")
                                .replaceAll(
                                    ".*=(Reg|Audit|Realtime(?:FanOut|Derive|Sweep)).*", "$1"),
                        config -> config.number("MaximumRetryAttempts"))))
        .isEqualTo(
            Map.of(
                "Reg",
                2,
                "Audit",
                0,
                "RealtimeFanOut",
                0,
                "RealtimeDerive",
                0,
                "RealtimeSweep",
                0));
  }

  @Test
  void changesOfEventsCallTheFanOutAndThePluginsInTheirOrderAndUntilTheyAreDone() {
    var mappings =
        PROD.ofType("AWS::Lambda::EventSourceMapping").stream()
            .map(mapping -> mapping.at("Properties"))
            .toList();
    assertThat(mappings).hasSize(2);
    assertThat(mappings)
        .allSatisfy(mapping -> {
          assertThat(mapping.text("EventSourceArn")).contains("StorageEvents", "StreamArn");
          assertThat(mapping.text("FunctionResponseTypes")).isEqualTo("[ReportBatchItemFailures]");
          assertThat(mapping.text("BisectBatchOnFunctionError")).isEqualTo("true");
          assertThat(mapping.number("MaximumRetryAttempts")).isEqualTo(20);
          assertThat(mapping.number("MaximumRecordAgeInSeconds")).isEqualTo(600);
          assertThat(mapping.number("ParallelizationFactor")).isEqualTo(10);
          assertThat(mapping.text("DestinationConfig")).contains("DeadLetters");
        });
    assertThat(mappings.stream().map(mapping -> mapping.text("FilterCriteria")))
        .anyMatch(filter -> filter.contains("HEAD") && filter.contains("RELAY"))
        .anyMatch(filter -> filter.contains("derive"));
  }

  @Test
  void noSecretIsInTheTemplate() {
    var values =
        functions()
            .map(f -> f.at("Environment", "Variables"))
            .flatMap(variables ->
                Stream.of("AMPOULE_ARTIFACT_KEY", "AMPOULE_CHECKPOINT_KEY")
                    .filter(variables.keys()::contains)
                    .map(variables::text))
            .toList();
    assertThat(values)
        .hasSize(5)
        .allSatisfy(value -> assertThat(value).contains("{{resolve:secretsmanager:"));
  }
}
