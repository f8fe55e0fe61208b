package dev.ampoule.local.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ampoule.local.template.StackPlan.AsynchronousCalls;
import dev.ampoule.local.template.StackPlan.Authorizer;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StackReaderTest {
  private static final String FUNCTION =
      """
      Resources:
        F: {Type: AWS::Lambda::Function, Properties: {Handler: a.B}}
      """;

  @Test
  void theCommittedTemplateIsReadAndNothingOfItIsIgnoredWithoutAnyoneKnowing() throws IOException {
    StackPlan plan = Plans.of(Plans.COMMITTED);
    assertThat(plan.notes()).isEmpty();
    StackPlan.Function register = function(plan, "dev.ampoule.entry.RegisterHandler");
    assertThat(register.timeout()).isEqualTo(Duration.ofMinutes(3));
    assertThat(register.concurrency()).isEqualTo(4);
    assertThat(register.asynchronousCalls().retriesMax()).isEqualTo(2);
    assertThat(register.asynchronousCalls().ageMax()).isEqualTo(Duration.ofHours(6));
    assertThat(plan.queues().stream().map(StackPlan.Queue::name))
        .contains(register.asynchronousCalls().deadLetterQueue().orElseThrow());
    assertThat(register.environment().get("AMPOULE_MODULES_BUCKET"))
        .isEqualTo("ampoule-prod-modules-000000000000-us-east-1")
        .isEqualTo(plan.outputs().get("ModulesBucket"));
    assertThat(register.environment().get("AMPOULE_ARTIFACT_KEY")).endsWith(", generated>");
    StackPlan.Bucket modules =
        plan.buckets().stream().filter(b -> !b.notifications().isEmpty()).findFirst().orElseThrow();
    assertThat(modules.name()).isEqualTo(plan.outputs().get("ModulesBucket"));
    assertThat(modules.notifications())
        .containsExactly(
            new StackPlan.Notification("s3:ObjectCreated:*", "plugins/", ".wasm", register.name()));
    StackPlan.Function checkpoint = function(plan, "dev.ampoule.entry.CheckpointHandler");
    assertThat(checkpoint.asynchronousCalls().retriesMax()).isZero();
    assertThat(plan.schedules())
        .anySatisfy(schedule -> {
          assertThat(schedule.every()).isEqualTo(Duration.ofMinutes(1));
          assertThat(schedule.function()).isEqualTo(checkpoint.name());
        });
    assertThat(plan.routes())
        .contains(
            new StackPlan.Route(
                "GET /v1/audit", function(plan, "dev.ampoule.entry.AuditHandler").name(), true),
            new StackPlan.Route(
                "GET /health", function(plan, "dev.ampoule.entry.HealthHandler").name(), false));
    assertThat(plan.authorizer())
        .contains(
            new Authorizer(
                function(plan, "dev.ampoule.entry.AuthorizerHandler").name(), List.of()));
    StackPlan.Table audit =
        plan.tables().stream().filter(t -> t.name().contains("Audit")).findFirst().orElseThrow();
    assertThat(audit.keys())
        .containsExactly(new StackPlan.Key("pk", "HASH"), new StackPlan.Key("sk", "RANGE"));
    assertThat(audit.indexes().stream().map(StackPlan.Index::name))
        .containsExactly("byDay", "chains");
  }

  private static StackPlan.Function function(StackPlan plan, String handler) {
    return plan.functions().stream()
        .filter(f -> f.handlerClass().equals(handler))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void anUnknownKindIsIgnoredWithOneLineHoweverManyThereAre() throws IOException {
    StackPlan plan =
        Plans.of(
            FUNCTION
                + """
                  P1: {Type: AWS::Cognito::UserPool, Properties: {Anything: {Fn::Whatever: 1}}}
                  P2: {Type: AWS::Cognito::UserPool}
                  K: {Type: AWS::KMS::Key}
                  R: {Type: AWS::IAM::Role}
                  C: {Type: Custom::Thing}
                """);
    assertThat(plan.notes())
        .containsExactly(
            "AWS::Cognito::UserPool is not run on one machine",
            "Custom::Thing is not run on one machine");
    assertThat(plan.functions()).hasSize(1);
  }

  @Test
  void anUnknownIntrinsicIsAnErrorAlsoInAPropertyThatIsNotUsed() {
    assertThatThrownBy(() ->
            Plans.of(
                """
                Resources:
                  F:
                    Type: AWS::Lambda::Function
                    Properties:
                      Handler: a.B
                      Tags: [{Key: zone, Value: {Fn::Transform: {Name: x}}}]
                """))
        .isInstanceOf(InvalidTemplateException.class)
        .hasMessage("Resources/F/Properties/Tags/0/Value: unknown intrinsic Fn::Transform");
  }

  @Test
  void aFunctionThatSaysNothingHasLambdasDefaults() throws IOException {
    assertThat(Plans.of(FUNCTION).functions())
        .containsExactly(
            new StackPlan.Function(
                "F",
                "a.B",
                Duration.ofSeconds(3),
                1_000,
                Map.of(),
                new AsynchronousCalls(2, Duration.ofHours(6), Optional.empty())));
  }

  @Test
  void aStreamMappingHasEveryPropertyThatAwsHas() throws IOException {
    StackPlan plan =
        Plans.of(
            FUNCTION
                + """
                  T:
                    Type: AWS::DynamoDB::Table
                    Properties:
                      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
                      KeySchema: [{AttributeName: pk, KeyType: HASH}]
                      StreamSpecification: {StreamViewType: NEW_IMAGE}
                      TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
                  Q: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: 1209600}}
                  M:
                    Type: AWS::Lambda::EventSourceMapping
                    Properties:
                      EventSourceArn: !GetAtt T.StreamArn
                      FunctionName: !GetAtt F.Arn
                      BatchSize: 50
                      MaximumBatchingWindowInSeconds: 2
                      FilterCriteria: {Filters: [{Pattern: '{"eventName":["INSERT"]}'}]}
                      FunctionResponseTypes: [ReportBatchItemFailures]
                      BisectBatchOnFunctionError: true
                      MaximumRetryAttempts: 3
                      MaximumRecordAgeInSeconds: 3600
                      ParallelizationFactor: 4
                      StartingPosition: LATEST
                      DestinationConfig: {OnFailure: {Destination: !GetAtt Q.Arn}}
                  Plain:
                    Type: AWS::Lambda::EventSourceMapping
                    Properties:
                      EventSourceArn: !GetAtt T.StreamArn
                      FunctionName: !Ref F
                      MaximumRetryAttempts: -1
                      MaximumRecordAgeInSeconds: -1
                  Off:
                    Type: AWS::Lambda::EventSourceMapping
                    Properties: {EventSourceArn: !GetAtt T.StreamArn, FunctionName: !Ref F, Enabled: false}
                """);
    assertThat(plan.tables().getFirst().streamView()).contains("NEW_IMAGE");
    assertThat(plan.tables().getFirst().ttlAttribute()).contains("expires");
    assertThat(plan.queues().getFirst().retention()).isEqualTo(Duration.ofDays(14));
    assertThat(plan.streamMappings()).hasSize(2);
    StackPlan.StreamMapping mapping = plan.streamMappings().getFirst();
    assertThat(mapping.table()).isEqualTo("T");
    assertThat(mapping.function()).isEqualTo("F");
    assertThat(mapping.batchSize()).isEqualTo(50);
    assertThat(mapping.window()).isEqualTo(Duration.ofSeconds(2));
    assertThat(mapping.filters()).hasSize(1);
    assertThat(mapping.reportsItemFailures()).isTrue();
    assertThat(mapping.bisects()).isTrue();
    assertThat(mapping.retriesMax()).hasValue(3);
    assertThat(mapping.ageMax()).contains(Duration.ofHours(1));
    assertThat(mapping.parallelization()).isEqualTo(4);
    assertThat(mapping.onFailureQueue()).contains("Q");
    StackPlan.StreamMapping plain = plan.streamMappings().getLast();
    assertThat(plain)
        .isEqualTo(
            new StackPlan.StreamMapping(
                "Plain",
                "T",
                "F",
                100,
                Duration.ZERO,
                List.of(),
                false,
                false,
                OptionalInt.empty(),
                Optional.empty(),
                1,
                Optional.empty()));
  }

  @Test
  void aWebSocketApiIsReadWithItsRoutesAndItsAuthorizer() throws IOException {
    StackPlan plan =
        Plans.of(
            FUNCTION
                + """
                  W: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}}
                  H: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
                  Open: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref H, StageName: $default}}
                  Live: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref W, StageName: prod}}
                  I:
                    Type: AWS::ApiGatewayV2::Integration
                    Properties:
                      ApiId: !Ref W
                      IntegrationType: AWS_PROXY
                      IntegrationUri: !Sub 'arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Arn}/invocations'
                  A:
                    Type: AWS::ApiGatewayV2::Authorizer
                    Properties:
                      ApiId: !Ref W
                      AuthorizerType: REQUEST
                      AuthorizerUri: !Sub 'arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Arn}/invocations'
                      IdentitySource: ['route.request.querystring.token']
                  Connect:
                    Type: AWS::ApiGatewayV2::Route
                    Properties: {ApiId: !Ref W, RouteKey: $connect, AuthorizationType: CUSTOM, AuthorizerId: !Ref A, Target: !Sub 'integrations/${I}'}
                  Ping:
                    Type: AWS::ApiGatewayV2::Route
                    Properties: {ApiId: !Ref W, RouteKey: ping, RouteResponseSelectionExpression: $default, Target: !Sub 'integrations/${I}'}
                """);
    assertThat(plan.routes()).isEmpty();
    assertThat(plan.authorizer()).isEmpty();
    assertThat(plan.webSocketApi())
        .contains(
            new StackPlan.WebSocketApi(
                "prod",
                "$request.body.action",
                Map.of("$connect", "F", "ping", "F"),
                Optional.of(new Authorizer("F", List.of("route.request.querystring.token"))),
                Set.of("ping")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rate(1 minute)   | PT1M",
        "rate(5 minutes)  | PT5M",
        "rate(2 hours)    | PT2H",
        "rate(1 day)      | PT24H",
      })
  void aRateIsADuration(String rate, Duration every) throws IOException {
    StackPlan plan = Plans.of(FUNCTION + rule(rate, "ENABLED"));
    assertThat(plan.schedules())
        .containsExactly(new StackPlan.Schedule("R", every, "F", Optional.of("{\"a\":1}")));
  }

  @Test
  void ofARuleThatIsDisabledOrNoRateNothingIsCalled() throws IOException {
    assertThat(Plans.of(FUNCTION + rule("rate(1 minute)", "DISABLED")).schedules()).isEmpty();
    StackPlan plan = Plans.of(FUNCTION + rule("cron(0 3 * * ? *)", "ENABLED"));
    assertThat(plan.schedules()).isEmpty();
    assertThat(plan.notes())
        .containsExactly(
            "Resources/R/Properties: one machine has schedules of the form rate(5 minutes), and no"
                + " other");
  }

  private static String rule(String schedule, String state) {
    return """
      R:
        Type: AWS::Events::Rule
        Properties:
          ScheduleExpression: %s
          State: %s
          Targets: [{Id: T, Arn: !GetAtt F.Arn, Input: '{"a":1}'}]
    """
        .formatted(schedule, state);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{Handler: a.B, Timeout: 901} | Resources/F/Properties/Timeout: 1 to 900 expected, got 901",
        "{Handler: a.B, Timeout: soon} | Resources/F/Properties/Timeout: 1 to 900 expected, got soon",
        "{Timeout: 3} | Resources/F/Properties/Handler: is missing",
        "{Handler: a.B, DeadLetterConfig: {TargetArn: 'arn:aws:sqs:r:a:Nowhere'}} | function F: the template has no queue Nowhere",
      })
  void whatIsBeyondItsLimitsOrLeadsNowhereIsNamed(String properties, String message) {
    assertThatThrownBy(() ->
            Plans.of(
                "Resources: {F: {Type: AWS::Lambda::Function, Properties: " + properties + "}}"))
        .isInstanceOf(InvalidTemplateException.class)
        .hasMessage(message);
  }

  @Test
  void aNumberMayBeWrittenAsText() throws IOException {
    assertThat(
            Plans.of(
                    "Resources: {F: {Type: AWS::Lambda::Function, Properties: {Handler: a.B,"
                        + " Timeout: '30'}}}")
                .functions()
                .getFirst()
                .timeout())
        .isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void aResourceWhoseConditionDoesNotHoldIsNotThere() throws IOException {
    StackPlan plan =
        Plans.of(
            """
            Conditions: {Never: {Fn::Equals: [a, b]}}
            Resources:
              F: {Type: AWS::Lambda::Function, Condition: Never, Properties: {Handler: a.B}}
              Q: {Type: AWS::SQS::Queue}
            """);
    assertThat(plan.functions()).isEmpty();
    assertThat(plan.queues()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Resources: [ | no YAML, line",
        "a: 1 | no template, for it has no Resources",
        "Resources: {F: {Properties: {}}} | Resources/F: Type is missing or no text",
        "Resources: {F: {Type: X, Type: Y}} | no YAML, line 1",
      })
  void whatIsNoTemplateIsSaidToBeNone(String text, String message) {
    assertThatThrownBy(() -> Plans.of(text)).hasMessageContaining(message);
  }

  @Test
  void aTemplateInJsonIsReadToo() throws IOException {
    assertThat(
            Plans.of(
                    "{\"Resources\":{\"F\":{\"Type\":\"AWS::Lambda::Function\",\"Properties\":"
                        + "{\"Handler\":\"a.B::handleRequest\"}}}}")
                .functions()
                .getFirst()
                .handlerClass())
        .isEqualTo("a.B");
    assertThat(Files.exists(Plans.COMMITTED)).isTrue();
  }
}
