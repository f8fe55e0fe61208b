package dev.ampoule.live;

import java.util.Optional;
import java.util.regex.Pattern;

/** As API Gateway names a connection: 1 to {@value #MAX_CHARS} characters of Base64. */
public record ConnectionId(String value) {
  public static final int MAX_CHARS = 64;
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_=+/-]{1," + MAX_CHARS + "}");

  public ConnectionId {
    if (!FORM.matcher(value).matches()) {
      throw new IllegalArgumentException("not a connection id, " + value.length() + " characters");
    }
  }

  public static Optional<ConnectionId> parse(String text) {
    return FORM.matcher(text).matches() ? Optional.of(new ConnectionId(text)) : Optional.empty();
  }

  @Override
  public String toString() {
    return value;
  }
}
