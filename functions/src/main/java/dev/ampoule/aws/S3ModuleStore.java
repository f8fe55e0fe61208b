package dev.ampoule.aws;

import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.ManifestReader;
import dev.ampoule.registry.ModuleStore;
import dev.ampoule.registry.ModuleStoreUnavailableException;
import dev.ampoule.registry.UploadKey;
import dev.ampoule.sandbox.CompileLimits;
import dev.ampoule.sandbox.EngineId;
import dev.ampoule.sandbox.ModuleSignature;
import dev.ampoule.sandbox.SignedArtifact;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/**
 * The module bucket: uploads under {@code plugins/}, modules by digest under {@code modules/},
 * artifacts under {@code compiled/{digest}/{engine}.jar} with their signature as metadata, so that
 * the two are written at once.
 */
public final class S3ModuleStore implements ModuleStore {
  private static final String WASM = "application/wasm";
  private static final String SIGNATURE = "ampoule-signature";
  private static final String ENGINE = "ampoule-engine";

  /** The SDK has no exception of its own for this code of S3's. */
  private static final String NO_SUCH_VERSION = "NoSuchVersion";

  /** What is cut here is not what was kept, and is found out by its digest or signature. */
  private static final int MODULE_BYTES_MAX = CompileLimits.DEFAULT.moduleBytes();

  private static final int ARTIFACT_BYTES_MAX = CompileLimits.DEFAULT.artifactBytes();

  private final S3Client client;
  private final S3Presigner presigner;
  private final String bucket;

  public S3ModuleStore(S3Client client, S3Presigner presigner, String bucket) {
    this.client = client;
    this.presigner = presigner;
    this.bucket = bucket;
  }

  @Override
  public Upload upload(UploadKey key, Optional<String> objectVersion, int moduleBytesMax) {
    return calling(() -> {
      try (var object =
          client.getObject(
              b -> b.bucket(bucket).key(key.module()).versionId(objectVersion.orElse(null)))) {
        var module = object.readNBytes(moduleBytesMax + 1);
        if (module.length > moduleBytesMax) {
          return tooLarge(module, object);
        }
        return new Upload.Found(
            module,
            read(key.manifest(), ManifestReader.MANIFEST_BYTES_MAX + 1),
            read(key.signature(), ModuleSignature.BYTES_MAX + 1));
      } catch (NoSuchKeyException e) {
        return new Upload.Missing();
      } catch (S3Exception e) {
        if (e.awsErrorDetails() != null
            && NO_SUCH_VERSION.equals(e.awsErrorDetails().errorCode())) {
          return new Upload.Missing();
        }
        throw e;
      } catch (IOException e) {
        throw new ModuleStoreUnavailableException(e);
      }
    });
  }

  private static Upload tooLarge(byte[] start, InputStream rest) throws IOException {
    var sha256 = sha256();
    sha256.update(start);
    long bytes = start.length;
    var buffer = new byte[64 * 1024];
    for (int n; (n = rest.read(buffer)) > 0; bytes += n) {
      sha256.update(buffer, 0, n);
    }
    return new Upload.TooLarge(bytes, new ContentDigest(HexFormat.of().formatHex(sha256.digest())));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public void putManifest(UploadKey key, byte[] json) {
    put(key.manifest(), "application/json", json, Map.of());
  }

  @Override
  public UploadUrls presign(UploadKey key, Duration validFor) {
    return new UploadUrls(
        presign(key.module(), validFor),
        presign(key.manifest(), validFor),
        presign(key.signature(), validFor));
  }

  private URI presign(String key, Duration validFor) {
    return calling(() ->
        URI.create(
            presigner
                .presignPutObject(b ->
                    b.signatureDuration(validFor)
                        .putObjectRequest(put -> put.bucket(bucket).key(key)))
                .url()
                .toString()));
  }

  @Override
  public void keepModule(ContentDigest digest, byte[] module) {
    put(moduleKey(digest), WASM, module, Map.of());
  }

  @Override
  public Optional<byte[]> module(ContentDigest digest) {
    return calling(() -> read(moduleKey(digest), MODULE_BYTES_MAX));
  }

  @Override
  public void keepArtifact(SignedArtifact artifact) {
    put(
        artifactKey(artifact.wasmDigest(), artifact.engine()),
        "application/java-archive",
        artifact.jar(),
        Map.of(
            SIGNATURE,
            HexFormat.of().formatHex(artifact.signature()),
            ENGINE,
            artifact.engine().value()));
  }

  @Override
  public Optional<SignedArtifact> artifact(ContentDigest digest, EngineId engine) {
    return calling(() -> {
      try (var object = client.getObject(b -> b.bucket(bucket).key(artifactKey(digest, engine)))) {
        var metadata = object.response().metadata();
        return Optional.of(
            new SignedArtifact(
                digest,
                EngineId.parse(metadata.getOrDefault(ENGINE, "")).orElse(engine),
                object.readNBytes(ARTIFACT_BYTES_MAX),
                hex(metadata.getOrDefault(SIGNATURE, ""))));
      } catch (NoSuchKeyException e) {
        return Optional.empty();
      } catch (IOException e) {
        throw new ModuleStoreUnavailableException(e);
      }
    });
  }

  /** A signature that is not hex is as bad as a wrong one: none at all. */
  private static byte[] hex(String text) {
    try {
      return HexFormat.of().parseHex(text);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private Optional<byte[]> read(String key, int bytesMax) {
    try (var object = client.getObject(b -> b.bucket(bucket).key(key))) {
      return Optional.of(object.readNBytes(bytesMax));
    } catch (NoSuchKeyException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new ModuleStoreUnavailableException(e);
    }
  }

  private void put(String key, String mediaType, byte[] content, Map<String, String> metadata) {
    calling(() ->
        client.putObject(
            b -> b.bucket(bucket).key(key).contentType(mediaType).metadata(metadata),
            RequestBody.fromBytes(content)));
  }

  private static <T> T calling(Supplier<T> call) {
    try {
      return call.get();
    } catch (SdkException e) {
      throw new ModuleStoreUnavailableException(e);
    }
  }

  private static String moduleKey(ContentDigest digest) {
    return "modules/" + digest.hex() + ".wasm";
  }

  private static String artifactKey(ContentDigest digest, EngineId engine) {
    return "compiled/" + digest.hex() + "/" + engine.value() + ".jar";
  }
}
