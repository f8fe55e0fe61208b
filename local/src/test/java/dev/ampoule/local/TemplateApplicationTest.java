package dev.ampoule.local;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.local.template.InvalidTemplateException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** What is written in a copy of the template happens, with no other edit. */
final class TemplateApplicationTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** A table whose stream calls a function, as CDK writes it. */
  private static final String STREAM =
      """
        Changes:
          Type: AWS::DynamoDB::Table
          Properties:
            AttributeDefinitions:
            - AttributeName: pk
              AttributeType: S
            KeySchema:
            - AttributeName: pk
              KeyType: HASH
            StreamSpecification:
              StreamViewType: NEW_IMAGE
        Lost:
          Type: AWS::SQS::Queue
        OnChange:
          Type: AWS::Lambda::Function
          Properties:
            Handler: dev.ampoule.local.TestHandlers$OnChange
            Timeout: 30
        FromChanges:
          Type: AWS::Lambda::EventSourceMapping
          Properties:
            BatchSize: 10
            BisectBatchOnFunctionError: true
            DestinationConfig:
              OnFailure:
                Destination:
                  Fn::GetAtt:
                  - Lost
                  - Arn
            EventSourceArn:
              Fn::GetAtt:
              - Changes
              - StreamArn
            FilterCriteria:
              Filters:
              - Pattern: '{"eventName":["INSERT"]}'
            FunctionName:
              Ref: OnChange
            FunctionResponseTypes:
            - ReportBatchItemFailures
            MaximumBatchingWindowInSeconds: 1
            MaximumRetryAttempts: 2
            StartingPosition: TRIM_HORIZON
      """;

  @TempDir private Path home;

  @BeforeEach
  void forget() {
    TestHandlers.CALLS.clear();
  }

  private Path template(UnaryOperator<String> edit) throws Exception {
    String committed = Files.readString(Stack.ROOT.resolve("template.yaml"));
    String edited = edit.apply(committed);
    assertThat(edited).isNotEqualTo(committed);
    return Files.writeString(home.resolve("template.yaml"), edited);
  }

  /** CDK writes the outputs last. */
  private static String withResources(String template, String resources) {
    return template.replace("\nOutputs:\n", "\n" + resources + "Outputs:\n");
  }

  @Test
  void aRouteThatIsAddedIsServedAndOneThatIsChangedIsNotServedAsItWas() throws Exception {
    var template =
        template(committed ->
            withResources(committed, route("GET /v1/added/{thing+}"))
                .replace("RouteKey: GET /openapi.json", "RouteKey: GET /described.json"));
    try (var stack = new Stack(home, Optional.empty(), template)) {
      var added = stack.get("/v1/added/a/b", "");
      assertThat(added.statusCode()).isEqualTo(200);
      assertThat(Stack.text(added)).isEqualTo("here is /v1/added/a/b");
      assertThat(stack.get("/described.json", "").statusCode()).isEqualTo(200);
      assertThat(stack.get("/openapi.json", "").statusCode()).isEqualTo(404);
    }
  }

  /** A function, its integration and an open route, in the API there is. */
  private static String route(String key) {
    return """
      Added:
        Type: AWS::Lambda::Function
        Properties:
          Handler: dev.ampoule.local.TestHandlers$OnRequest
      AddedIntegration:
        Type: AWS::ApiGatewayV2::Integration
        Properties:
          ApiId:
            Ref: ApiHttp17514DA7
          IntegrationType: AWS_PROXY
          IntegrationUri:
            Fn::GetAtt:
            - Added
            - Arn
          PayloadFormatVersion: "2.0"
      AddedRoute:
        Type: AWS::ApiGatewayV2::Route
        Properties:
          ApiId:
            Ref: ApiHttp17514DA7
          AuthorizationType: NONE
          RouteKey: %s
          Target:
            Fn::Join:
            - ""
            - - integrations/
              - Ref: AddedIntegration
    """
        .formatted(key);
  }

  /** As CDK writes one: the integration's URI is the long one of API Gateway. */
  private static final String WEB_SOCKET =
      """
        Echo:
          Type: AWS::Lambda::Function
          Properties:
            Handler: dev.ampoule.local.TestHandlers$OnMessage
            Environment:
              Variables:
                AMPOULE_PLUGINS_TABLE: none
        EchoApi:
          Type: AWS::ApiGatewayV2::Api
          Properties:
            Name: Echo
            ProtocolType: WEBSOCKET
            RouteSelectionExpression: $request.body.action
        EchoStage:
          Type: AWS::ApiGatewayV2::Stage
          Properties:
            ApiId:
              Ref: EchoApi
            StageName: echo
        EchoIntegration:
          Type: AWS::ApiGatewayV2::Integration
          Properties:
            ApiId:
              Ref: EchoApi
            IntegrationType: AWS_PROXY
            IntegrationUri:
              Fn::Join:
              - ""
              - - "arn:"
                - Ref: AWS::Partition
                - ":apigateway:"
                - Ref: AWS::Region
                - :lambda:path/2015-03-31/functions/
                - Fn::GetAtt:
                  - Echo
                  - Arn
                - /invocations
        EchoRoute:
          Type: AWS::ApiGatewayV2::Route
          Properties:
            ApiId:
              Ref: EchoApi
            AuthorizationType: NONE
            RouteKey: say
            RouteResponseSelectionExpression: $default
            Target:
              Fn::Join:
              - ""
              - - integrations/
                - Ref: EchoIntegration
      """;

  @Test
  void aWebSocketApiOfTheTemplateAnswersAtItsStage() throws Exception {
    var template = Files.writeString(home.resolve("template.yaml"), "Resources:\n" + WEB_SOCKET);
    var answer = new CompletableFuture<String>();
    try (var stack = new Stack(home, Optional.empty(), template);
        var http = HttpClient.newHttpClient()) {
      var url = "ws://" + stack.url("/echo").getAuthority() + "/echo";
      var socket =
          http.newWebSocketBuilder()
              .buildAsync(
                  URI.create(url),
                  new WebSocket.Listener() {
                    @Override
                    public @Nullable CompletionStage<?> onText(
                        WebSocket from, CharSequence text, boolean last) {
                      answer.complete(text.toString());
                      return null;
                    }
                  })
              .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      socket.sendText("{\"action\":\"say\"}", true).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .isEqualTo("back: {\"action\":\"say\"}");
      socket.abort();
    }
  }

  @Test
  void anUploadThatPoisonsItsFunctionEndsInItsQueueAfterTwoRetriesAndOthersAreTaken()
      throws Exception {
    var template =
        template(committed ->
            committed.replace(
                "Handler: dev.ampoule.entry.RegisterHandler",
                "Handler: dev.ampoule.local.TestHandlers$OnUpload"));
    try (var stack = new Stack(home, Optional.empty(), template);
        var sqs = SqsEndpointTest.client(stack.local().environment().awsEndpoint())) {
      for (var name : List.of("one", "poison", "two")) {
        stack
            .s3()
            .putObject(
                b -> b.bucket(stack.bucket()).key("plugins/" + name + "/1.0.0.wasm"),
                RequestBody.fromString("x"));
      }
      var url =
          sqs.listQueues().queueUrls().stream()
              .filter(u -> u.contains("RegisterDeadLetters"))
              .findFirst()
              .orElseThrow();
      var received = new ArrayList<software.amazon.awssdk.services.sqs.model.Message>();
      await(() -> {
        received.addAll(
            sqs.receiveMessage(b -> b.queueUrl(url).messageAttributeNames("All")).messages());
        return !received.isEmpty();
      });
      // A PUT that the client repeats is another event, on AWS too, so there may be more of each.
      assertThat(TestHandlers.CALLS)
          .contains("plugins/one/1.0.0.wasm", "plugins/two/1.0.0.wasm")
          .containsOnly(
              "plugins/one/1.0.0.wasm", "plugins/two/1.0.0.wasm", "plugins/poison/1.0.0.wasm");
      assertThat(TestHandlers.CALLS)
          .filteredOn("plugins/poison/1.0.0.wasm"::equals)
          .hasSizeGreaterThanOrEqualTo(3);
      var message = received.getFirst();
      assertThat(JSON.readTree(message.body()).at("/Records/0/s3/object/key").asText())
          .isEqualTo("plugins/poison/1.0.0.wasm");
      assertThat(message.messageAttributes().keySet())
          .containsExactlyInAnyOrder("RequestID", "ErrorCode", "ErrorMessage");
      assertThat(requireNonNull(message.messageAttributes().get("ErrorMessage")).stringValue())
          .startsWith("java.lang.IllegalStateException at ")
          .doesNotContain("4711");
    }
  }

  @Test
  void aScheduleThatFailsEndsInItsQueueAfterTheRetriesOfItsFunction() throws Exception {
    var template =
        template(committed ->
            committed.replace(
                "Handler: dev.ampoule.entry.CheckpointHandler",
                "Handler: dev.ampoule.local.TestHandlers$OnSchedule"));
    Queues queues;
    try (var stack = new Stack(home, Optional.empty(), template)) {
      queues = stack.local().application().queues();
    } // every schedule calls once more at the stop: nobody waits for the minute
    var queue =
        queues.all().stream()
            .filter(q -> q.name().contains("CheckpointDeadLetters"))
            .findFirst()
            .orElseThrow();
    List<Queues.Received> received = queue.receive(10, Duration.ZERO);
    assertThat(received).hasSize(1);
    JsonNode event = JSON.readTree(received.getFirst().body());
    assertThat(event.path("detail-type").asText()).isEqualTo("Scheduled Event");
    assertThat(event.at("/resources/0").asText())
        .startsWith("arn:aws:events:us-east-1:000000000000:rule/AuditEveryMinute");
    // Its EventInvokeConfig says no retries.
    assertThat(TestHandlers.CALLS).containsExactly("Scheduled Event of aws.events");
  }

  @Test
  void aRecordThatPoisonsABatchEndsInTheFailureQueueAndTheOthersOfTheBatchAreTaken()
      throws Exception {
    var template = template(committed -> withResources(committed, STREAM));
    try (var stack = new Stack(home, Optional.empty(), template);
        var dynamoDb = LocalResources.dynamoDb(stack.local().environment().dynamoDbEndpoint())) {
      for (var key : List.of("one", "poison", "two")) {
        dynamoDb.putItem(b -> b.tableName("Changes").item(Map.of("pk", AttributeValue.fromS(key))));
      }
      // No INSERT: passed over by the filter.
      dynamoDb.deleteItem(
          b -> b.tableName("Changes").key(Map.of("pk", AttributeValue.fromS("one"))));
      var lost = stack.local().application().queues().named("Lost").orElseThrow();
      await(() -> lost.visible() > 0);
      dynamoDb.putItem(
          b -> b.tableName("Changes").item(Map.of("pk", AttributeValue.fromS("last"))));
      var calls = new ArrayList<String>();
      while (!calls.contains("INSERT last")) {
        var call = TestHandlers.CALLS.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(call).as("the last record after %s", calls).isNotNull();
        calls.add(call);
      }
      assertThat(calls).contains("INSERT one", "INSERT two").doesNotContain("REMOVE one");
      // Once, and at least twice more: to be split off from its batch is no retry.
      assertThat(calls.stream().filter("INSERT poison"::equals).count()).isBetween(3L, 5L);
      List<Queues.Received> received = lost.receive(10, Duration.ZERO);
      assertThat(received).hasSize(1);
      JsonNode message = JSON.readTree(received.getFirst().body());
      assertThat(message.at("/requestContext/condition").asText())
          .isEqualTo("RetryAttemptsExhausted");
      assertThat(message.at("/DDBStreamBatchInfo/batchSize").asInt()).isEqualTo(1);
      assertThat(received.getFirst().body()).doesNotContain("poison");
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited long enough").isLessThan(deadline);
      Thread.sleep(50);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Handler: dev.ampoule.entry.AuditHandler | Handler: a.b.Nothing | there is no class a.b.Nothing for its Handler",
        "Handler: dev.ampoule.entry.AuditHandler | Handler: java.lang.Object | java.lang.Object is no RequestHandler",
        "Handler: dev.ampoule.entry.AuditHandler | Handler: dev.ampoule.local.TestHandlers$Hidden | has no public constructor, neither with a Wiring nor without parameters",
        "Value: ampoule-x | Value: y | there is no such file",
      })
  void aHandlerThatCannotBeMadeIsNamed(String from, String to, String message) throws Exception {
    Path file =
        to.equals("Value: y")
            ? home.resolve("nowhere.yaml")
            : template(committed -> committed.replace(from, to));
    assertThatThrownBy(() -> TemplateApplication.of(file).wire(environment()))
        .isInstanceOf(InvalidTemplateException.class)
        .hasMessageStartingWith("template " + file + ": ")
        .hasMessageContaining(message);
  }

  @Test
  void aFunctionThatTakesOtherEventsThanItIsSentIsNamed() throws Exception {
    var file =
        template(committed ->
            committed.replace(
                "Handler: dev.ampoule.entry.RegisterHandler",
                "Handler: dev.ampoule.local.TestHandlers$OnSchedule"));
    try (var application = TemplateApplication.of(file).wire(environment())) {
      assertThatThrownBy(application::s3Triggers)
          .isInstanceOf(InvalidTemplateException.class)
          .hasMessageContaining("sends S3Event, and RegistrationRegisterFunction")
          .hasMessageContaining(
              "takes com.amazonaws.services.lambda.runtime.events.ScheduledEvent");
    }
  }

  @Test
  void aVariableThatTwoFunctionsHaveDifferentlyIsNamed() throws Exception {
    var file =
        template(committed ->
            withResources(
                committed,
                """
                  Other:
                    Type: AWS::Lambda::Function
                    Properties:
                      Handler: dev.ampoule.local.TestHandlers$OnRequest
                      Environment:
                        Variables:
                          AMPOULE_AUDIT_TABLE: another
                """));
    assertThatThrownBy(() -> TemplateApplication.of(file).wire(environment()))
        .isInstanceOf(InvalidTemplateException.class)
        .hasMessageContaining("function Other: its AMPOULE_AUDIT_TABLE is not that of ");
  }

  private LocalEnvironment environment() {
    URI nowhere = URI.create("http://localhost:1");
    return new LocalEnvironment(nowhere, nowhere, nowhere, home, List.of());
  }

  @ParameterizedTest
  @CsvSource({
    "ampoule/prod/checkpoint-key, checkpoint.key",
    "KeysArtifactKeyC616BCDF, artifact.key",
    "KeysSubjectKeysA1B2C3D4, subject.keys",
    "plain, plain",
  })
  void aSecretIsKeptInTheFileOfItsLastTwoWords(String secret, String file) {
    assertThat(LocalSecrets.fileName(secret)).isEqualTo(file);
  }

  @Test
  void aSecretThatNobodyMakesIsNamed() {
    assertThatThrownBy(() -> new LocalSecrets(home).value("ampoule/prod/other-key", false))
        .isInstanceOf(InvalidTemplateException.class)
        .hasMessageStartingWith("secret ampoule/prod/other-key: ");
  }
}
