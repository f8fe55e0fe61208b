package dev.ampoule.audit;

import java.security.PublicKey;
import java.util.Optional;

/** Names a public key: the SHA-256 of its SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7). */
public record SigningKeyId(Sha256 hash) {
  public static SigningKeyId of(PublicKey key) {
    return new SigningKeyId(Sha256.of(key.getEncoded()));
  }

  public static Optional<SigningKeyId> parse(String hex) {
    return Sha256.parse(hex).map(SigningKeyId::new);
  }

  @Override
  public String toString() {
    return hash.hex();
  }
}
