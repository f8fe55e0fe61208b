package dev.ampoule.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/** The real local stack with the real functions on free ports, as tests use it. */
final class Stack implements AutoCloseable {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final JsonMapper JSON = new JsonMapper();
  private static final int POLLS_MAX = 1_200;

  private final HttpClient http = HttpClient.newHttpClient();
  private final LocalIssuer issuer;
  private final LocalStack stack;
  private final S3Client s3;

  Stack(Path home, Optional<Path> data, String... allowedAddresses) throws IOException {
    this(home, data, ROOT.resolve("template.yaml"), allowedAddresses);
  }

  Stack(Path home, Optional<Path> data, Path template, String... allowedAddresses)
      throws IOException {
    this(
        home,
        template,
        new LocalStack.Options(
            "127.0.0.1", 0, 0, data, Optional.empty(), List.of(allowedAddresses)));
  }

  Stack(Path home, Path template, LocalStack.Options options) throws IOException {
    issuer = LocalIssuer.open(home);
    stack =
        LocalStack.start(
            options,
            home,
            issuer,
            TemplateApplication.of(template),
            new Progress(new PrintWriter(new StringWriter())));
    s3 = SamplePlugins.s3(stack.environment());
  }

  LocalStack local() {
    return stack;
  }

  S3Client s3() {
    return s3;
  }

  /** Where plugins are uploaded. */
  String bucket() {
    return stack.application().pluginBucket();
  }

  /** The bucket whose name has that word in it. */
  String bucket(String word) {
    return s3.listBuckets().buckets().stream()
        .map(bucket -> bucket.name())
        .filter(name -> name.contains(word))
        .findFirst()
        .orElseThrow();
  }

  /** The table whose construct has that name: CDK's logical ids begin with Storage. */
  String table(String construct) {
    try (var dynamoDb = LocalResources.dynamoDb(stack.environment().dynamoDbEndpoint())) {
      return dynamoDb.listTables().tableNames().stream()
          .filter(name -> name.matches("Storage" + construct + "[0-9A-F]{8}"))
          .findFirst()
          .orElseThrow();
    }
  }

  String token(String... roles) {
    return issuer.issue("tester", List.of(roles), Duration.ofMinutes(10));
  }

  URI url(String path) {
    return stack.url().resolve(path);
  }

  /** Uploads a sample plugin's two files as any S3 client does. */
  void upload(String folder, String name, String version) throws IOException {
    var plugin = ROOT.resolve("plugins").resolve(folder);
    var json = Files.readString(plugin.resolve("plugin.json"));
    put(
        name,
        version,
        json.replaceFirst("\"name\": *\"[^\"]*\"", "\"name\": \"" + name + "\"")
            .replaceFirst("\"version\": *\"[^\"]*\"", "\"version\": \"" + version + "\""),
        Files.readAllBytes(plugin.resolve("plugin.wasm")));
  }

  void put(String name, String version, String manifest, byte[] module) {
    if (!manifest.isEmpty()) {
      s3.putObject(
          b -> b.bucket(bucket()).key("plugins/" + name + "/" + version + ".json"),
          RequestBody.fromString(manifest));
    }
    s3.putObject(
        b -> b.bucket(bucket()).key("plugins/" + name + "/" + version + ".wasm"),
        RequestBody.fromBytes(module));
  }

  /** Waits until the version is registered, whatever came of it. */
  JsonNode registered(String name, String version) throws Exception {
    var path = "/v1/plugins/" + name + "/versions/" + version;
    for (int polls = 0; polls < POLLS_MAX; polls++) {
      var response = get(path, token("operator"));
      if (response.statusCode() == 200) {
        return json(response);
      }
      Thread.sleep(50);
    }
    throw new AssertionError(name + "@" + version + " was never registered");
  }

  HttpResponse<byte[]> invoke(String pathAfterPlugins, byte[] input) throws Exception {
    return post("/v1/plugins/" + pathAfterPlugins, token("integration"), input);
  }

  HttpResponse<byte[]> post(String path, String token, byte[] body, String... headers)
      throws Exception {
    var request = request(path, token).POST(BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> get(String path, String token, String... headers) throws Exception {
    var request = request(path, token);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofByteArray());
  }

  private HttpRequest.Builder request(String path, String token) {
    var request = HttpRequest.newBuilder(url(path)).timeout(Duration.ofSeconds(60));
    return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
  }

  static JsonNode json(HttpResponse<byte[]> response) throws IOException {
    return JSON.readTree(response.body());
  }

  static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    s3.close();
    stack.close();
    http.close();
  }
}
