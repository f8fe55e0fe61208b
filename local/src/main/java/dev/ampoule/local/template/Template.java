package dev.ampoule.local.template;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A CloudFormation template as it is written: nothing in it is resolved yet (AWS CloudFormation
 * User Guide, "Template anatomy").
 */
public final class Template {
  private final JsonNode parameters;
  private final JsonNode conditions;
  private final JsonNode outputs;
  private final Map<String, Resource> resources;

  private Template(
      JsonNode parameters, JsonNode conditions, JsonNode outputs, Map<String, Resource> resources) {
    this.parameters = parameters;
    this.conditions = conditions;
    this.outputs = outputs;
    this.resources = resources;
  }

  /**
   * One resource.
   *
   * @param id its logical id
   * @param type such as {@code AWS::Lambda::Function}
   * @param condition the name of the condition under which there is one
   */
  record Resource(String id, String type, JsonNode properties, Optional<String> condition) {
    Resource {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(type, "type");
      Objects.requireNonNull(properties, "properties");
      Objects.requireNonNull(condition, "condition");
    }

    String place() {
      return "Resources/" + id + "/Properties";
    }
  }

  /**
   * Reads YAML, or JSON, which is YAML too.
   *
   * @throws IOException where the file cannot be read or is no YAML
   * @throws InvalidTemplateException where it is no template
   */
  public static Template read(Path file) throws IOException {
    JsonNode root = YamlTree.read(file);
    JsonNode declared = root.path("Resources");
    if (!declared.isObject()) {
      throw new InvalidTemplateException(file.toString(), "no template, for it has no Resources");
    }
    Map<String, Resource> resources = new LinkedHashMap<>();
    declared
        .properties()
        .forEach(
            entry -> resources.put(entry.getKey(), resource(entry.getKey(), entry.getValue())));
    return new Template(
        root.path("Parameters"), root.path("Conditions"), root.path("Outputs"), resources);
  }

  private static Resource resource(String id, JsonNode declared) {
    JsonNode type = declared.path("Type");
    if (!type.isTextual()) {
      throw new InvalidTemplateException("Resources/" + id, "Type is missing or no text");
    }
    JsonNode condition = declared.path("Condition");
    return new Resource(
        id,
        type.textValue(),
        declared.path("Properties"),
        condition.isTextual() ? Optional.of(condition.textValue()) : Optional.empty());
  }

  Map<String, Resource> resources() {
    return resources;
  }

  JsonNode parameters() {
    return parameters;
  }

  JsonNode conditions() {
    return conditions;
  }

  JsonNode outputs() {
    return outputs;
  }
}
