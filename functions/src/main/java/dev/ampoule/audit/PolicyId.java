package dev.ampoule.audit;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The id of the policy that decided: 1 to {@value #MAX_CHARS} letters, digits and {@code _.:/=+#-}.
 */
public record PolicyId(String value) {
  public static final int MAX_CHARS = 128;
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_.:/=+#-]+");

  public PolicyId {
    if (!isValid(value)) {
      throw new IllegalArgumentException("not a policy id, " + value.length() + " characters");
    }
  }

  public static Optional<PolicyId> parse(String text) {
    return isValid(text) ? Optional.of(new PolicyId(text)) : Optional.empty();
  }

  private static boolean isValid(String text) {
    return text.length() <= MAX_CHARS && FORM.matcher(text).matches();
  }

  @Override
  public String toString() {
    return value;
  }
}
