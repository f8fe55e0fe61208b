package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.ClientContext;
import com.amazonaws.services.lambda.runtime.CognitoIdentity;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.amazonaws.services.lambda.runtime.events.S3Event;
import com.amazonaws.services.lambda.runtime.events.ScheduledEvent;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.RequestParametersEntity;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.ResponseElementsEntity;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.S3BucketEntity;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.S3Entity;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.S3EventNotificationRecord;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.S3ObjectEntity;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.UserIdentityEntity;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.entry.AuditHandler;
import dev.ampoule.entry.CheckpointHandler;
import dev.ampoule.entry.HealthHandler;
import dev.ampoule.entry.InvokeHandler;
import dev.ampoule.entry.PluginsHandler;
import dev.ampoule.entry.RegisterHandler;
import dev.ampoule.entry.Settings;
import dev.ampoule.entry.TopicsHandler;
import dev.ampoule.entry.Wiring;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * The real handlers, each with a {@link Wiring} of its own as in Lambda, on tables and buckets of
 * their own at one AWS endpoint: AWS's, an emulator's or the embedded one. Closing it deletes them.
 */
final class DeployedFunctions implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private static final List<String> TABLES =
      List.of(
          "AMPOULE_PLUGINS_TABLE",
          "AMPOULE_AUDIT_TABLE",
          "AMPOULE_CONNECTIONS_TABLE",
          "AMPOULE_EVENTS_TABLE");

  private final Map<String, String> environment;
  private final S3Client s3;
  private final DynamoDbClient dynamoDb;
  private final RegisterHandler register;
  private final PluginsHandler plugins;
  private final InvokeHandler invoke;
  private final AuditHandler audit;
  private final CheckpointHandler checkpoint;
  private final HealthHandler health;
  private final TopicsHandler topics;

  DeployedFunctions(URI endpoint) {
    environment = environment(endpoint);
    var region = Region.of(environment.get("AWS_REGION"));
    var credentials =
        StaticCredentialsProvider.create(
            AwsBasicCredentials.create(
                environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")));
    s3 =
        S3Client.builder()
            .endpointOverride(endpoint)
            .forcePathStyle(true)
            .region(region)
            .credentialsProvider(credentials)
            .httpClient(UrlConnectionHttpClient.create())
            .build();
    dynamoDb =
        DynamoDbClient.builder()
            .endpointOverride(endpoint)
            .region(region)
            .credentialsProvider(credentials)
            .httpClient(UrlConnectionHttpClient.create())
            .build();
    createResources();
    register = new RegisterHandler(wiring(Map.of()));
    plugins = new PluginsHandler(wiring(Map.of()));
    invoke = new InvokeHandler(wiring(Map.of()));
    audit = new AuditHandler(wiring(Map.of()));
    checkpoint = new CheckpointHandler(wiring(Map.of()));
    health = new HealthHandler(wiring(Map.of()));
    topics = new TopicsHandler(wiring(Map.of()));
  }

  /** The template's tables and buckets, under the names of this run. */
  private void createResources() {
    try {
      var template =
          TemplateApplication.plan(
              Stack.ROOT.resolve("template.yaml"),
              new LocalEnvironment(
                  URI.create("http://localhost"),
                  URI.create("http://localhost"),
                  URI.create("http://localhost"),
                  Files.createTempDirectory("secrets"),
                  List.of()));
      var names = new HashMap<String, String>();
      template.functions().forEach(function -> names.putAll(function.environment()));
      for (var table : TABLES) {
        LocalResources.create(
            template.tables().stream()
                .filter(t -> t.name().equals(names.get(table)))
                .findFirst()
                .orElseThrow()
                .named(Objects.requireNonNull(environment.get(table))),
            dynamoDb);
      }
      for (var bucket :
          List.of("AMPOULE_MODULES_BUCKET", "AMPOULE_AUDIT_BUCKET", "AMPOULE_SPOOL_BUCKET")) {
        s3.createBucket(b -> b.bucket(environment.get(bucket)));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Map<String, String> environment(URI endpoint) {
    var environment = new HashMap<String, String>();
    environment.put("AWS_ENDPOINT_URL", endpoint.toString());
    var given = System.getenv();
    environment.put("AWS_REGION", given.getOrDefault("AWS_REGION", AwsEdge.REGION));
    environment.put(
        "AWS_ACCESS_KEY_ID", given.getOrDefault("AWS_ACCESS_KEY_ID", AwsEdge.ACCESS_KEY_ID));
    environment.put(
        "AWS_SECRET_ACCESS_KEY",
        given.getOrDefault("AWS_SECRET_ACCESS_KEY", AwsEdge.SECRET_ACCESS_KEY));
    // Of this run alone, for the endpoint may be used by others.
    var run = "ampoule-it-" + UUID.randomUUID().toString().substring(0, 13);
    environment.put("AMPOULE_PLUGINS_TABLE", run + "-plugins");
    environment.put("AMPOULE_AUDIT_TABLE", run + "-audit");
    environment.put("AMPOULE_CONNECTIONS_TABLE", run + "-connections");
    environment.put("AMPOULE_EVENTS_TABLE", run + "-events");
    environment.put("AMPOULE_MODULES_BUCKET", run + "-modules");
    environment.put("AMPOULE_AUDIT_BUCKET", run + "-checkpoints");
    environment.put("AMPOULE_SPOOL_BUCKET", run + "-spool");
    environment.put("AMPOULE_ARTIFACT_KEY", "A".repeat(64));
    try {
      var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      var base64 = Base64.getEncoder();
      environment.put(
          "AMPOULE_CHECKPOINT_KEY", base64.encodeToString(pair.getPrivate().getEncoded()));
      environment.put(
          "AMPOULE_CHECKPOINT_PUBLIC_KEY", base64.encodeToString(pair.getPublic().getEncoded()));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
    return Map.copyOf(environment);
  }

  /** With some variables other than those of this deployment. */
  Wiring wiring(Map<String, String> other) {
    var changed = new HashMap<>(environment);
    changed.putAll(other);
    return new Wiring(new Settings(changed));
  }

  DynamoDbClient dynamoDb() {
    return dynamoDb;
  }

  String auditTable() {
    return Objects.requireNonNull(environment.get("AMPOULE_AUDIT_TABLE"));
  }

  private String modules() {
    return Objects.requireNonNull(environment.get("AMPOULE_MODULES_BUCKET"));
  }

  /** A response, with its body as bytes. */
  @SuppressWarnings("ArrayRecordComponent") // the body itself; compared as bytes
  record Answer(int status, Map<String, String> headers, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new AssertionError(text(), e);
      }
    }
  }

  /** What an HTTP API with the real authorizer would send for a caller with these roles. */
  record Call(String route, Map<String, String> path, Map<String, String> query, String roles) {
    static Call as(String roles, String route, String... path) {
      var parameters = new HashMap<String, String>();
      for (int i = 0; i < path.length; i += 2) {
        parameters.put(path[i], path[i + 1]);
      }
      return new Call(route, parameters, Map.of(), roles);
    }

    Call with(String name, String value) {
      var more = new HashMap<>(query);
      more.put(name, value);
      return new Call(route, path, more, roles);
    }
  }

  Answer plugins(Call call, String body) {
    return answer(plugins, call, body.getBytes(StandardCharsets.UTF_8));
  }

  Answer invoke(Call call, byte[] body) {
    return answer(invoke, call, body);
  }

  Answer audit(Call call) {
    return answer(audit, call, new byte[0]);
  }

  Answer topics(Call call, String body) {
    return answer(topics, call, body.getBytes(StandardCharsets.UTF_8));
  }

  Answer health() {
    return health(health);
  }

  static Answer health(HealthHandler handler) {
    return answer(handler, Call.as("", "GET /health"), new byte[0]);
  }

  void checkpoint() {
    checkpoint.handleRequest(new ScheduledEvent(), new TestContext());
  }

  private static Answer answer(
      RequestHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> handler,
      Call call,
      byte[] body) {
    var lambda = new HashMap<String, Object>();
    lambda.put("subject", "tester");
    lambda.put("roles", call.roles());
    var response =
        handler.handleRequest(
            APIGatewayV2HTTPEvent.builder()
                .withRouteKey(call.route())
                .withPathParameters(call.path())
                .withQueryStringParameters(call.query())
                .withHeaders(Map.of("accept", "*/*"))
                .withBody(Base64.getEncoder().encodeToString(body))
                .withIsBase64Encoded(true)
                .withRequestContext(
                    APIGatewayV2HTTPEvent.RequestContext.builder()
                        .withRequestId(UUID.randomUUID().toString())
                        .withAuthorizer(
                            APIGatewayV2HTTPEvent.RequestContext.Authorizer.builder()
                                .withLambda(lambda)
                                .build())
                        .build())
                .build(),
            new TestContext());
    return new Answer(
        response.getStatusCode(),
        response.getHeaders(),
        response.getIsBase64Encoded()
            ? Base64.getDecoder().decode(response.getBody())
            : response.getBody().getBytes(StandardCharsets.UTF_8));
  }

  /** Uploads a sample plugin under a version of our own, and tells the function as S3 would. */
  void push(String sample, String version) {
    var folder = Stack.ROOT.resolve("plugins").resolve(sample);
    push(
        sample,
        version,
        Optional.of(
            new String(read(folder.resolve("plugin.json")), StandardCharsets.UTF_8)
                .replaceFirst("\"version\": *\"[^\"]*\"", "\"version\": \"" + version + "\"")),
        read(folder.resolve("plugin.wasm")));
  }

  void push(String name, String version, Optional<String> manifest, byte[] module) {
    manifest.ifPresent(json ->
        s3.putObject(
            b -> b.bucket(modules()).key("plugins/" + name + "/" + version + ".json"),
            RequestBody.fromString(json)));
    s3.putObject(
        b -> b.bucket(modules()).key("plugins/" + name + "/" + version + ".wasm"),
        RequestBody.fromBytes(module));
    uploaded(name, version);
  }

  /** The event of an upload, for what is in the bucket now. */
  void uploaded(String name, String version) {
    var key = "plugins/" + name + "/" + version + ".wasm";
    var object = s3.headObject(b -> b.bucket(modules()).key(key));
    var owner = new UserIdentityEntity("000000000000");
    register.handleRequest(
        new S3Event(
            List.of(
                new S3EventNotificationRecord(
                    environment.get("AWS_REGION"),
                    "ObjectCreated:Put",
                    "aws:s3",
                    Instant.now().toString(),
                    "2.1",
                    new RequestParametersEntity("127.0.0.1"),
                    new ResponseElementsEntity("id-2", UUID.randomUUID().toString()),
                    new S3Entity(
                        "register",
                        new S3BucketEntity(modules(), owner, "arn:aws:s3:::" + modules()),
                        new S3ObjectEntity(
                            key,
                            object.contentLength(),
                            object.eTag().replace("\"", ""),
                            object.versionId(),
                            "0"),
                        "1.0"),
                    owner))),
        new TestContext());
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    for (String bucket :
        List.of(
            modules(),
            environment.get("AMPOULE_AUDIT_BUCKET"),
            environment.get("AMPOULE_SPOOL_BUCKET"))) {
      s3.listObjectsV2Paginator(b -> b.bucket(bucket))
          .contents()
          .forEach(object -> s3.deleteObject(b -> b.bucket(bucket).key(object.key())));
      s3.deleteBucket(b -> b.bucket(bucket));
    }
    for (String table : TABLES) {
      dynamoDb.deleteTable(b -> b.tableName(environment.get(table)));
    }
    s3.close();
    dynamoDb.close();
  }

  /** What the handlers read of Lambda: the request's id. */
  private record TestContext(String getAwsRequestId) implements Context {
    TestContext() {
      this(UUID.randomUUID().toString());
    }

    @Override
    public String getLogGroupName() {
      return "log";
    }

    @Override
    public String getLogStreamName() {
      return "stream";
    }

    @Override
    public String getFunctionName() {
      return "function";
    }

    @Override
    public String getFunctionVersion() {
      return "1";
    }

    @Override
    public String getInvokedFunctionArn() {
      return "arn:aws:lambda:us-east-1:000000000000:function:function:live";
    }

    @Override
    public CognitoIdentity getIdentity() {
      throw new UnsupportedOperationException("there is none");
    }

    @Override
    public ClientContext getClientContext() {
      throw new UnsupportedOperationException("there is none");
    }

    @Override
    public int getRemainingTimeInMillis() {
      return 30_000;
    }

    @Override
    public int getMemoryLimitInMB() {
      return 2048;
    }

    @Override
    public LambdaLogger getLogger() {
      throw new UnsupportedOperationException("the handlers log through slf4j");
    }
  }
}
