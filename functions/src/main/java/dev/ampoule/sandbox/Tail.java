package dev.ampoule.sandbox;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** The last bytes of a command's standard error: its words when it exits with a code. */
final class Tail {
  private static final int BYTES_MAX = 4 * 1024;

  private byte[] last = new byte[0];

  void write(byte[] bytes) {
    int kept = Math.max(0, Math.min(last.length, BYTES_MAX - bytes.length));
    int added = Math.min(bytes.length, BYTES_MAX);
    byte[] next = Arrays.copyOfRange(last, last.length - kept, last.length + added);
    System.arraycopy(bytes, bytes.length - added, next, kept, added);
    last = next;
  }

  /** Empty when nothing but white space was written. */
  Optional<String> text() {
    return Optional.of(new String(last, StandardCharsets.UTF_8).strip())
        .filter(text -> !text.isEmpty());
  }
}
