package dev.ampoule.audit;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The id of a request, as API Gateway, Lambda or S3 gave it: 1 to {@value #MAX_CHARS} letters,
 * digits and {@code _.:/=+#-}.
 */
public record RequestId(String value) {
  public static final int MAX_CHARS = 128;
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_.:/=+#-]+");

  public RequestId {
    if (!isValid(value)) {
      throw new IllegalArgumentException("not a request id, " + value.length() + " characters");
    }
  }

  public static Optional<RequestId> parse(String text) {
    return isValid(text) ? Optional.of(new RequestId(text)) : Optional.empty();
  }

  private static boolean isValid(String text) {
    return text.length() <= MAX_CHARS && FORM.matcher(text).matches();
  }

  @Override
  public String toString() {
    return value;
  }
}
