package dev.ampoule.audit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Unambiguous bytes for hashing and signing: each field after its length, so that no two different
 * lists of fields look alike.
 */
final class Encoding {
  private Encoding() {}

  /** Every field as its length in four bytes, big-endian, and itself. */
  static byte[] join(byte[]... fields) {
    int size = 0;
    for (byte[] field : fields) {
      size = Math.addExact(size, Integer.BYTES + field.length);
    }
    ByteBuffer out = ByteBuffer.allocate(size);
    for (byte[] field : fields) {
      out.putInt(field.length).put(field);
    }
    return out.array();
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] number(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }
}
