package dev.ampoule.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.ModuleStore;
import dev.ampoule.registry.ModuleStoreContract;
import dev.ampoule.registry.ModuleStoreUnavailableException;
import dev.ampoule.registry.UploadKey;
import dev.ampoule.sandbox.EngineId;
import dev.ampoule.sandbox.SignedArtifact;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;

final class S3ModuleStoreTest extends ModuleStoreContract {
  private static final UploadKey KEY =
      new UploadKey(new PluginName("presigned"), new PluginVersion("1.0.0"));
  private static final EngineId ENGINE = new EngineId("chicory-1.7.5-f1-jdk25");
  private static final byte[] MODULE = {0, 'a', 's', 'm'};
  private static final ContentDigest DIGEST = ContentDigest.of(MODULE);

  private static EmbeddedS3 s3;
  private static String bucket = "";
  private static S3ModuleStore store;

  @BeforeAll
  static void start() throws Exception {
    s3 = EmbeddedS3.start();
    bucket = s3.newBucket();
    s3.client()
        .putBucketVersioning(b ->
            b.bucket(bucket)
                .versioningConfiguration(v -> v.status(BucketVersioningStatus.ENABLED)));
    store = new S3ModuleStore(s3.client(), s3.presigner(), bucket);
  }

  @AfterAll
  static void stop() {
    s3.close();
  }

  @Override
  protected ModuleStore store() {
    return store;
  }

  @Override
  protected void upload(UploadKey key, byte[] module) {
    putVersion(key, module);
  }

  @Override
  protected void putSignature(UploadKey key, byte[] signature) {
    s3.client()
        .putObject(b -> b.bucket(bucket).key(key.signature()), RequestBody.fromBytes(signature));
  }

  private static String putVersion(UploadKey key, byte[] module) {
    return s3.client()
        .putObject(b -> b.bucket(bucket).key(key.module()), RequestBody.fromBytes(module))
        .versionId();
  }

  @Test
  void theVersionThatTheEventNamesIsReadAndNotTheLatest() {
    var key = new UploadKey(new PluginName("versioned"), new PluginVersion("1.0.0"));
    var first = putVersion(key, new byte[] {1});
    putVersion(key, new byte[] {2});
    assertThat(store.upload(key, Optional.of(first), 10))
        .isInstanceOfSatisfying(
            ModuleStore.Upload.Found.class, found -> assertThat(found.module()).containsExactly(1));
    assertThat(store.upload(key, Optional.empty(), 10))
        .isInstanceOfSatisfying(
            ModuleStore.Upload.Found.class, found -> assertThat(found.module()).containsExactly(2));
  }

  @Test
  void aVersionOfAnObjectThatIsGoneIsMissing() {
    var key = new UploadKey(new PluginName("versioned"), new PluginVersion("2.0.0"));
    var first = putVersion(key, new byte[] {1});
    putVersion(key, new byte[] {2});
    s3.client().deleteObject(b -> b.bucket(bucket).key(key.module()).versionId(first));
    assertThat(store.upload(key, Optional.of(first), 10))
        .isEqualTo(new ModuleStore.Upload.Missing());
  }

  /** It has to come back to be refused by its signature, and not break the reading. */
  @Test
  void anArtifactWhoseMetadataWasReplacedHasNoSignature() {
    var digest = ContentDigest.of(new byte[] {9});
    s3.client()
        .putObject(
            b ->
                b.bucket(bucket)
                    .key("compiled/" + digest.hex() + "/" + ENGINE.value() + ".jar")
                    .metadata(Map.of("ampoule-engine", "NOT AN ENGINE", "ampoule-signature", "zz")),
            RequestBody.fromBytes(new byte[] {7}));
    var read = store.artifact(digest, ENGINE).orElseThrow();
    assertThat(read.engine()).isEqualTo(ENGINE);
    assertThat(read.signature()).isEmpty();
  }

