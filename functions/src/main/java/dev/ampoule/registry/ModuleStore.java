package dev.ampoule.registry;

import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.sandbox.EngineId;
import dev.ampoule.sandbox.SignedArtifact;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * Port: uploads, modules by digest and their compiled artifacts. Every method throws {@link
 * ModuleStoreUnavailableException} when the store does not answer.
 */
public interface ModuleStore {

  /**
   * Reads an upload, and the manifest and the signature beside it.
   *
   * @param objectVersion the store's version of the module's object; empty where it keeps none
   * @param moduleBytesMax a larger module is not read
   */
  Upload upload(UploadKey key, Optional<String> objectVersion, int moduleBytesMax);

  /** What lies at an upload key. */
  sealed interface Upload {
    @SuppressWarnings("ArrayRecordComponent") // the object's content; never compared
    record Found(byte[] module, Optional<byte[]> manifest, Optional<byte[]> signature)
        implements Upload {}

    /** Too large to be taken; its digest was computed without keeping it. */
    record TooLarge(long bytes, ContentDigest digest) implements Upload {}

    record Missing() implements Upload {}
  }

  /** Writes the manifest of a version whose module is still to come. */
  void putManifest(UploadKey key, byte[] json);

  /** URLs that take one PUT each until {@code validFor} is over. */
  UploadUrls presign(UploadKey key, Duration validFor);

  record UploadUrls(URI module, URI manifest, URI signature) {}

  /** Keeps a module under its digest, where no later upload can change it. */
  void keepModule(ContentDigest digest, byte[] module);

  Optional<byte[]> module(ContentDigest digest);

  void keepArtifact(SignedArtifact artifact);

  /** The artifact stored for this module and engine, its signature not yet checked. */
  Optional<SignedArtifact> artifact(ContentDigest digest, EngineId engine);
}
