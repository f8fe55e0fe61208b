package dev.ampoule.local;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Everything that runs on one machine, started and stopped in order: the ports, DynamoDB and S3,
 * the application's resources and functions, and last the gateway. It stops the other way round, so
 * that what is still at work finds what it needs.
 */
public final class LocalStack implements AutoCloseable {
  /**
   * What may differ from run to run.
   *
   * @param host the gateway's address; the AWS edge is on the loopback one always, for DynamoDB
   *     Local lets anyone in
   * @param gatewayPort 0 for any free one
   * @param awsPort 0 for any free one
   * @param dataDir empty keeps tables and buckets in memory
   * @param dynamoDb another DynamoDB endpoint in place of the embedded one
   * @param httpAlsoReachable ranges (CIDR) that plugins may reach although they are not public
   * @param webSocketLimits those of AWS, or shorter ones
   * @param signatures which modules are taken
   */
  public record Options(
      String host,
      int gatewayPort,
      int awsPort,
      Optional<Path> dataDir,
      Optional<URI> dynamoDb,
      List<String> httpAlsoReachable,
      WebSocketLimits webSocketLimits,
      LocalEnvironment.Signatures signatures) {
    public Options {
      Objects.requireNonNull(host, "host");
      Objects.requireNonNull(dataDir, "dataDir");
      Objects.requireNonNull(dynamoDb, "dynamoDb");
      Objects.requireNonNull(webSocketLimits, "webSocketLimits");
      httpAlsoReachable = List.copyOf(httpAlsoReachable);
      Objects.requireNonNull(signatures, "signatures");
    }

    /** With AWS's own limits of WebSockets, and where no signature counts. */
    public Options(
        String host,
        int gatewayPort,
        int awsPort,
        Optional<Path> dataDir,
        Optional<URI> dynamoDb,
        List<String> httpAlsoReachable) {
      this(
          host,
          gatewayPort,
          awsPort,
          dataDir,
          dynamoDb,
          httpAlsoReachable,
          WebSocketLimits.AWS,
          LocalEnvironment.Signatures.NONE);
    }
  }

  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final LocalEnvironment environment;
  private final Application application;
  private final Gateway gateway;
  private final Optional<URI> webSocketUrl;
  private final Faults faults;

  private LocalStack(
      Options options,
      Path home,
      LocalIssuer issuer,
      Application.Factory factory,
      Progress progress)
      throws IOException {
    try {
      gateway = opened(Gateway.bind(options.host(), options.gatewayPort()));
      var notifications = new S3Notifications();
      AwsEdge edge =
          opened(
              AwsEdge.start(
                  options.awsPort(),
                  options.dataDir(),
                  options.dynamoDb().isEmpty(),
                  notifications));
      faults = edge.faults();
      environment =
          new LocalEnvironment(
              edge.endpoint(),
              options.dynamoDb().orElse(edge.endpoint()),
              gateway.url(),
              options.dataDir().orElse(home),
              options.httpAlsoReachable(),
              options.signatures());
      progress.say(
          "DynamoDB on %s, S3 on %s".formatted(environment.dynamoDbEndpoint(), edge.endpoint()));

      application = opened(factory.wire(environment));
      edge.serve(application.queues());
      createResources(application, options);
      opened(notifications);
      application.s3Triggers().forEach(notifications::subscribe);
      application.start();
      progress.say("tables, buckets and functions ready");

      // It took its port first and stops first.
      started.remove(gateway);
      opened(gateway);
      Optional<WebSocketRoutes> webSocketRoutes = application.webSocketRoutes();
      webSocketUrl =
          webSocketRoutes.map(routes ->
              URI.create("ws://localhost:%d/%s".formatted(gateway.port(), routes.stage())));
      gateway.serve(
          new HttpApi(application.routes(), application.authorizer(), issuer.documents()),
          webSocketRoutes.map(routes -> new WebSocketApi(routes, options.webSocketLimits())));
      progress.say("gateway on " + gateway.url());
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** The embedded DynamoDB answers, or there is a bug; another one may be down or no DynamoDB. */
  private static void createResources(Application application, Options options) throws IOException {
    try {
      application.createResources();
    } catch (SdkException e) {
      if (options.dynamoDb().isEmpty()) {
        throw e;
      }
      throw new IOException(
          "--dynamodb %s: no tables could be made there; is it a DynamoDB, and does it answer?"
              .formatted(options.dynamoDb().get()),
          e);
    }
  }

  /**
   * Starts it all, or nothing.
   *
   * @param home where secrets are kept that outlive the data
   * @throws PortInUse naming the port and its option
   * @throws IOException where a folder or an address cannot be used
   */
  static LocalStack start(
      Options options,
      Path home,
      LocalIssuer issuer,
      Application.Factory factory,
      Progress progress)
      throws IOException {
    return new LocalStack(options, home, issuer, factory, progress);
  }

  LocalEnvironment environment() {
    return environment;
  }

  Application application() {
    return application;
  }

  /** What the embedded services do badly on purpose. */
  Faults faults() {
    return faults;
  }

  public URI url() {
    return gateway.url();
  }

  /** Where WebSocket clients connect to; empty where the template has no WebSocket API. */
  public Optional<URI> webSocketUrl() {
    return webSocketUrl;
  }

  private <T extends AutoCloseable> T opened(T part) {
    started.push(part);
    return part;
  }

  /** Takes no more requests, lets those in flight end (up to 10 s), then stops the rest. */
  @Override
  public void close() {
    RuntimeException failure = null;
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        RuntimeException next = new IllegalStateException("a part did not stop", e);
        if (failure == null) {
          failure = next;
        } else {
          failure.addSuppressed(next);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
