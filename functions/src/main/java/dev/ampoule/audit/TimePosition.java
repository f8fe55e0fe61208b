package dev.ampoule.audit;

import java.time.Instant;
import java.util.Optional;

/**
 * A place in the order of all blocks by time: right at a block, or right before every block of that
 * very millisecond. Its text form sorts as it does.
 */
public record TimePosition(Instant time, Optional<BlockKey> block)
    implements Comparable<TimePosition> {
  private static final int TIME_CHARS = 24;
  private static final int CHAIN_CHARS = 36;
  private static final int SEQ_CHARS = 12;

  public TimePosition {
    time = AuditEntry.requireTime(time);
  }

  /** Before every block of that millisecond. */
  public static TimePosition before(Instant time) {
    return new TimePosition(time, Optional.empty());
  }

  /** The inverse of {@link #toString}. */
  public static Optional<TimePosition> parse(String text) {
    if (text.length() < TIME_CHARS) {
      return Optional.empty();
    }
    Optional<Instant> time =
        EntryJson.parseTime(text.substring(0, TIME_CHARS))
            .filter(t -> !t.isBefore(AuditEntry.TIME_MIN) && !t.isAfter(AuditEntry.TIME_MAX));
    if (time.isEmpty()) {
      return Optional.empty();
    }
    if (text.length() == TIME_CHARS) {
      return Optional.of(before(time.get()));
    }
    if (text.length() != TIME_CHARS + 1 + CHAIN_CHARS + 1 + SEQ_CHARS
        || text.charAt(TIME_CHARS) != '#'
        || text.charAt(TIME_CHARS + 1 + CHAIN_CHARS) != '#') {
      return Optional.empty();
    }
    String seq = text.substring(TIME_CHARS + CHAIN_CHARS + 2);
    if (!seq.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return Optional.empty();
    }
    return ChainId.parse(text.substring(TIME_CHARS + 1, TIME_CHARS + 1 + CHAIN_CHARS))
        .map(c -> new TimePosition(time.get(), Optional.of(new BlockKey(c, Long.parseLong(seq)))));
  }

  @Override
  public int compareTo(TimePosition other) {
    return toString().compareTo(other.toString());
  }

  /** {@code time} or {@code time#chain#seq}, seq with leading zeros. */
  @Override
  public String toString() {
    String text = EntryJson.time(time);
    if (block.isEmpty()) {
      return text;
    }
    String seq = Long.toString(block.get().seq());
    return text + "#" + block.get().chain() + "#" + "0".repeat(SEQ_CHARS - seq.length()) + seq;
  }
}
