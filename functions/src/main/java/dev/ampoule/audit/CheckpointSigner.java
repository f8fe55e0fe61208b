package dev.ampoule.audit;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.List;

/** Signs checkpoints with Ed25519 (RFC 8032). Safe on any thread. */
public final class CheckpointSigner {
  private final PrivateKey privateKey;
  private final PublicKey publicKey;
  private final SigningKeyId id;

  private CheckpointSigner(PrivateKey privateKey, PublicKey publicKey) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
    this.id = SigningKeyId.of(publicKey);
  }

  /**
   * Takes a pair of keys and tries it out.
   *
   * @param privateKey PKCS #8 (RFC 8410) in DER and Base64, as {@code openssl genpkey -algorithm
   *     ed25519 -outform DER | base64 -w0} prints it
   * @param publicKey SubjectPublicKeyInfo in DER and Base64, {@code openssl pkey -pubout}
   * @throws IllegalArgumentException where they are no Ed25519 keys or do not belong together; the
   *     message holds nothing of them
   */
  public static CheckpointSigner of(String privateKey, String publicKey) {
    CheckpointSigner signer;
    try {
      signer =
          new CheckpointSigner(
              KeyFactory.getInstance("Ed25519")
                  .generatePrivate(
                      new PKCS8EncodedKeySpec(Base64.getDecoder().decode(privateKey.strip()))),
              publicKey(publicKey));
    } catch (GeneralSecurityException | IllegalArgumentException _) {
      throw new IllegalArgumentException(
          "checkpoint signing key: not Ed25519 in PKCS #8 and Base64, or its public key is not");
    }
    Checkpoint trial = signer.sign(AuditEntry.TIME_MIN, List.of());
    if (!trial.signedBy(signer.publicKey)) {
      throw new IllegalArgumentException(
          "checkpoint signing key: the private and the public key do not belong together");
    }
    return signer;
  }

  /** Reads SubjectPublicKeyInfo in DER and Base64. */
  public static PublicKey publicKey(String base64) {
    try {
      return KeyFactory.getInstance("Ed25519")
          .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(base64.strip())));
    } catch (GeneralSecurityException | IllegalArgumentException _) {
      throw new IllegalArgumentException(
          "checkpoint public key: not Ed25519 in X.509 SubjectPublicKeyInfo and Base64");
    }
  }

  public PublicKey publicKey() {
    return publicKey;
  }

  public SigningKeyId id() {
    return id;
  }

  /** A signed checkpoint over these heads, in any order. */
  public Checkpoint sign(Instant time, List<ChainHead> heads) {
    Instant cut = AuditEntry.requireTime(time);
    List<ChainHead> sorted = Checkpoint.sorted(heads);
    Sha256 root = Checkpoint.root(sorted);
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(privateKey);
      signature.update(Checkpoint.signed(cut, sorted.size(), root, id));
      return new Checkpoint(
          cut, sorted, root, id, Base64.getUrlEncoder().encodeToString(signature.sign()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("signing a checkpoint failed", e);
    }
  }
}
