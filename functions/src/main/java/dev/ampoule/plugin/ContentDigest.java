package dev.ampoule.plugin;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** The SHA-256 (FIPS 180-4) of a module's bytes, as 64 lower-case hexadecimal digits. */
public record ContentDigest(String hex) {
  private static final Pattern FORM = Pattern.compile("[0-9a-f]{64}");

  public ContentDigest {
    if (!FORM.matcher(hex).matches()) {
      throw new IllegalArgumentException("not a SHA-256 in hex, " + hex.length() + " characters");
    }
  }

  public static ContentDigest of(byte[] content) {
    try {
      return new ContentDigest(
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** As in an OCI descriptor: {@code sha256:…}. */
  @Override
  public String toString() {
    return "sha256:" + hex;
  }
}
