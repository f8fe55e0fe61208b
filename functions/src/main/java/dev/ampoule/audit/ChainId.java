package dev.ampoule.audit;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The name of a chain, which is that of its only writer: a UUID version 7 (RFC 9562 §5.7) in lower
 * case.
 */
public record ChainId(String value) implements Comparable<ChainId> {
  private static final Pattern FORM =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");

  public ChainId {
    if (!FORM.matcher(value).matches()) {
      throw new IllegalArgumentException("not a chain id, " + value.length() + " characters");
    }
  }

  public static Optional<ChainId> parse(String text) {
    return FORM.matcher(text).matches() ? Optional.of(new ChainId(text)) : Optional.empty();
  }

  /**
   * One that was never used. The generator is made anew, so that a snapshot taken earlier holds
   * none of its state.
   */
  static ChainId random(InstantSource clock) {
    SecureRandom random = new SecureRandom();
    long high = (clock.millis() << 16) | 0x7000L | random.nextInt(0x1000);
    long low = (random.nextLong() >>> 2) | (1L << 63);
    return new ChainId(new UUID(high, low).toString());
  }

  @Override
  public int compareTo(ChainId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
