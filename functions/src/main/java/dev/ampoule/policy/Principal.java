package dev.ampoule.policy;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * Who asks: the subject of a verified token and its roles.
 *
 * @param subject the {@code sub} claim (RFC 7519 §4.1.2), 1 to {@value #SUBJECT_CHARS_MAX}
 *     printable ASCII characters
 */
public record Principal(String subject, Set<Role> roles) {
  public static final int SUBJECT_CHARS_MAX = 128;
  private static final Pattern SUBJECT = Pattern.compile("[!-~]{1," + SUBJECT_CHARS_MAX + "}");

  public Principal {
    if (!isSubject(subject)) {
      throw new IllegalArgumentException("not a subject, " + subject.length() + " characters");
    }
    roles = Set.copyOf(roles);
  }

  public static boolean isSubject(String text) {
    return SUBJECT.matcher(text).matches();
  }
}
