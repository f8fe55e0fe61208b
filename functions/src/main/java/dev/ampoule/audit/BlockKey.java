package dev.ampoule.audit;

/**
 * Where a block stands: its chain, and its number in it from 0 to {@link #SEQ_MAX}.
 *
 * @param seq its number
 */
public record BlockKey(ChainId chain, long seq) {
  /** Twelve digits; a block every millisecond fills them in 31 years. */
  public static final long SEQ_MAX = 999_999_999_999L;

  public BlockKey {
    if (seq < 0 || seq > SEQ_MAX) {
      throw new IllegalArgumentException("seq " + seq + " is not within 0.." + SEQ_MAX);
    }
  }

  @Override
  public String toString() {
    return chain + "." + seq;
  }
}
