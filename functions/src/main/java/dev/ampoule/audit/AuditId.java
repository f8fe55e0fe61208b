package dev.ampoule.audit;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The id of an entry is its place, {@code {chain}.{seq}.{index}}: finding it again is one read by
 * key. Safe in a URL (RFC 3986 §2.3).
 *
 * @param index its number in the block, from 0
 */
public record AuditId(BlockKey block, int index) {
  private static final Pattern FORM =
      Pattern.compile("([0-9a-f-]{36})\\.(0|[1-9][0-9]{0,11})\\.(0|[1-9][0-9]{0,3})");

  public AuditId {
    if (index < 0 || index >= AuditBlock.ENTRIES_MAX) {
      throw new IllegalArgumentException("index " + index);
    }
  }

  /** Empty where {@code text} is no id. */
  public static Optional<AuditId> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long seq = Long.parseLong(matcher.group(2));
    int index = Integer.parseInt(matcher.group(3));
    return index < AuditBlock.ENTRIES_MAX
        ? ChainId.parse(matcher.group(1)).map(c -> new AuditId(new BlockKey(c, seq), index))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return block + "." + index;
  }
}
