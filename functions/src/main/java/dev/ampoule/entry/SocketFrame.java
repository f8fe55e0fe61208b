package dev.ampoule.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.live.Topic;
import dev.ampoule.live.TopicFilter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a client sent, read strictly: a field that is not known is an error.
 *
 * @param id the client's own, which its answer carries
 */
record SocketFrame(ObjectNode fields, Optional<String> id) {
  static final int ID_CHARS_MAX = 64;

  /** What a frame may be. */
  private static final String FORM =
      "body: must be one JSON object, no field twice, at most 16 levels deep";

  SocketFrame {
    Objects.requireNonNull(fields, "fields");
    Objects.requireNonNull(id, "id");
  }

  /** A frame that cannot be understood; the message names the field, never its value. */
  static final class BadFrame extends Exception {
    private static final long serialVersionUID = 1L;

    private final ProblemType type;

    BadFrame(String detail) {
      this(ProblemType.BAD_REQUEST, detail);
    }

    BadFrame(ProblemType type, String detail) {
      super(detail, null, false, false);
      this.type = type;
    }

    ProblemType type() {
      return type;
    }

    String detail() {
      return Objects.requireNonNull(getMessage());
    }
  }

  static SocketFrame parse(@Nullable String body) throws BadFrame {
    if (body == null) {
      throw new BadFrame(FORM);
    }
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0) {
      throw new BadFrame(FORM);
    }
    var fields = Json.object(bytes).orElseThrow(() -> new BadFrame(FORM));
    return new SocketFrame(fields, id(fields));
  }

  private static Optional<String> id(ObjectNode fields) throws BadFrame {
    var id = fields.get("id");
    if (id == null) {
      return Optional.empty();
    }
    if (!id.isTextual() || id.textValue().isEmpty() || id.textValue().length() > ID_CHARS_MAX) {
      throw new BadFrame("id: must be text of 1 to " + ID_CHARS_MAX + " characters");
    }
    return Optional.of(id.textValue());
  }

  /** Beside {@code action} and {@code id}. */
  void only(Set<String> names) throws BadFrame {
    for (var field : fields.properties()) {
      var name = field.getKey();
      if (!name.equals("action") && !name.equals("id") && !names.contains(name)) {
        // A name of the client's own choosing is not repeated.
        throw new BadFrame(
            "a field that is none of action, id"
                + (names.isEmpty() ? "" : ", ")
                + String.join(", ", names.stream().sorted().toList()));
      }
    }
  }

  TopicFilter filter() throws BadFrame {
    return text("topic")
        .flatMap(TopicFilter::parse)
        .orElseThrow(() -> new BadFrame("topic: must be " + TopicFilter.FORM));
  }

  Topic topic() throws BadFrame {
    return text("topic")
        .flatMap(Topic::parse)
        .orElseThrow(() -> new BadFrame("topic: must be " + Topic.FORM));
  }

  /** {@code after}: a number, or for a wildcard an object of numbers by topic. */
  Map<Topic, Long> after(TopicFilter filter) throws BadFrame {
    var after = fields.get("after");
    if (after == null) {
      return Map.of();
    }
    if (!filter.below()) {
      return Map.of(filter.base(), seq(after));
    }
    if (!(after instanceof ObjectNode byTopic)) {
      throw new BadFrame("after: must be an object of numbers by topic, for a wildcard");
    }
    var cursors = new TreeMap<Topic, Long>();
    for (var entry : byTopic.properties()) {
      cursors.put(
          Topic.parse(entry.getKey())
              .orElseThrow(() -> new BadFrame("after: must have topics as its fields")),
          seq(entry.getValue()));
    }
    return cursors;
  }

  private static long seq(JsonNode node) throws BadFrame {
    if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
      throw new BadFrame("after: must be the number of an event, 0 or more");
    }
    return node.longValue();
  }

  boolean flag(String name) throws BadFrame {
    var value = fields.get(name);
    if (value != null && !value.isBoolean()) {
      throw new BadFrame(name + ": must be true or false");
    }
    return value != null && value.booleanValue();
  }

  Optional<String> text(String name) throws BadFrame {
    var value = fields.get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw new BadFrame(name + ": must be text");
    }
    return Optional.of(value.textValue());
  }

  JsonNode value(String name) throws BadFrame {
    var value = fields.get(name);
    if (value == null) {
      throw new BadFrame(name + ": is missing");
    }
    return value;
  }

  @Override
  public String toString() {
    return "SocketFrame[" + fields.size() + " fields]";
  }
}
