package dev.ampoule.local.cli;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;

/** A path under the server's URL, with a query; both percent-encoded (RFC 3986 §2.1). */
record ApiPath(String encoded) {
  static ApiPath of(String... segments) {
    StringBuilder path = new StringBuilder();
    for (String segment : segments) {
      path.append('/').append(encode(segment));
    }
    return new ApiPath(path.toString());
  }

  ApiPath query(Map<String, String> parameters) {
    return parameters.isEmpty()
        ? this
        : new ApiPath(
            encoded
                + parameters.entrySet().stream()
                    .map(p -> encode(p.getKey()) + "=" + encode(p.getValue()))
                    .collect(Collectors.joining("&", "?", "")));
  }

  /** Whether it would still be the same segment after a server has resolved the path. */
  static boolean isSegment(String text) {
    return !text.isBlank() && !text.equals(".") && !text.equals("..");
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public String toString() {
    return encoded;
  }
}
