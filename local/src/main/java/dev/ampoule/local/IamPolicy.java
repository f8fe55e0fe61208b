package dev.ampoule.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The part of IAM that API Gateway's authorizers need: {@code Allow} and {@code Deny} of {@code
 * execute-api:Invoke} on ARNs with wildcards, a denial first (IAM User Guide, "Policy evaluation
 * logic"). Conditions are not evaluated: a statement with one allows nothing.
 */
final class IamPolicy {
  private static final String INVOKE = "execute-api:invoke";

  private IamPolicy() {}

  /** Whether the policy document lets the resource be invoked. */
  static boolean allows(JsonNode document, String resource) {
    boolean allowed = false;
    for (JsonNode statement : list(document.path("Statement"))) {
      if (!anyMatches(statement.path("Action"), INVOKE, true)
          || !anyMatches(statement.path("Resource"), resource, false)) {
        continue;
      }
      if (!statement.path("Effect").asText().equals("Allow")) {
        return false;
      }
      allowed |= isEmpty(statement.path("Condition"));
    }
    return allowed;
  }

  private static boolean isEmpty(JsonNode condition) {
    return condition.isMissingNode() || condition.isNull() || condition.isEmpty();
  }

  private static boolean anyMatches(JsonNode patterns, String value, boolean ignoreCase) {
    for (JsonNode pattern : list(patterns)) {
      String text = ignoreCase ? pattern.asText().toLowerCase(Locale.ROOT) : pattern.asText();
      if (matches(text, value)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(String pattern, String value) {
    var regex = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      switch (c) {
        case '*' -> regex.append(".*");
        case '?' -> regex.append('.');
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.matches(regex.toString(), value);
  }

  /** IAM takes one of something where it takes several. */
  private static List<JsonNode> list(JsonNode oneOrMore) {
    List<JsonNode> all = new ArrayList<>();
    if (oneOrMore.isArray()) {
      oneOrMore.forEach(all::add);
    } else if (!oneOrMore.isMissingNode()) {
      all.add(oneOrMore);
    }
    return all;
  }
}
