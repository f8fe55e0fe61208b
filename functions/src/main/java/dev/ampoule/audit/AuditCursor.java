package dev.ampoule.audit;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * Where the next page of a review begins. Opaque to callers: Base64url of a checked form.
 *
 * @param after the last block looked at
 * @param left how many entries at the start of that block are still to be shown; 0 where none are
 */
public record AuditCursor(TimePosition after, int left) {
  private static final int CHARS_MAX = 200;

  public AuditCursor {
    if (left < 0 || left > AuditBlock.ENTRIES_MAX || (left > 0 && after.block().isEmpty())) {
      throw new IllegalArgumentException("left " + left);
    }
  }

  /** Empty where {@code text} is nothing that {@link #toString} made. */
  public static Optional<AuditCursor> parse(String text) {
    if (text.length() > CHARS_MAX) {
      return Optional.empty();
    }
    String plain;
    try {
      plain = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.US_ASCII);
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
    int bar = plain.indexOf('|');
    if (bar < 0 || !plain.substring(bar + 1).matches("0|[1-9][0-9]{0,2}|1000")) {
      return Optional.empty();
    }
    int left = Integer.parseInt(plain.substring(bar + 1));
    return TimePosition.parse(plain.substring(0, bar))
        .filter(p -> left == 0 || p.block().isPresent())
        .map(p -> new AuditCursor(p, left))
        .filter(c -> c.toString().equals(text));
  }

  @Override
  public String toString() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString((after + "|" + left).getBytes(StandardCharsets.US_ASCII));
  }
}
