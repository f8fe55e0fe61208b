package dev.ampoule.local.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/** JSON of the REST calls. Numbers keep their digits: FHIR's decimals have a precision. */
final class ApiJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private ApiJson() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Empty where {@code body} is not one JSON object in UTF-8. */
  static Optional<ObjectNode> object(byte[] body) {
    try {
      return MAPPER.readTree(body) instanceof ObjectNode object
          ? Optional.of(object)
          : Optional.empty();
    } catch (JacksonException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  static ObjectNode object(Reply.Success success) throws UnexpectedAnswerException {
    return object(success.body())
        .orElseThrow(
            () -> new UnexpectedAnswerException(success.call() + " was not answered with JSON"));
  }

  static ArrayNode array(Reply.Success success, ObjectNode node, String field)
      throws UnexpectedAnswerException {
    if (node.get(field) instanceof ArrayNode array) {
      return array;
    }
    throw missing(success, field);
  }

  static String text(Reply.Success success, JsonNode node, String field)
      throws UnexpectedAnswerException {
    return optionalText(node, field).orElseThrow(() -> missing(success, field));
  }

  static Optional<String> optionalText(JsonNode node, String field) {
    return Optional.ofNullable(node.get(field))
        .filter(JsonNode::isTextual)
        .map(JsonNode::textValue);
  }

  static UnexpectedAnswerException missing(Reply.Success success, String field) {
    return new UnexpectedAnswerException(
        success.call() + " was answered without the field " + field);
  }

  static String compact(JsonNode node) {
    return node.toString();
  }

  static String indented(JsonNode node) {
    return node.toPrettyString();
  }
}
