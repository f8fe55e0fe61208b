package dev.ampoule.audit;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/** A SHA-256 (FIPS 180-4), as 64 lower-case hexadecimal digits. */
public record Sha256(String hex) {
  private static final Pattern FORM = Pattern.compile("[0-9a-f]{64}");
  static final int BYTES = 32;

  /** What the first block of a chain names as its previous one. */
  public static final Sha256 ZERO = new Sha256("0".repeat(64));

  public Sha256 {
    if (!FORM.matcher(hex).matches()) {
      throw new IllegalArgumentException("not a SHA-256 in hex, " + hex.length() + " characters");
    }
  }

  public static Sha256 of(byte[]... parts) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    for (byte[] part : parts) {
      digest.update(part);
    }
    return new Sha256(HexFormat.of().formatHex(digest.digest()));
  }

  public static Optional<Sha256> parse(String hex) {
    return FORM.matcher(hex).matches() ? Optional.of(new Sha256(hex)) : Optional.empty();
  }

  public byte[] bytes() {
    return HexFormat.of().parseHex(hex);
  }

  @Override
  public String toString() {
    return hex;
  }
}
