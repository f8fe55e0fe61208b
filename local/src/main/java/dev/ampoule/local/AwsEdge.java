package dev.ampoule.local;

import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler;
import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.gaul.s3proxy.S3ProxyServlets;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;

/**
 * One loopback port that speaks DynamoDB, DynamoDB Streams, S3 (path-style, presigned URLs
 * included) and as much of SQS as dead-letter queues need, so that {@code
 * AWS_ENDPOINT_URL=http://localhost:4566} serves the AWS CLI and every SDK. S3 signatures are
 * verified against the credentials below; DynamoDB Local checks that a request is signed, not by
 * whom.
 *
 * <p>DynamoDB's and SQS's requests are told apart by {@code X-Amz-Target}, which their protocols
 * require of each.
 */
public final class AwsEdge implements AutoCloseable {
  public static final int DEFAULT_PORT = 4566;
  public static final String ACCESS_KEY_ID = "test";
  public static final String SECRET_ACCESS_KEY = "test";
  public static final String REGION = "us-east-1";

  private static final int MAX_THREADS = 64;
  private static final long STOP_TIMEOUT_MILLIS = 5_000;
  private static final String LOOPBACK = "127.0.0.1";

  /** DynamoDB Local's own SDK misses JAXB aloud once a stream is read; it works without. */
  private static final Logger NOISE = Logger.getLogger("com.amazonaws.util.Base64");

  private final Server server;
  private final ServerConnector connector;
  private final BlobStore store;
  private final Optional<LocalDynamoDBRequestHandler> dynamoDb;
  private final SqsEndpoint sqs;
  private final Faults faults;

  private AwsEdge(
      Server server,
      ServerConnector connector,
      BlobStore store,
      Optional<LocalDynamoDBRequestHandler> dynamoDb,
      SqsEndpoint sqs,
      Faults faults) {
    this.server = server;
    this.connector = connector;
    this.store = store;
    this.dynamoDb = dynamoDb;
    this.sqs = sqs;
    this.faults = faults;
  }

  /**
   * Starts both services.
   *
   * @param port 0 for any free one
   * @param dataDir where tables and buckets are kept; empty keeps them in memory until {@link
   *     #close()}
   * @param withDynamoDb false where the DynamoDB in use is another; the port then has S3 alone
   * @param notifications told of every object created; closed by its owner, after this edge
   * @throws PortInUse where another process listens on {@code port}
   * @throws IOException where {@code dataDir} cannot be made or written
   */
  public static AwsEdge start(
      int port, Optional<Path> dataDir, boolean withDynamoDb, S3Notifications notifications)
      throws IOException {
    Optional<Path> tables = withDynamoDb ? subfolder(dataDir, "dynamodb") : Optional.empty();
    Optional<Path> buckets = subfolder(dataDir, "s3");
    // The two take about a second each, most of it loading classes.
    var dynamo =
        new FutureTask<>(() ->
            withDynamoDb
                ? Optional.of(dynamoDb(tables))
                : Optional.<LocalDynamoDBRequestHandler>empty());
    Thread.ofPlatform().name("dynamodb-start").daemon(true).start(dynamo);
    BlobStore store = new NotifyingBlobStore(blobStore(buckets), notifications);

    var threads = new QueuedThreadPool(MAX_THREADS);
    threads.setName("aws-edge");
    threads.setDaemon(true);
    var server = new Server(threads);
    var connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(httpForS3()));
    connector.setHost(LOOPBACK);
    connector.setPort(port);
    server.addConnector(connector);
    server.setStopTimeout(STOP_TIMEOUT_MILLIS);
    try {
      connector.open(); // before anything slow: a port in use should show at once
    } catch (IOException e) {
      store.close();
      throw isBindFailure(e) ? new PortInUse(port, "--aws-port", e) : e;
    }

