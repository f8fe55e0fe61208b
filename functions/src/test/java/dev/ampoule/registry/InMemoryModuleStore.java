package dev.ampoule.registry;

import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.sandbox.EngineId;
import dev.ampoule.sandbox.SignedArtifact;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The module store in memory; held to the same contract as the one on S3. */
public final class InMemoryModuleStore implements ModuleStore {
  private record ArtifactKey(ContentDigest digest, EngineId engine) {}

  private final Map<String, byte[]> objects = new ConcurrentHashMap<>();
  private final Map<ContentDigest, byte[]> modules = new ConcurrentHashMap<>();
  private final Map<ArtifactKey, SignedArtifact> artifacts = new ConcurrentHashMap<>();
  private volatile boolean down;

  /** Makes every call fail, as a store that is out of reach does. */
  public void down(boolean isDown) {
    down = isDown;
  }

  /** What an author's PUT to a presigned URL does. */
  public void putUpload(UploadKey key, byte[] module) {
    objects.put(key.module(), module);
  }

  /** The same for a signature. */
  public void putSignature(UploadKey key, byte[] signature) {
    objects.put(key.signature(), signature);
  }

  /** Replaces what is kept for an engine by something else. */
  public void replaceArtifact(EngineId engine, SignedArtifact artifact) {
    artifacts.put(new ArtifactKey(artifact.wasmDigest(), engine), artifact);
  }

  public void replaceArtifact(SignedArtifact artifact) {
    replaceArtifact(artifact.engine(), artifact);
  }

  public void forgetArtifacts() {
    artifacts.clear();
  }

  public void forgetModules() {
    modules.clear();
  }

  @Override
  public Upload upload(UploadKey key, Optional<String> objectVersion, int moduleBytesMax) {
    requireUp();
    var module = objects.get(key.module());
    if (module == null) {
      return new Upload.Missing();
    }
    return module.length > moduleBytesMax
        ? new Upload.TooLarge(module.length, ContentDigest.of(module))
        : new Upload.Found(
            module,
            Optional.ofNullable(objects.get(key.manifest())),
            Optional.ofNullable(objects.get(key.signature())));
  }

  @Override
  public void putManifest(UploadKey key, byte[] json) {
    requireUp();
    objects.put(key.manifest(), json);
  }

  @Override
  public UploadUrls presign(UploadKey key, Duration validFor) {
    requireUp();
    return new UploadUrls(
        URI.create("https://store.example.org/" + key.module()),
        URI.create("https://store.example.org/" + key.manifest()),
        URI.create("https://store.example.org/" + key.signature()));
  }

  @Override
  public void keepModule(ContentDigest digest, byte[] module) {
    requireUp();
    modules.put(digest, module);
  }

  @Override
  public Optional<byte[]> module(ContentDigest digest) {
    requireUp();
    return Optional.ofNullable(modules.get(digest));
  }

  @Override
  public void keepArtifact(SignedArtifact artifact) {
    requireUp();
    replaceArtifact(artifact);
  }

  @Override
  public Optional<SignedArtifact> artifact(ContentDigest digest, EngineId engine) {
    requireUp();
    return Optional.ofNullable(artifacts.get(new ArtifactKey(digest, engine)));
  }

  private void requireUp() {
    if (down) {
      throw new ModuleStoreUnavailableException(new IllegalStateException("down"));
    }
  }
}