  @Test
  void aPresignedUrlTakesAPutThatIsReadBack() throws Exception {
    var urls = store.presign(KEY, Duration.ofMinutes(1));
    assertThat(put(urls.module(), MODULE)).isEqualTo(200);
    assertThat(put(urls.manifest(), new byte[] {'{', '}'})).isEqualTo(200);
    assertThat(put(urls.signature(), new byte[] {1})).isEqualTo(200);
    assertThat(store.upload(KEY, Optional.empty(), 10))
        .isInstanceOfSatisfying(
            ModuleStore.Upload.Found.class,
            found -> {
              assertThat(found.module()).isEqualTo(MODULE);
              assertThat(found.manifest().orElseThrow()).asString().isEqualTo("{}");
            });
  }

  @Test
  void aPresignedUrlForAnythingElseIsRefusedAndStoresNothing() throws Exception {
    var key = new UploadKey(new PluginName("tampered"), new PluginVersion("1.0.0"));
    var good = store.presign(key, Duration.ofMinutes(1)).module().toString();
    var tampered = new LinkedHashMap<String, String>();
    tampered.put("another version", good.replace("1.0.0.wasm", "2.0.0.wasm"));
    tampered.put("another plugin", good.replace("/tampered/", "/other/"));
    tampered.put("longer valid", good.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"));
    tampered.put("another signature", flippedSignature(good));
    tampered.put("no signature", good.substring(0, good.indexOf('?')));
    for (var attempt : tampered.entrySet()) {
      assertThat(attempt.getValue()).as(attempt.getKey()).isNotEqualTo(good);
      assertThat(put(URI.create(attempt.getValue()), MODULE)).as(attempt.getKey()).isEqualTo(403);
    }
    for (var stored :
        new UploadKey[] {
          key,
          new UploadKey(key.name(), new PluginVersion("2.0.0")),
          new UploadKey(new PluginName("other"), key.version())
        }) {
      assertThat(store.upload(stored, Optional.empty(), 10))
          .isEqualTo(new ModuleStore.Upload.Missing());
    }
  }

  @Test
  void aStoreThatRefusesUsIsUnavailable() {
    try (var client = s3.unauthorised()) {
      everyCallIsUnavailable(new S3ModuleStore(client, s3.presigner(), bucket));
    }
  }

  @Test
  void aBucketThatIsNotThereIsUnavailable() {
    everyCallIsUnavailable(new S3ModuleStore(s3.client(), s3.presigner(), "no-such-bucket"));
  }

  @Test
  void aStoreThatIsDownIsUnavailable() throws Exception {
    var down = EmbeddedS3.start();
    try (var client = down.anotherClient()) {
      down.close();
      everyCallIsUnavailable(new S3ModuleStore(client, s3.presigner(), bucket));
    }
  }

  private static void everyCallIsUnavailable(ModuleStore broken) {
    Map<String, ThrowingCallable> calls =
        Map.of(
            "upload", () -> broken.upload(KEY, Optional.empty(), 10),
            "putManifest", () -> broken.putManifest(KEY, new byte[] {'{', '}'}),
            "keepModule", () -> broken.keepModule(DIGEST, MODULE),
            "module", () -> broken.module(DIGEST),
            "keepArtifact",
                () -> broken.keepArtifact(new SignedArtifact(DIGEST, ENGINE, MODULE, MODULE)),
            "artifact", () -> broken.artifact(DIGEST, ENGINE));
    calls.forEach((name, call) ->
        assertThatThrownBy(call)
            .as(name)
            .isInstanceOf(ModuleStoreUnavailableException.class)
            .hasMessage("the module store does not answer"));
  }

  private static String flippedSignature(String url) {
    int at = url.indexOf("X-Amz-Signature=") + "X-Amz-Signature=".length();
    return url.substring(0, at) + (url.charAt(at) == '0' ? '1' : '0') + url.substring(at + 1);
  }

  private static int put(URI url, byte[] content) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(url)
                  .PUT(HttpRequest.BodyPublishers.ofByteArray(content))
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }
}
