package dev.ampoule.sandbox;

import javax.crypto.spec.SecretKeySpec;

/** A secret of {@value #BYTES_MIN} bytes or more. Printing it prints nothing of it. */
public final class SigningKey {
  /** The output size of SHA-256: RFC 2104 §3 discourages shorter keys. */
  public static final int BYTES_MIN = 32;

  private final byte[] secret;

  public SigningKey(byte[] secret) {
    if (secret.length < BYTES_MIN) {
      throw new IllegalArgumentException(
          "a signing key of " + secret.length + " bytes; at least " + BYTES_MIN + " are needed");
    }
    this.secret = secret.clone();
  }

  SecretKeySpec forAlgorithm(String algorithm) {
    return new SecretKeySpec(secret, algorithm);
  }

  @Override
  public String toString() {
    return "SigningKey[...]";
  }
}
