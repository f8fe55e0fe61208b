package dev.ampoule.local;

import dev.ampoule.entry.ModuleSigning;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Starts everything on this machine and keeps it running until Ctrl-C. */
@Command(
    name = "up",
    description = "Start Ampoule on this machine: no account, no Docker.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true)
final class UpCommand implements Callable<Integer> {
  private static final Duration TOKEN_LIFETIME = Duration.ofHours(8);

  private static final Duration STARTING_ENDS_WITHIN = Duration.ofSeconds(2);
  private static final Duration CONNECTION_TIME_MIN = Duration.ofMillis(100);
  private static final int PORT_MAX = 65_535;

  /** Set by the launcher: the repository, so that template and samples are found from anywhere. */
  private static final String ROOT_PROPERTY = "ampoule.root";

  private final Function<Path, Application.Factory> application;

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--port", paramLabel = "PORT", description = "Port of the gateway.")
  private int port = Gateway.DEFAULT_PORT;

  @Option(
      names = "--aws-port",
      paramLabel = "PORT",
      description = "Port of the AWS endpoint (DynamoDB, S3 and the dead-letter queues).")
  private int awsPort = AwsEdge.DEFAULT_PORT;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "Address the gateway listens on; 0.0.0.0 opens it to the network.")
  private String host = "127.0.0.1";

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Keep tables and buckets in this folder across restarts (default: in memory).")
  private @Nullable Path data;

  @Option(
      names = "--dynamodb",
      paramLabel = "URL",
      description = "Use the DynamoDB at this endpoint, not the embedded one.")
  private @Nullable URI dynamoDb;

  @Option(
      names = "--template",
      paramLabel = "FILE",
      description = "Run this CloudFormation template (default: the repository's template.yaml).")
  private @Nullable Path template;

  @Option(names = "--no-samples", description = "Do not deploy the sample plugins.")
  private boolean noSamples;

  @Option(
      names = "--allow-address",
      paramLabel = "CIDR",
      split = ",",
      description =
          "Let plugins reach these addresses although they are private, loopback or link-local,"
              + " such as 127.0.0.0/8; the plugin's manifest must list the host all the same.")
  private List<String> allowedAddresses = List.of();

  @Option(
      names = "--websocket-idle",
      paramLabel = "TIME",
      converter = ConnectionTime.class,
      description =
          "Close a WebSocket connection after so long without a frame, as 500ms, 20s or 10m; API"
              + " Gateway's (default: ${DEFAULT-VALUE}) is the longest.",
      defaultValue = "10m")
  private Duration webSocketIdle = WebSocketLimits.AWS.idle();

  @Option(
      names = "--websocket-lifetime",
      paramLabel = "TIME",
      converter = ConnectionTime.class,
      description =
          "Close a WebSocket connection when it is so old, as 500ms, 20s or 2h; API Gateway's"
              + " (default: ${DEFAULT-VALUE}) is the longest.",
      defaultValue = "2h")
  private Duration webSocketLifetime = WebSocketLimits.AWS.lifetime();

  /** {@code 500ms}, {@code 20s}, {@code 10m} or {@code 2h}. */
  static final class ConnectionTime implements ITypeConverter<Duration> {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");

    @Override
    public Duration convert(String text) {
      Matcher time = FORM.matcher(text);
      if (!time.matches()) {
        throw new TypeConversionException("must be a time, as 500ms, 20s, 10m or 2h");
      }
      long count = Long.parseLong(time.group(1));
      return switch (time.group(2)) {
        case "ms" -> Duration.ofMillis(count);
        case "s" -> Duration.ofSeconds(count);
        case "m" -> Duration.ofMinutes(count);
        default -> Duration.ofHours(count);
      };
    }
  }

  @Option(
      names = "--fault",
      paramLabel = "SERVICE=FAULT",
      split = ",",
      description =
          "Once it is up, break a service: dynamodb or s3, down, slow or throttle. At run time:"
              + " GET, PUT or DELETE /_ampoule/faults on the AWS port.")
  private List<String> faultTexts = List.of();

  @Option(
      names = "--trust",
      paramLabel = "FILE",
      split = ",",
      description =
          "Public keys whose signatures of modules count, as ampoule sign --new-key makes them.")
  private List<Path> trusted = List.of();

  @Option(
      names = "--require-signature",
      description = "Take no module that none of the trusted keys signed.")
  private boolean requireSignature;

  UpCommand(Function<Path, Application.Factory> application) {
    this.application = application;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    checkOptions();
    Map<Faults.Service, Faults.Fault> faults = faults();
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    var progress = new Progress(out);
    var options =
        new LocalStack.Options(
            host,
            port,
            awsPort,
            Optional.ofNullable(data),
            Optional.ofNullable(dynamoDb),
            allowedAddresses,
            WebSocketLimits.AWS.ending(webSocketIdle, webSocketLifetime),
            signatures());
    Path home = LocalIssuer.defaultHome();
    LocalIssuer issuer = LocalIssuer.open(home);
    LocalStack stack =
        LocalStack.start(options, home, issuer, application.apply(template()), progress);
    var stopping = new AtomicBoolean();
    var startingEnded = new CountDownLatch(1);
    Thread starting = Thread.currentThread();
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("stop")
                .unstarted(() -> {
                  stopping.set(true);
                  progress.say("stopping");
                  // Uploads that lose their server would retry, and say so.
                  starting.interrupt();
                  await(startingEnded);
                  stack.close();
                  progress.say("stopped");
                }));
    try {
      serve(stack, issuer, faults, progress, out);
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (!stopping.get()) {
        throw e;
      }
      // Ctrl-C cut it short, and the hook tells of the stop.
    } finally {
      startingEnded.countDown();
    }
    return 0;
  }

  private static Path root() {
    return Path.of(System.getProperty(ROOT_PROPERTY, ".")).toAbsolutePath();
  }

  private Path template() {
    return template == null ? root().resolve("template.yaml") : template;
  }

  /** Until it is interrupted. */
  private void serve(
      LocalStack stack,
      LocalIssuer issuer,
      Map<Faults.Service, Faults.Fault> faults,
      Progress progress,
      PrintWriter out)
      throws IOException, InterruptedException {
    Path root = root();
    if (!noSamples) {
      int live = SamplePlugins.deploy(root.resolve("plugins"), stack, progress);
      progress.say(live + " sample plugins live");
    }
    if (!faults.isEmpty()) {
      stack.faults().set(faults);
      progress.say("broken on purpose: " + String.join(", ", faultTexts));
    }
    String token = issuer.issue("local", stack.application().tokenRoles(), TOKEN_LIFETIME);
    out.printf(
        """

        Ampoule    %s%s
        AWS        export AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s \\
                   AWS_REGION=%s AWS_DEFAULT_REGION=%s
        Plugins    s3://%s/plugins/NAME/VERSION.wasm
        Token      %s
        Try it     %s

        Ctrl-C stops it.
        """,
        stack.url(),
        stack.webSocketUrl().map(url -> "\nWebSocket  " + url).orElse(""),
        stack.environment().awsEndpoint(),
        AwsEdge.ACCESS_KEY_ID,
        AwsEdge.SECRET_ACCESS_KEY,
        AwsEdge.REGION,
        AwsEdge.REGION,
        stack.application().pluginBucket(),
        token,
        stack.application().example(stack.url(), root, token));
    out.flush();
    new CountDownLatch(1).await();
  }

  private void checkOptions() {
    checkPort("--port", port);
    checkPort("--aws-port", awsPort);
    checkTime("--websocket-idle", webSocketIdle, WebSocketLimits.AWS.idle());
    checkTime("--websocket-lifetime", webSocketLifetime, WebSocketLimits.AWS.lifetime());
    if (port != 0 && port == awsPort) {
      throw wrong("--aws-port: must not be the port of the gateway, " + port);
    }
    if (dynamoDb != null
        && (dynamoDb.getHost() == null
            || !("http".equals(dynamoDb.getScheme()) || "https".equals(dynamoDb.getScheme())))) {
      throw wrong("--dynamodb: must be http(s)://host[:port], not " + dynamoDb);
    }
  }

  /**
   * RATIONALE: "Why may a WebSocket connection's idle time and lifetime be shortened, and not
   * lengthened?"
   */
  private void checkTime(String option, Duration time, Duration max) {
    if (time.compareTo(CONNECTION_TIME_MIN) < 0 || time.compareTo(max) > 0) {
      throw wrong(
          "%s: must be %d ms to %d s, not %d ms"
              .formatted(option, CONNECTION_TIME_MIN.toMillis(), max.toSeconds(), time.toMillis()));
    }
  }

  private LocalEnvironment.Signatures signatures() {
    if (requireSignature && trusted.isEmpty()) {
      throw wrong("--require-signature: needs --trust, or every module would be refused");
    }
    var keys = new ArrayList<String>();
    for (Path file : trusted) {
      try {
        keys.add(ModuleSigning.publicKeyBase64(Files.readAllBytes(file)));
      } catch (IOException e) {
        throw wrong("--trust %s: cannot be read".formatted(file));
      } catch (IllegalArgumentException e) {
        throw wrong("--trust %s: %s".formatted(file, e.getMessage()));
      }
    }
    return new LocalEnvironment.Signatures(keys, requireSignature);
  }

  private Map<Faults.Service, Faults.Fault> faults() {
    try {
      var faults = Faults.parse(faultTexts);
      if (dynamoDb != null && faults.containsKey(Faults.Service.DYNAMODB)) {
        throw new IllegalArgumentException("cannot break the DynamoDB of --dynamodb");
      }
      return faults;
    } catch (IllegalArgumentException e) {
      throw wrong("--fault: " + e.getMessage());
    }
  }

  private void checkPort(String option, int port) {
    if (port < 0 || port > PORT_MAX) {
      throw wrong("%s: must be 0 (any free one) to %d, not %d".formatted(option, PORT_MAX, port));
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }

  /** Not for the thread itself to die: it waits in {@code exit} for the hook that waits here. */
  private static void await(CountDownLatch ended) {
    try {
      var _ = ended.await(STARTING_ENDS_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
