package dev.ampoule.local.template;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * YAML as a tree, with CloudFormation's short forms written out: {@code !Ref X} as {@code {Ref:
 * X}}, {@code !GetAtt X.Y} as {@code {Fn::GetAtt: [X, Y]}}. Jackson's own tree would drop the tags
 * and leave plain text.
 */
final class YamlTree {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final YAMLFactory YAML =
      YAMLFactory.builder()
          .enable(com.fasterxml.jackson.core.StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private YamlTree() {}

  static JsonNode read(Path file) throws IOException {
    try (var reader = Files.newBufferedReader(file);
        YAMLParser parser = YAML.createParser(reader)) {
      return parser.nextToken() == null ? NODES.missingNode() : node(parser);
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s: no YAML, line %d"
              .formatted(file, e.getLocation() == null ? 0 : e.getLocation().getLineNr()),
          e);
    }
  }

  private static JsonNode node(YAMLParser parser) throws IOException {
    @Nullable Object tag = parser.getTypeId();
    JsonNode value =
        switch (parser.currentToken()) {
          case START_OBJECT -> object(parser);
          case START_ARRAY -> array(parser);
          default -> scalar(parser);
        };
    return tag instanceof String name && !name.startsWith("tag:yaml.org,")
        ? written(name, value)
        : value;
  }

  private static ObjectNode object(YAMLParser parser) throws IOException {
    ObjectNode object = NODES.objectNode();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      object.set(name, node(parser));
    }
    return object;
  }

  private static ArrayNode array(YAMLParser parser) throws IOException {
    ArrayNode array = NODES.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(node(parser));
    }
    return array;
  }

  private static JsonNode scalar(YAMLParser parser) throws IOException {
    if (parser.isCurrentAlias()) {
      throw new InvalidTemplateException(
          "line " + parser.currentLocation().getLineNr(), "YAML aliases are not read");
    }
    return switch (parser.currentToken()) {
      case VALUE_NUMBER_INT ->
          parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
              ? NODES.numberNode(parser.getBigIntegerValue())
              : NODES.numberNode(parser.getLongValue());
      case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDecimalValue());
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      case VALUE_NULL -> NODES.nullNode();
      default -> NODES.textNode(parser.getText());
    };
  }

  private static JsonNode written(String tag, JsonNode value) {
    String name = tag.equals("Ref") || tag.equals("Condition") ? tag : "Fn::" + tag;
    if (tag.equals("GetAtt") && value.isTextual() && value.textValue().contains(".")) {
      String text = value.textValue();
      int dot = text.indexOf('.');
      return NODES
          .objectNode()
          .set(name, NODES.arrayNode().add(text.substring(0, dot)).add(text.substring(dot + 1)));
    }
    return NODES.objectNode().set(name, value);
  }
}
