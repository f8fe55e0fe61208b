package dev.ampoule.entry;

import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler;
import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler;
import com.sun.net.httpserver.HttpServer;
import dev.ampoule.aws.AwsClients;
import dev.ampoule.aws.Tables;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.s3.S3Client;

/** Everything the handlers reach, on ports of this machine: DynamoDB, S3 and a token issuer. */
final class Backend implements AutoCloseable {
  private static final String PLUGINS_TABLE = "Plugins";
  private static final String CONNECTIONS_TABLE = "Connections";
  private static final String EVENTS_TABLE = "Events";
  private static final String AUDIT_TABLE = "Audit";
  static final String MODULES_BUCKET = "ampoule-modules";
  static final String AUDIT_BUCKET = "ampoule-audit";
  static final String SPOOL_BUCKET = "ampoule-spool";
  private static final String LOOPBACK = "127.0.0.1";
  private static final String ACCESS_KEY_ID = "local";
  private static final String SECRET = "local-secret";

  private final LocalDynamoDBRequestHandler dynamoDb =
      new LocalDynamoDBRequestHandler(0, true, null, true, false);
  private final Server dynamoDbServer = new Server();
  private final S3Proxy s3;
  private final HttpServer issuer;
  private final Map<String, String> environment = new HashMap<>();
  private final S3Client s3Client;
  private final List<String> pushed = new CopyOnWriteArrayList<>();

  private Backend() throws Exception {
    var connector = new ServerConnector(dynamoDbServer);
    connector.setHost(LOOPBACK);
    dynamoDbServer.addConnector(connector);
    dynamoDbServer.setHandler(new LocalDynamoDBServerHandler(dynamoDb, null));
    dynamoDbServer.start();
    s3 =
        S3Proxy.builder()
            .blobStore(new TransientNio2BlobStore())
            .endpoint(URI.create("http://" + LOOPBACK + ":0"))
            .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY_ID, SECRET)
            .build();
    s3.start();
    issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    var jwks = Backend.class.getResourceAsStream("jwks.json").readAllBytes();
    issuer.createContext(
        "/jwks",
        exchange -> {
          exchange.sendResponseHeaders(200, jwks.length);
          exchange.getResponseBody().write(jwks);
          exchange.close();
        });
    issuer.createContext(
        "/live/@connections/",
        exchange -> {
          pushed.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    issuer.start();

    var keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    var base64 = Base64.getEncoder();
    environment.putAll(
        Map.of(
            "AMPOULE_PLUGINS_TABLE",
            PLUGINS_TABLE,
            "AMPOULE_AUDIT_TABLE",
            AUDIT_TABLE,
            "AMPOULE_MODULES_BUCKET",
            MODULES_BUCKET,
            "AMPOULE_AUDIT_BUCKET",
            AUDIT_BUCKET,
            "AMPOULE_ARTIFACT_KEY",
            "A".repeat(64),
            "AMPOULE_CHECKPOINT_KEY",
            base64.encodeToString(keys.getPrivate().getEncoded()),
            "AMPOULE_CHECKPOINT_PUBLIC_KEY",
            base64.encodeToString(keys.getPublic().getEncoded()),
            "AMPOULE_JWKS_URL",
            "http://" + LOOPBACK + ":" + issuer.getAddress().getPort() + "/jwks",
            "AMPOULE_TOKEN_ISSUER",
            "https://issuer.example",
            "AMPOULE_TOKEN_AUDIENCE",
            "ampoule"));
    environment.put("AMPOULE_SPOOL_BUCKET", SPOOL_BUCKET);
    environment.putAll(
        Map.of(
            "AMPOULE_CONNECTIONS_TABLE",
            CONNECTIONS_TABLE,
            "AMPOULE_EVENTS_TABLE",
            EVENTS_TABLE,
            "AMPOULE_CONNECTIONS_URL",
            "http://" + LOOPBACK + ":" + issuer.getAddress().getPort() + "/live"));
    environment.put("AMPOULE_LIVE_URL", "wss://socket.example/live");
    environment.putAll(
        Map.of(
            "AWS_REGION",
            "us-east-1",
            "AWS_ACCESS_KEY_ID",
            ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY",
            SECRET,
            "AWS_ENDPOINT_URL",
            "http://" + LOOPBACK + ":" + s3.getPort(),
            "AWS_ENDPOINT_URL_DYNAMODB",
            "http://" + LOOPBACK + ":" + connector.getLocalPort()));
    var clients = new AwsClients(Wiring.location(settings()));
    s3Client = clients.s3();
    s3Client.createBucket(b -> b.bucket(MODULES_BUCKET));
    s3Client.createBucket(b -> b.bucket(AUDIT_BUCKET));
    s3Client.createBucket(b -> b.bucket(SPOOL_BUCKET));
    create(clients.dynamoDb(), Tables.pluginsTable(PLUGINS_TABLE));
    create(clients.dynamoDb(), Tables.auditTable(AUDIT_TABLE));
    create(clients.dynamoDb(), Tables.connectionsTable(CONNECTIONS_TABLE));
    create(clients.dynamoDb(), Tables.eventsTable(EVENTS_TABLE));
  }

  /** On a busy machine the client gives up waiting, and its next try finds the table made. */
  private static void create(DynamoDbClient client, CreateTableRequest table) {
    try {
      client.createTable(table);
    } catch (ResourceInUseException e) {
      client.waiter().waitUntilTableExists(b -> b.tableName(table.tableName()));
    }
  }

  static Backend start() throws Exception {
    return new Backend();
  }

  /**
   * As the functions are told; a function that does not read a variable is told it all the same.
   */
  Map<String, String> environment() {
    return Map.copyOf(environment);
  }

  Settings settings() {
    return new Settings(environment);
  }

  /** Puts a module where its upload would; nothing is told of it. */
  void upload(String version, byte[] wasm) {
    s3Client.putObject(
        b -> b.bucket(MODULES_BUCKET).key("plugins/echo/" + version + ".wasm"),
        RequestBody.fromBytes(wasm));
  }

  /** The frames that were sent to WebSocket connections. */
  List<String> pushed() {
    return List.copyOf(pushed);
  }

  int objects(String bucket) {
    return s3Client.listObjectsV2(b -> b.bucket(bucket)).contents().size();
  }

  @Override
  public void close() {
    s3Client.close();
    issuer.stop(0);
    try {
      s3.stop();
      dynamoDbServer.stop();
    } catch (Exception e) {
      throw new IllegalStateException("a server did not stop", e);
    }
    dynamoDb.shutdown();
  }
}
