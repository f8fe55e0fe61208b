package dev.ampoule.local.cli;

import java.util.Optional;
import java.util.regex.Pattern;

/** A bearer token (RFC 6750 §2.1, {@code b64token}) of 1 to {@value #CHARS_MAX} characters. */
record BearerToken(String value) {
  static final int CHARS_MAX = 8192;
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._~+/-]+=*");

  /** Empty where {@code text} is none. */
  static Optional<BearerToken> parse(String text) {
    return text.length() <= CHARS_MAX && FORM.matcher(text).matches()
        ? Optional.of(new BearerToken(text))
        : Optional.empty();
  }

  String authorization() {
    return "Bearer " + value;
  }

  @Override
  public String toString() {
    return "BearerToken[" + value.length() + " characters]";
  }
}
