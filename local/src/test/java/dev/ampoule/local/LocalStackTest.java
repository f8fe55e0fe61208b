package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.S3Event;
import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;

class LocalStackTest {
  @TempDir private Path folder;

  /** Registers what is uploaded, and says over HTTP what has been. */
  private static final class Registry implements Application {
    private final Set<String> registered = ConcurrentHashMap.newKeySet();
    private final LocalEnvironment environment;
    private boolean started;
    private boolean closed;

    Registry(LocalEnvironment environment) {
      this.environment = environment;
    }

    @Override
    public void createResources() {
      try (S3Client s3 = SamplePlugins.s3(environment)) {
        if (s3.listBuckets().buckets().isEmpty()) {
          s3.createBucket(b -> b.bucket(pluginBucket()));
        }
      }
    }

    @Override
    public String pluginBucket() {
      return "modules";
    }

    @Override
    public List<Route> routes() {
      return List.of(
          new Route(
              new RouteKey("GET /plugins"),
              new LambdaFunction<APIGatewayV2HTTPEvent, Map<String, Object>>(
                  "list",
                  (_, _) -> Map.of("registered", registered.stream().sorted().toList()),
                  Duration.ofSeconds(5),
                  8),
              false));
    }

    @Override
    public Optional<Authorizer> authorizer() {
      return Optional.empty();
    }

    @Override
    public Optional<WebSocketRoutes> webSocketRoutes() {
      return Optional.empty();
    }

    @Override
    public List<S3Trigger> s3Triggers() {
      return List.of(
          new S3Trigger(
              pluginBucket(),
              "plugins/",
              ".wasm",
              new LambdaFunction<S3Event, Void>(
                  "register",
                  (event, _) -> {
                    event
                        .getRecords()
                        .forEach(r -> registered.add(r.getS3().getObject().getUrlDecodedKey()));
                    return null;
                  },
                  Duration.ofSeconds(5),
                  2)));
    }

    @Override
    public void start() {
      started = true;
    }

    @Override
    public Queues queues() {
      return Queues.none();
    }

    @Override
    public Registration registration(String pluginName, String version) {
      if (pluginName.equals("broken")) {
        return new Registration.NotLive("imports env.foo, which no ABI provides");
      }
      return registered.contains("plugins/" + pluginName + "/" + version + ".wasm")
          ? new Registration.Live()
          : new Registration.Pending();
    }

    @Override
    public List<String> tokenRoles() {
      return List.of("admin");
    }

    @Override
    public String example(URI url, Path root, String token) {
      return "curl " + url;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @Test
  void theSamplesAreLiveAndAnsweredForThroughTheGateway() throws Exception {
    Path samples = folder.resolve("plugins");
    sample(samples, "alpha");
    sample(samples, "beta");
    sample(samples, "broken");
    Files.createDirectories(samples.resolve("not-built-yet"));
    var said = new StringWriter();
    var progress = new Progress(new PrintWriter(said));
    try (LocalStack stack = start(0, Optional.empty(), progress)) {
      assertThat(SamplePlugins.deploy(samples, stack, progress)).isEqualTo(2);
      assertThat(get(stack.url().resolve("/plugins")).body())
          .isEqualTo(
              "{\"registered\":[\"plugins/alpha/1.0.0.wasm\",\"plugins/beta/1.0.0.wasm\","
                  + "\"plugins/broken/1.0.0.wasm\"]}");
      assertThat(JWKSet.parse(get(stack.environment().jwksUrl()).body()).getKeys()).hasSize(1);
    }
    assertThat(said.toString())
        .contains("s  alpha@1.0.0 live")
        .contains("s  beta@1.0.0 live")
        .contains("s  broken@1.0.0 not live: imports env.foo, which no ABI provides");
  }

  @Test
  void aRestartOnTheSameDataRegistersWhatIsThereAgain() throws Exception {
    Path samples = folder.resolve("plugins");
    sample(samples, "alpha");
    var progress = new Progress(new PrintWriter(new StringWriter()));
    for (int run = 0; run < 2; run++) {
      try (LocalStack stack = start(0, Optional.of(folder.resolve("data")), progress)) {
        assertThat(SamplePlugins.deploy(samples, stack, progress)).isEqualTo(1);
      }
    }
  }

  @Test
  void aStopClosesTheApplicationAndFreesThePorts() throws Exception {
    LocalStack stack =
        start(0, Optional.empty(), new Progress(new PrintWriter(new StringWriter())));
    Registry registry = (Registry) stack.application();
    int gateway = stack.url().getPort();
    int aws = stack.environment().awsEndpoint().getPort();
    stack.close();
    assertThat(registry.started).isTrue();
    assertThat(registry.closed).isTrue();
    for (int port : new int[] {gateway, aws}) {
      new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1")).close();
    }
  }

  @Test
  void aFailedStartLeavesNoPortTaken() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      var free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
      int gatewayPort = free.getLocalPort();
      free.close();
      var options =
          new LocalStack.Options(
              "127.0.0.1",
              gatewayPort,
              taken.getLocalPort(),
              Optional.empty(),
              Optional.empty(),
              List.of());
      assertThatThrownBy(() ->
              LocalStack.start(
                  options,
                  folder,
                  LocalIssuer.open(folder),
                  Registry::new,
                  new Progress(new PrintWriter(new StringWriter()))))
          .isInstanceOf(PortInUse.class)
          .hasMessageContaining("--aws-port");
      new ServerSocket(gatewayPort, 1, InetAddress.ofLiteral("127.0.0.1")).close();
    }
  }

  private LocalStack start(int port, Optional<Path> data, Progress progress) throws IOException {
    return LocalStack.start(
        new LocalStack.Options("127.0.0.1", port, 0, data, Optional.empty(), List.of()),
        folder,
        LocalIssuer.open(folder),
        Registry::new,
        progress);
  }

  private static void sample(Path samples, String name) throws IOException {
    Path plugin = Files.createDirectories(samples.resolve(name));
    Files.writeString(
        plugin.resolve("plugin.json"), "{\"name\":\"%s\",\"version\":\"1.0.0\"}".formatted(name));
    Files.write(plugin.resolve("plugin.wasm"), new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
  }

  private static HttpResponse<String> get(URI url) throws IOException, InterruptedException {
    try (var http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofString());
    }
  }
}
