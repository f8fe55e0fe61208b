package dev.ampoule.registry;

import dev.ampoule.audit.SigningKeyId;
import dev.ampoule.sandbox.ModuleSignature;
import java.security.PublicKey;
import java.util.List;
import java.util.Optional;

/**
 * Which modules a deployment takes by who signed them (RATIONALE: "Which signatures are refused
 * where none is required?").
 *
 * @param trusted keys of Ed25519, at most {@link #KEYS_MAX}
 * @param required whether a module that none of them signed is refused
 */
public record SignaturePolicy(List<PublicKey> trusted, boolean required) {
  /** Each costs a signature check where a signature does not name its key. */
  public static final int KEYS_MAX = 32;

  /** Every module is taken, and nobody is known to have signed it. */
  public static final SignaturePolicy NONE = new SignaturePolicy(List.of(), false);

  public SignaturePolicy {
    trusted = List.copyOf(trusted);
    if (trusted.size() > KEYS_MAX) {
      throw new IllegalArgumentException(trusted.size() + " trusted keys; at most " + KEYS_MAX);
    }
    if (required && trusted.isEmpty()) {
      throw new IllegalArgumentException("signatures are required and no key is trusted");
    }
  }

  /** What becomes of a module. */
  public sealed interface Verdict {
    /** {@code signedBy} is the first trusted key that did. */
    record Accepted(Optional<SigningKeyId> signedBy) implements Verdict {}

    /** {@code reason} is for the module's author. */
    record Refused(String reason) implements Verdict {}
  }

  /** Judges a module by the signatures in it and beside it. */
  public Verdict judge(byte[] module, Optional<byte[]> detached) {
    return switch (ModuleSignature.read(module, detached)) {
      case ModuleSignature.Reading.Unsigned() -> unsigned("none, and this deployment wants one");
      case ModuleSignature.Reading.Malformed(String reason) -> refused(reason);
      case ModuleSignature.Reading.Signed(ModuleSignature signature) -> {
        for (PublicKey key : trusted) {
          if (signature.madeWith(key)) {
            yield new Verdict.Accepted(Optional.of(SigningKeyId.of(key)));
          }
        }
        for (PublicKey key : trusted) {
          var id = SigningKeyId.of(key);
          if (signature.names(id.hash().bytes())) {
            yield refused("it names the key " + id + ", which did not make it");
          }
        }
        yield unsigned("by no key that this deployment trusts");
      }
    };
  }

  private Verdict unsigned(String why) {
    return required ? refused(why) : new Verdict.Accepted(Optional.empty());
  }

  private static Verdict refused(String why) {
    return new Verdict.Refused("signature: " + why);
  }
}
