package dev.ampoule.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/**
 * Deploys the plugins of a folder the way anyone does, by uploading them to the bucket, and waits
 * until they are live.
 */
final class SamplePlugins {
  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** A folder with a manifest and a module. */
  private record Sample(String name, String version, Path manifest, Path module) {
    String key(String suffix) {
      return "plugins/" + name + "/" + version + suffix;
    }
  }

  private SamplePlugins() {}

  /**
   * @param folder with one folder per plugin that holds {@code plugin.json} and {@code plugin.wasm}
   * @return how many are live
   * @throws IOException where one of them cannot be read
   */
  static int deploy(Path folder, LocalStack stack, Progress progress)
      throws IOException, InterruptedException {
    List<Sample> samples = samples(folder);
    List<Future<Boolean>> deployments = new ArrayList<>();
    int live = 0;
    try (S3Client s3 = s3(stack.environment());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Sample sample : samples) {
        deployments.add(threads.submit(() -> deploy(sample, stack.application(), s3, progress)));
      }
      try {
        for (Future<Boolean> deployment : deployments) {
          live += deployment.get() ? 1 : 0;
        }
      } catch (InterruptedException e) {
        threads.shutdownNow();
        throw e;
      }
    } catch (ExecutionException e) {
      throw new IOException("a sample plugin could not be uploaded", e.getCause());
    }
    return live;
  }

  private static boolean deploy(
      Sample sample, Application application, S3Client s3, Progress progress)
      throws IOException, InterruptedException {
    String bucket = application.pluginBucket();
    // The module last: its arrival is what registers the two.
    upload(s3, bucket, sample.key(".json"), Files.readAllBytes(sample.manifest()));
    upload(s3, bucket, sample.key(".wasm"), Files.readAllBytes(sample.module()));
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    String label = sample.name() + "@" + sample.version();
    while (System.nanoTime() < deadline) {
      switch (application.registration(sample.name(), sample.version())) {
        case Application.Registration.Live() -> {
          progress.say(label + " live");
          return true;
        }
        case Application.Registration.NotLive(String why) -> {
          progress.say(label + " not live: " + why);
          return false;
        }
        case Application.Registration.Pending() -> Thread.sleep(POLL);
      }
    }
    progress.say("%s not live after %d s".formatted(label, TIMEOUT.toSeconds()));
    return false;
  }

  /** Only what is not there already: an unchanged module need not be registered again. */
  private static void upload(S3Client s3, String bucket, String key, byte[] content) {
    if (!md5(content).equals(eTag(s3, bucket, key))) {
      s3.putObject(b -> b.bucket(bucket).key(key), RequestBody.fromBytes(content));
    }
  }

  private static String eTag(S3Client s3, String bucket, String key) {
    try {
      return s3.headObject(b -> b.bucket(bucket).key(key)).eTag().replace("\"", "");
    } catch (NoSuchKeyException e) {
      return "";
    }
  }

  /** S3's ETag of an object that was put in one part. */
  private static String md5(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has MD5", e);
    }
  }

  private static List<Sample> samples(Path folder) throws IOException {
    List<Sample> samples = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return samples;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        Path manifest = entry.resolve("plugin.json");
        Path module = entry.resolve("plugin.wasm");
        if (Files.isRegularFile(manifest) && Files.isRegularFile(module)) {
          JsonNode json = JSON.readTree(manifest.toFile());
          samples.add(
              new Sample(
                  text(json, "name", manifest), text(json, "version", manifest), manifest, module));
        }
      }
    }
    samples.sort(Comparator.comparing(Sample::name));
    return samples;
  }

  private static String text(JsonNode json, String field, Path file) throws IOException {
    JsonNode value = json.path(field);
    if (!value.isTextual()) {
      throw new IOException("%s: %s is missing or no text".formatted(file, field));
    }
    return value.textValue();
  }

  static S3Client s3(LocalEnvironment environment) {
    return S3Client.builder()
        .endpointOverride(environment.awsEndpoint())
        .region(Region.of(AwsEdge.REGION))
        .credentialsProvider(
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create(AwsEdge.ACCESS_KEY_ID, AwsEdge.SECRET_ACCESS_KEY)))
        .forcePathStyle(true)
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }
}
