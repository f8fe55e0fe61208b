package dev.ampoule.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.regex.Pattern;

/** A topic of the platform, as {@code ampoule up} runs it from {@code template.yaml}. */
final class PlatformTopic implements Topic {
  private static final String TOPIC = "ward/bench";
  private static final int CREATED = 201;

  private final ServerProcess server;
  private final URI rest;
  private final URI webSocket;
  private final String token;
  private final HttpClient http = HttpClient.newHttpClient();

  private PlatformTopic(ServerProcess server, URI rest, URI webSocket, String token) {
    this.server = server;
    this.rest = rest;
    this.webSocket = webSocket;
    this.token = token;
  }

  static PlatformTopic start() throws IOException, InterruptedException {
    ServerProcess server =
        ServerProcess.start(
            "dev.ampoule.local.Main", "up", "--port", "0", "--aws-port", "0", "--no-samples");
    return new PlatformTopic(
        server,
        URI.create(server.await(Pattern.compile("^Ampoule +(http\\S+)$")).group(1)),
        URI.create(server.await(Pattern.compile("^WebSocket +(ws\\S+)$")).group(1)),
        server.await(Pattern.compile("^Token +(\\S+)$")).group(1));
  }

  @Override
  public String name() {
    return "platform";
  }

  @Override
  public URI webSocket() {
    return webSocket;
  }

  @Override
  public Optional<String> subprotocols() {
    return Optional.of("ampoule.v1," + token);
  }

  @Override
  public String subscription(Optional<Long> after) {
    return "{\"action\":\"subscribe\",\"topic\":\"%s\"%s}"
        .formatted(TOPIC, after.map(seq -> ",\"after\":" + seq).orElse(""));
  }

  @Override
  public boolean isSubscribed(JsonNode frame) {
    return frame.path("type").asText().equals("subscribed");
  }

  @Override
  public void publish(int number) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(rest.resolve("/v1/topics/" + TOPIC))
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"n\":" + number + "}"))
            .build();
    var response = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != CREATED) {
      throw new AssertionError("publish: " + response.statusCode() + " " + response.body());
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
}
