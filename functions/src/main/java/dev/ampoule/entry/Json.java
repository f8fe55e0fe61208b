package dev.ampoule.entry;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.plugin.StrictJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** JSON of the REST calls. */
final class Json {
  static final int BODY_BYTES_MAX = 256 * 1024;
  private static final int NESTING_MAX = 16;

  private static final JsonMapper MAPPER =
      StrictJson.mapper(
          StreamReadConstraints.builder()
              .maxNestingDepth(NESTING_MAX)
              .maxDocumentLength(BODY_BYTES_MAX)
              .build());

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static String write(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JacksonException e) {
      throw new IllegalStateException("a tree that does not write", e);
    }
  }

  /** The request's object, an empty one for an empty body; empty where it is not a JSON object. */
  static Optional<ObjectNode> object(byte[] body) {
    if (body.length == 0) {
      return Optional.of(object());
    }
    try {
      return MAPPER.readTree(body) instanceof ObjectNode object
          ? Optional.of(object)
          : Optional.empty();
    } catch (JacksonException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }

  /** Any JSON value, written out again; empty where it is none. */
  static Optional<String> compact(byte[] body) {
    try {
      var tree = MAPPER.readTree(body);
      return tree.isMissingNode() ? Optional.empty() : Optional.of(write(tree));
    } catch (JacksonException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }

  /** Empty where it is not UTF-8. */
  static Optional<String> text(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  static JsonNode string(String text) {
    return MAPPER.getNodeFactory().textNode(text);
  }

  /** A value that came from our own store as JSON text. */
  static JsonNode tree(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JacksonException e) {
      throw new IllegalStateException("the store holds what is not JSON", e);
    }
  }
}