    var s3 = new ServletContextHandler();
    var servlet =
        new ServletHolder(S3ProxyServlets.signed(store, ACCESS_KEY_ID, SECRET_ACCESS_KEY));
    s3.addServlet(servlet, "/*");
    Optional<LocalDynamoDBRequestHandler> requests;
    var sqs = new SqsEndpoint();
    var faults = new Faults();
    var control = new FaultsEndpoint(faults);
    var brokenS3 = new FaultHandler(faults, Faults.Service.S3, s3);
    try {
      requests = dynamo.get();
      server.setHandler(
          new GracefulHandler(
              requests
                  .<Handler>map(r ->
                      new Handler.Sequence(
                          control,
                          new OnlyDynamoDb(
                              new FaultHandler(
                                  faults,
                                  Faults.Service.DYNAMODB,
                                  new LocalDynamoDBServerHandler(r, null))),
                          sqs,
                          brokenS3))
                  .orElseGet(() -> new Handler.Sequence(control, sqs, brokenS3))));
      server.start();
    } catch (Exception e) {
      connector.close();
      store.close();
      throw new IOException("the AWS edge did not start on port " + port, e);
    }
    return new AwsEdge(server, connector, store, requests, sqs, faults);
  }

  /** From now on these queues are there; before, there are none. */
  void serve(Queues queues) {
    sqs.serve(queues);
  }

  /** What its services do badly; nothing at first. */
  public Faults faults() {
    return faults;
  }

  public int port() {
    return connector.getLocalPort();
  }

  /** By name, not number: an SDK sends this as {@code Host}, and people paste it. */
  public URI endpoint() {
    return URI.create("http://localhost:" + port());
  }

  /** Finishes the requests in flight (up to 5 s), then releases the port and the data. */
  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the AWS edge did not stop", e);
    } finally {
      dynamoDb.ifPresent(LocalDynamoDBRequestHandler::shutdown);
      store.close();
    }
  }

  private static LocalDynamoDBRequestHandler dynamoDb(Optional<Path> folder) {
    NOISE.setLevel(Level.SEVERE);
    return new LocalDynamoDBRequestHandler(
        0, folder.isEmpty(), folder.map(Path::toString).orElse(null), true, false);
  }

  private static BlobStore blobStore(Optional<Path> folder) {
    return folder
        .<BlobStore>map(path -> new FilesystemNio2BlobStore(path.toString()))
        .orElseGet(TransientNio2BlobStore::new);
  }

  private static Optional<Path> subfolder(Optional<Path> dataDir, String name) throws IOException {
    if (dataDir.isEmpty()) {
      return Optional.empty();
    }
    Path folder = dataDir.get().resolve(name).toAbsolutePath();
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new IOException(
          "--data %s: cannot make the folder %s in it".formatted(dataDir.get(), name), e);
    }
    // Both stores would start without a word and fail at the first write.
    if (!Files.isWritable(dataDir.get()) || !Files.isWritable(folder)) {
      throw new IOException(
          "--data %s: no permission to write to it, or to the folder %s in it"
              .formatted(dataDir.get(), name));
    }
    return Optional.of(folder);
  }

  /** As s3proxy's own server: S3 keys hold anything, and a form body is an object, not fields. */
  private static HttpConfiguration httpForS3() {
    var http = new HttpConfiguration();
    http.setHttpCompliance(HttpCompliance.LEGACY);
    http.setUriCompliance(UriCompliance.LEGACY);
    http.setHeaderCacheCaseSensitive(true);
    http.setSendServerVersion(false);
    http.setFormEncodedMethods();
    return http;
  }

  static boolean isBindFailure(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof BindException) {
        return true;
      }
    }
    return false;
  }

  private static final class OnlyDynamoDb extends Handler.Wrapper {
    OnlyDynamoDb(Handler handler) {
      super(handler);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      String target = request.getHeaders().get("X-Amz-Target");
      return target != null
          && target.startsWith("DynamoDB")
          && super.handle(request, response, callback);
    }
  }
}
