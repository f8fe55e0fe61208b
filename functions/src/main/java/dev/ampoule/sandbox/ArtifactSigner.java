package dev.ampoule.sandbox;

import dev.ampoule.plugin.ContentDigest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.List;
import javax.crypto.Mac;

/**
 * Signs what {@link ModuleCompiler} made, so that nothing else is ever loaded: HMAC-SHA256 (RFC
 * 2104) over the digest of the module, the engine and the SHA-256 of the artifact, each with its
 * length before it so that no two triples have the same encoding. Safe to share between threads.
 */
public final class ArtifactSigner {
  public static final int SIGNATURE_BYTES = 32;

  private static final String ALGORITHM = "HmacSHA256";

  /** Keeps a key that signs something else as well from vouching for an artifact. */
  private static final String DOMAIN = "dev.ampoule/artifact/1";

  private final SigningKey key;

  public ArtifactSigner(SigningKey key) {
    this.key = key;
  }

  /** The module as it is to be stored, with its signature. */
  public SignedArtifact sign(CompiledModule module) {
    return new SignedArtifact(
        module.wasmDigest(),
        module.engine(),
        module.jar(),
        sign(module.wasmDigest(), module.engine(), module.jar()));
  }

  /** A signature of {@value #SIGNATURE_BYTES} bytes. */
  public byte[] sign(ContentDigest wasmDigest, EngineId engine, byte[] jar) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key.forAlgorithm(ALGORITHM));
      List<byte[]> parts =
          List.of(
              utf8(DOMAIN),
              utf8(wasmDigest.hex()),
              utf8(engine.value()),
              MessageDigest.getInstance("SHA-256").digest(jar));
      for (byte[] part : parts) {
        mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(part.length).array());
        mac.update(part);
      }
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }

  /** Takes the same time wherever the signatures differ. */
  public boolean verify(ContentDigest wasmDigest, EngineId engine, byte[] jar, byte[] signature) {
    return MessageDigest.isEqual(sign(wasmDigest, engine, jar), signature);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
