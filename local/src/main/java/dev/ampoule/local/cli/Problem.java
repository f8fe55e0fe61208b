package dev.ampoule.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Why the server said no.
 *
 * @param status of HTTP
 * @param summary one line
 * @param members the problem's further members (RFC 9457 §3.2), a line each
 */
record Problem(int status, String summary, List<String> members) {
  private static final int MEMBERS_MAX = 50;
  private static final Set<String> STANDARD =
      Set.of("type", "title", "status", "detail", "instance");
  private static final Pattern S3_CODE = Pattern.compile("<Code>([A-Za-z0-9]{1,64})</Code>");

  Problem {
    Objects.requireNonNull(summary, "summary");
    members = List.copyOf(members);
  }

  /**
   * Reads {@code application/problem+json}; API Gateway's own {@code {"message"}}; whatever else
   * counts by its status alone.
   */
  static Problem of(int status, Optional<String> retryAfter, String call, byte[] body) {
    List<String> members = new ArrayList<>();
    Optional<ObjectNode> json = ApiJson.object(body);
    String title = json.flatMap(node -> text(node, "title")).orElse("");
    String detail = json.flatMap(node -> text(node, "detail")).orElse("");
    if (title.isEmpty()) {
      String message =
          json.flatMap(node -> text(node, "message")).map(text -> ": " + text).orElse("");
      return new Problem(
          status, Printable.line("HTTP status " + status + " to " + call + message), List.of());
    }
    json.ifPresent(node -> node.properties().forEach(member -> add(members, member)));
    retryAfter.ifPresent(after -> members.add(Printable.line("retry after: " + after)));
    return new Problem(
        status, Printable.line(detail.isEmpty() ? title : title + ": " + detail), members);
  }

  /** Reads S3's XML as far as its stable code. */
  static Problem ofUpload(int status, String body) {
    Matcher code = S3_CODE.matcher(body);
    return new Problem(
        status,
        "The upload was refused: HTTP status " + status + (code.find() ? " " + code.group(1) : ""),
        List.of());
  }

  private static void add(List<String> lines, Map.Entry<String, JsonNode> member) {
    if (STANDARD.contains(member.getKey())) {
      return;
    }
    JsonNode value = member.getValue();
    List<String> texts =
        value.isArray() && value.valueStream().anyMatch(JsonNode::isObject)
            ? value.valueStream().map(Problem::flat).toList()
            : List.of(flat(value));
    texts.stream()
        .limit(MEMBERS_MAX - (long) lines.size())
        .forEach(text -> lines.add(Printable.line(member.getKey() + ": " + text)));
  }

  /**
   * {@code ["a","b"]} reads {@code a, b}; {@code {"field":"x","reason":"y"}} reads {@code x: y}.
   */
  private static String flat(JsonNode value) {
    if (value.isContainerNode()) {
      return value
          .valueStream()
          .map(Problem::flat)
          .collect(Collectors.joining(value.isArray() ? ", " : ": "));
    }
    return value.asText();
  }

  private static Optional<String> text(ObjectNode node, String field) {
    return Optional.ofNullable(node.get(field))
        .filter(JsonNode::isTextual)
        .map(JsonNode::textValue);
  }
}
