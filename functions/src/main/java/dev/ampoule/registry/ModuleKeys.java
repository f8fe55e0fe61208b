package dev.ampoule.registry;

import dev.ampoule.audit.SigningKeyId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Keys of Ed25519 that modules are signed with, in the forms they are kept in: PEM, as OpenSSL
 * writes it; its base64 alone; and the bytes of WebAssembly's tool conventions, as wasmsign2 does.
 */
public final class ModuleKeys {
  /** More is no key of this kind. */
  public static final int FILE_BYTES_MAX = 4 * 1024;

  private static final Pattern PEM =
      Pattern.compile("-----BEGIN [A-Z ]+-----([A-Za-z0-9+/=\\s]+)-----END [A-Z ]+-----\\s*");

  /** What stands before the 32 bytes of a key in DER (RFC 8410 §4 and §7). */
  private static final byte[] PUBLIC_DER = HexFormat.of().parseHex("302a300506032b6570032100");

  private static final byte[] PRIVATE_DER =
      HexFormat.of().parseHex("302e020100300506032b657004220420");

  private static final int KEY_BYTES = 32;
  private static final int CONVENTIONS_PUBLIC = 0x01;
  private static final int CONVENTIONS_PAIR = 0x81;

  private ModuleKeys() {}

  public static KeyPair generate() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has Ed25519", e);
    }
  }

  /**
   * Reads a public key.
   *
   * @throws IllegalArgumentException where it is none of Ed25519
   */
  public static PublicKey publicKey(byte[] file) {
    if (file.length == 1 + KEY_BYTES && file[0] == CONVENTIONS_PUBLIC) {
      return publicKeyOf(Arrays.copyOfRange(file, 1, file.length));
    }
    try {
      return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(der(file)));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IllegalArgumentException("not a public key of Ed25519");
    }
  }

  /**
   * Reads a private key, and works out its public one.
   *
   * @throws IllegalArgumentException where it is none of Ed25519
   */
  public static KeyPair keyPair(byte[] file) {
    byte[] seed;
    if (file.length == 1 + 2 * KEY_BYTES && (file[0] & 0xff) == CONVENTIONS_PAIR) {
      seed = Arrays.copyOfRange(file, 1, 1 + KEY_BYTES);
    } else {
      byte[] der;
      try {
        der = der(file);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("not a private key of Ed25519");
      }
      if (der.length != PRIVATE_DER.length + KEY_BYTES
          || !Arrays.equals(der, 0, PRIVATE_DER.length, PRIVATE_DER, 0, PRIVATE_DER.length)) {
        throw new IllegalArgumentException("not a private key of Ed25519");
      }
      seed = Arrays.copyOfRange(der, PRIVATE_DER.length, der.length);
    }
    return keyPairOf(seed);
  }

  public static String pem(PublicKey key) {
    return pem("PUBLIC KEY", key.getEncoded());
  }

  public static String pem(PrivateKey key) {
    return pem("PRIVATE KEY", key.getEncoded());
  }

  private static String pem(String kind, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(kind, Base64.getEncoder().encodeToString(der), kind);
  }

  private static byte[] der(byte[] file) {
    var text = new String(file, StandardCharsets.US_ASCII);
    var pem = PEM.matcher(text);
    return Base64.getDecoder().decode((pem.matches() ? pem.group(1) : text).replaceAll("\\s+", ""));
  }

  private static PublicKey publicKeyOf(byte[] raw) {
    byte[] der =
        ByteBuffer.allocate(PUBLIC_DER.length + KEY_BYTES).put(PUBLIC_DER).put(raw).array();
    try {
      return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(der));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not a public key of Ed25519");
    }
  }

  /**
   * The JDK makes a public key only while it generates a pair, of 32 bytes that it draws: they are
   * the private key (RFC 8032 §5.1.5). That it still does so is checked with a signature.
   */
  private static KeyPair keyPairOf(byte[] seed) {
    byte[] der =
        ByteBuffer.allocate(PRIVATE_DER.length + KEY_BYTES).put(PRIVATE_DER).put(seed).array();
    try {
      var privateKey =
          KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(der));
      var generator = KeyPairGenerator.getInstance("Ed25519");
      generator.initialize(NamedParameterSpec.ED25519, new Drawn(seed));
      var publicKey = generator.generateKeyPair().getPublic();
      var signature = Signature.getInstance("Ed25519");
      signature.initSign(privateKey);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      if (!signature.verify(signed)) {
        throw new IllegalStateException("this JDK makes Ed25519 keys in another way");
      }
      return new KeyPair(publicKey, privateKey);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not a private key of Ed25519");
    }
  }

  /** Draws what it is told. */
  private static final class Drawn extends SecureRandom {
    private static final long serialVersionUID = 1L;
    private final byte[] bytes;

    Drawn(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public void nextBytes(byte[] into) {
      if (into.length != bytes.length) {
        throw new IllegalStateException("asked for " + into.length + " bytes");
      }
      System.arraycopy(bytes, 0, into, 0, bytes.length);
    }
  }

  /** What a key is called in signatures, versions and the audit. */
  public static SigningKeyId id(PublicKey key) {
    return SigningKeyId.of(key);
  }
}
