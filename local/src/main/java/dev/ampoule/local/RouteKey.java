package dev.ampoule.local;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * An HTTP API route key: {@code GET /v1/plugins/{name}}, {@code ANY /files/{path+}} or {@code
 * $default} (API Gateway Developer Guide, "Routes for HTTP APIs").
 */
public record RouteKey(String text) {
  private static final String DEFAULT = "$default";
  private static final String ANY = "ANY";

  /**
   * The order in which API Gateway tries routes: full matches, then greedy ones, then {@code
   * $default}; among equals the more literal path first, and a method before {@code ANY}.
   */
  static final Comparator<RouteKey> PRECEDENCE =
      Comparator.comparing(RouteKey::isDefault)
          .thenComparing(RouteKey::isGreedy)
          .thenComparing(RouteKey::shape)
          .thenComparing(key -> key.method().equals(ANY));

  public RouteKey {
    Objects.requireNonNull(text, "text");
    if (!text.equals(DEFAULT) && !text.matches("[A-Z]+ /\\S*")) {
      throw new IllegalArgumentException("route key: METHOD /path or $default, got " + text);
    }
  }

  /** The path parameters, decoded, where this route takes the request; else empty. */
  Optional<Map<String, String>> match(String requestMethod, List<String> pathSegments) {
    if (isDefault()) {
      return Optional.of(Map.of());
    }
    if (!method().equals(ANY) && !method().equals(requestMethod)) {
      return Optional.empty();
    }
    List<String> pattern = segments(path());
    int fixed = isGreedy() ? pattern.size() - 1 : pattern.size();
    if (isGreedy() ? pathSegments.size() <= fixed : pathSegments.size() != fixed) {
      return Optional.empty();
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    for (int i = 0; i < fixed; i++) {
      String expected = pattern.get(i);
      String actual = pathSegments.get(i);
      if (isParameter(expected) && !actual.isEmpty()) {
        parameters.put(expected.substring(1, expected.length() - 1), actual);
      } else if (!expected.equals(actual)) {
        return Optional.empty();
      }
    }
    if (isGreedy()) {
      String name = pattern.getLast();
      parameters.put(
          name.substring(1, name.length() - 2),
          String.join("/", pathSegments.subList(fixed, pathSegments.size())));
    }
    return Optional.of(parameters);
  }

  private boolean isDefault() {
    return text.equals(DEFAULT);
  }

  private boolean isGreedy() {
    return text.endsWith("+}");
  }

  private String method() {
    return isDefault() ? ANY : text.substring(0, text.indexOf(' '));
  }

  private String path() {
    return isDefault() ? "/" : text.substring(text.indexOf(' ') + 1);
  }

  /** Sorts literal segments before parameters, and longer patterns before shorter ones. */
  private String shape() {
    var shape = new StringBuilder();
    for (String segment : segments(path())) {
      shape.append(isParameter(segment) ? '1' : '0');
    }
    return shape.append('2').toString();
  }

  private static boolean isParameter(String segment) {
    return segment.startsWith("{") && segment.endsWith("}");
  }

  private static List<String> segments(String path) {
    return List.of(path.substring(1).split("/", -1));
  }

  /**
   * The segments of a request path, percent-decoded one by one, so that an encoded slash stays
   * within its segment. Empty where the path is malformed (RFC 3986 §2.1) or not UTF-8.
   */
  static Optional<List<String>> decodedSegments(String rawPath) {
    if (!rawPath.startsWith("/")) {
      return Optional.empty();
    }
    List<String> decoded = new ArrayList<>();
    for (String segment : segments(rawPath)) {
      Optional<String> text = percentDecoded(segment);
      if (text.isEmpty()) {
        return Optional.empty();
      }
      decoded.add(text.get());
    }
    return Optional.of(decoded);
  }

  private static Optional<String> percentDecoded(String text) {
    if (text.indexOf('%') < 0) {
      return Optional.of(text);
    }
    ByteBuffer bytes = ByteBuffer.allocate(text.length() * 3);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '%') {
        bytes.put(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
        continue;
      }
      int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
      int low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), 16) : -1;
      if (high < 0 || low < 0) {
        return Optional.empty();
      }
      bytes.put((byte) (high << 4 | low));
      i += 2;
    }
    try {
      return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
