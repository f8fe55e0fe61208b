package dev.ampoule.entry;

import dev.ampoule.registry.ModuleKeys;
import dev.ampoule.registry.SignaturePolicy;
import dev.ampoule.sandbox.ModuleSignature;
import java.security.KeyPair;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** Signs and verifies modules away from any deployment, with nothing but files. */
public final class ModuleSigning {
  /** Of a file with a key. */
  public static final int KEY_FILE_BYTES_MAX = ModuleKeys.FILE_BYTES_MAX;

  /** Of a file with signature data. */
  public static final int SIGNATURE_BYTES_MAX = ModuleSignature.BYTES_MAX;

  private ModuleSigning() {}

  /**
   * A new key, in PEM.
   *
   * @param id what signatures call it
   */
  public record NewKey(String privatePem, String publicPem, String id) {}

  /** How a verification came out. */
  public sealed interface Verified {
    record By(String keyId) implements Verified {}

    record Not(String reason) implements Verified {}
  }

  public static NewKey newKey() {
    KeyPair pair = ModuleKeys.generate();
    return new NewKey(
        ModuleKeys.pem(pair.getPrivate()),
        ModuleKeys.pem(pair.getPublic()),
        ModuleKeys.id(pair.getPublic()).toString());
  }

  /**
   * What a signature made with that private key calls it.
   *
   * @throws IllegalArgumentException where the key is none
   */
  public static String keyId(byte[] privateKeyFile) {
    return ModuleKeys.id(ModuleKeys.keyPair(privateKeyFile).getPublic()).toString();
  }

  /**
   * A public key as AMPOULE_TRUSTED_KEYS takes it.
   *
   * @throws IllegalArgumentException where it is none
   */
  public static String publicKeyBase64(byte[] publicKeyFile) {
    return Base64.getEncoder().encodeToString(ModuleKeys.publicKey(publicKeyFile).getEncoded());
  }

  /**
   * A signature to be kept beside the module.
   *
   * @throws IllegalArgumentException where the module or the key is none
   */
  public static byte[] signature(byte[] module, byte[] privateKeyFile) {
    var pair = ModuleKeys.keyPair(privateKeyFile);
    return ModuleSignature.sign(
        module, pair.getPrivate(), ModuleKeys.id(pair.getPublic()).hash().bytes());
  }

  /**
   * The module with a signature as its first section, in place of one it had.
   *
   * @throws IllegalArgumentException where the module or the key is none
   */
  public static byte[] signed(byte[] module, byte[] privateKeyFile) {
    return ModuleSignature.embed(module, signature(module, privateKeyFile));
  }

  /**
   * Judges a module as a deployment would that trusts that key alone and requires a signature.
   *
   * @throws IllegalArgumentException where the key is none
   */
  public static Verified verify(byte[] module, Optional<byte[]> detached, byte[] publicKeyFile) {
    var policy = new SignaturePolicy(List.of(ModuleKeys.publicKey(publicKeyFile)), true);
    return switch (policy.judge(module, detached)) {
      case SignaturePolicy.Verdict.Accepted(var signedBy) ->
          new Verified.By(signedBy.orElseThrow().toString());
      case SignaturePolicy.Verdict.Refused(String reason) -> new Verified.Not(reason);
    };
  }
}
