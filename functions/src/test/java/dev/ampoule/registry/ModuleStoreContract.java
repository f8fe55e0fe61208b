package dev.ampoule.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.sandbox.EngineId;
import dev.ampoule.sandbox.SignedArtifact;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What every module store does; run against the one in memory and the one on S3. */
public abstract class ModuleStoreContract {
  private static final EngineId ENGINE = new EngineId("chicory-1.7.5-f1-jdk25");
  private final UploadKey key =
      new UploadKey(
          new PluginName("p" + UUID.randomUUID().toString().replace("-", "").substring(0, 20)),
          new PluginVersion("1.0.0"));

  protected abstract ModuleStore store();

  /** What an author's upload does. */
  protected abstract void upload(UploadKey uploadKey, byte[] module) throws Exception;

  /** What an author's upload of a signature does. */
  protected abstract void putSignature(UploadKey uploadKey, byte[] signature) throws Exception;

  @Test
  void anUploadIsReadWithTheManifestBesideIt() throws Exception {
    upload(key, new byte[] {1, 2, 3});
    assertThat(store().upload(key, Optional.empty(), 10))
        .isInstanceOfSatisfying(
            ModuleStore.Upload.Found.class,
            found -> {
              assertThat(found.module()).containsExactly(1, 2, 3);
              assertThat(found.manifest()).isEmpty();
            });
    store().putManifest(key, "{}".getBytes(StandardCharsets.UTF_8));
    assertThat(store().upload(key, Optional.empty(), 10))
        .isInstanceOfSatisfying(
            ModuleStore.Upload.Found.class,
            found -> assertThat(found.manifest().orElseThrow()).asString().isEqualTo("{}"));
  }

  @Test
  void anUploadIsReadWithTheSignatureBesideIt() throws Exception {
    upload(key, new byte[] {1, 2, 3});
    putSignature(key, new byte[] {4, 5});
    assertThat(store().upload(key, Optional.empty(), 10))
        .isInstanceOfSatisfying(
            ModuleStore.Upload.Found.class,
            found -> {
              assertThat(found.module()).containsExactly(1, 2, 3);
              assertThat(found.signature().orElseThrow()).containsExactly(4, 5);
            });
  }

  @Test
  void whatIsNotThereIsMissing() {
    assertThat(store().upload(key, Optional.empty(), 10))
        .isEqualTo(new ModuleStore.Upload.Missing());
    assertThat(store().module(ContentDigest.of(key.module().getBytes(StandardCharsets.UTF_8))))
        .isEmpty();
    assertThat(
            store()
                .artifact(ContentDigest.of(key.module().getBytes(StandardCharsets.UTF_8)), ENGINE))
        .isEmpty();
  }

  @Test
  void anUploadOverTheLimitIsMeasuredAndNotKept() throws Exception {
    var module = new byte[200_000];
    module[199_999] = 1;
    upload(key, module);
    assertThat(store().upload(key, Optional.empty(), 199_999))
        .isEqualTo(new ModuleStore.Upload.TooLarge(200_000, ContentDigest.of(module)));
    assertThat(store().upload(key, Optional.empty(), 200_000))
        .isInstanceOf(ModuleStore.Upload.Found.class);
  }

  @Test
  void aModuleIsKeptUnderItsDigest() {
    var module = key.module().getBytes(StandardCharsets.UTF_8);
    var digest = ContentDigest.of(module);
    store().keepModule(digest, module);
    store().keepModule(digest, module);
    assertThat(store().module(digest).orElseThrow()).isEqualTo(module);
  }

  @Test
  void anArtifactIsKeptWithItsSignatureAndEngine() {
    var digest = ContentDigest.of(key.module().getBytes(StandardCharsets.UTF_8));
    var signature = new byte[] {(byte) 0xff, 0, 1};
    store().keepArtifact(new SignedArtifact(digest, ENGINE, new byte[] {7, 8}, signature));
    var read = store().artifact(digest, ENGINE).orElseThrow();
    assertThat(read.wasmDigest()).isEqualTo(digest);
    assertThat(read.engine()).isEqualTo(ENGINE);
    assertThat(read.jar()).containsExactly(7, 8);
    assertThat(read.signature()).isEqualTo(signature);
    assertThat(store().artifact(digest, new EngineId("chicory-9.9.9-f1-jdk25"))).isEmpty();
  }
}
