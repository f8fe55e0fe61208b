package dev.ampoule.bench;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketEvent;
import com.fasterxml.jackson.databind.JsonNode;
import dev.ampoule.local.Gateway;
import dev.ampoule.local.HttpApi;
import dev.ampoule.local.LambdaFunction;
import dev.ampoule.local.Route;
import dev.ampoule.local.RouteKey;
import dev.ampoule.local.WebSocketApi;
import dev.ampoule.local.WebSocketLimits;
import dev.ampoule.local.WebSocketRoutes;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.apigatewaymanagementapi.ApiGatewayManagementApiClient;
import software.amazon.awssdk.services.apigatewaymanagementapi.model.GoneException;

/**
 * The yardstick: the same gateway and the same {@code @connections}, and of the platform nothing.
 * The topic is a list in memory, so what it costs is what the gateway costs (RATIONALE: "Why is
 * there a yardstick beside the platform's fan-out?").
 */
final class GatewayTopic implements Topic {
  private final ServerProcess server;
  private final int port;
  private final HttpClient http = HttpClient.newHttpClient();

  private GatewayTopic(ServerProcess server, int port) {
    this.server = server;
    this.port = port;
  }

  static GatewayTopic start() throws IOException, InterruptedException {
    ServerProcess server = ServerProcess.start(Server.class.getName());
    int port = Integer.parseInt(server.await(Pattern.compile("^port (\\d+)$")).group(1));
    return new GatewayTopic(server, port);
  }

  @Override
  public String name() {
    return "gateway alone";
  }

  @Override
  public URI webSocket() {
    return URI.create("ws://127.0.0.1:" + port + "/live");
  }

  @Override
  public Optional<String> subprotocols() {
    return Optional.empty();
  }

  @Override
  public String subscription(Optional<Long> after) {
    return "{\"action\":\"subscribe\"}";
  }

  @Override
  public boolean isSubscribed(JsonNode frame) {
    return frame.path("type").asText().equals("subscribed");
  }

  @Override
  public void publish(int number) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/publish"))
            .header("Content-Type", "text/plain") // else a function gets it in Base64
            .POST(HttpRequest.BodyPublishers.ofString(String.valueOf(number)))
            .build();
    int status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    if (status != 200) {
      throw new AssertionError("publish: " + status);
    }
  }

  @Override
  public ServerProcess server() {
    return server;
  }

  @Override
  public void close() {
    http.close();
    server.close();
  }

  /** The other process. */
  static final class Server {
    /** As many as a call of the fan-out has at once. */
    private static final int PUSHERS = 64;

    private final List<String> connections = new CopyOnWriteArrayList<>();
    private final ExecutorService pushers = Executors.newVirtualThreadPerTaskExecutor();

    private Server() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
      Gateway gateway = Gateway.bind("127.0.0.1", 0);
      new Server().serve(gateway);
      System.out.println("port " + gateway.port());
      new CountDownLatch(1).await();
    }

    private void serve(Gateway gateway) {
      Map<String, Object> ok = Map.of("statusCode", 200);
      ApiGatewayManagementApiClient management =
          ApiGatewayManagementApiClient.builder()
              .endpointOverride(URI.create("http://127.0.0.1:" + gateway.port() + "/live"))
              .region(Region.US_EAST_1)
              .credentialsProvider(
                  StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
              .httpClient(UrlConnectionHttpClient.create())
              .build();
      RequestHandler<APIGatewayV2HTTPEvent, Object> publish =
          (event, _) -> {
            push(management, event.getBody());
            return "published";
          };
      RequestHandler<APIGatewayV2WebSocketEvent, Object> subscribe =
          (event, _) -> {
            connections.add(event.getRequestContext().getConnectionId());
            return Map.of("statusCode", 200, "body", "{\"type\":\"subscribed\"}");
          };
      gateway.serve(
          new HttpApi(
              List.of(
                  new Route(
                      new RouteKey("POST /publish"),
                      new LambdaFunction<>("publish", publish, Duration.ofMinutes(5), 1),
                      false)),
              Optional.empty(),
              Map.of()),
          Optional.of(
              new WebSocketApi(
                  new WebSocketRoutes(
                      "live",
                      "$request.body.action",
                      Map.of(
                          "$connect",
                          new LambdaFunction<>("connect", (_, _) -> ok, Duration.ofSeconds(20), 64),
                          "subscribe",
                          new LambdaFunction<>("subscribe", subscribe, Duration.ofSeconds(20), 64)),
                      Optional.empty(),
                      Set.of("subscribe")),
                  WebSocketLimits.AWS)));
    }

    /** A connection's events go through one thread after the other, so they are in order. */
    private void push(ApiGatewayManagementApiClient management, String number) {
      var frame =
          SdkBytes.fromUtf8String(
              "{\"type\":\"event\",\"topic\":\"bench\",\"seq\":%s,\"data\":{\"n\":%s}}"
                  .formatted(number, number));
      List<String> all = List.copyOf(connections);
      List<Future<?>> parts = new ArrayList<>();
      for (int i = 0; i < PUSHERS; i++) {
        int part = i;
        parts.add(
            pushers.submit(() -> {
              for (int c = part; c < all.size(); c += PUSHERS) {
                String id = all.get(c);
                try {
                  management.postToConnection(r -> r.connectionId(id).data(frame));
                } catch (GoneException e) {
                  connections.remove(id);
                }
              }
            }));
      }
      for (Future<?> part : parts) {
        try {
          part.get();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException(e);
        } catch (ExecutionException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }
}
