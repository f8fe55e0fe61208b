package dev.ampoule.local.template;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.local.template.Template.Resource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Resolves the intrinsic functions of a template (CloudFormation Template Reference, "Intrinsic
 * functions"): {@code Ref}, {@code Fn::GetAtt}, {@code Fn::Sub}, {@code Fn::Join}, {@code
 * Fn::Select}, {@code Fn::Split}, {@code Fn::If} with the condition functions, and dynamic
 * references to Secrets Manager. Any other is an error that names it and its place.
 */
final class Intrinsics {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String FUNCTION = "Fn::";

  private static final Set<String> KNOWN =
      Set.of(
          "Ref",
          "Fn::GetAtt",
          "Fn::Sub",
          "Fn::Join",
          "Fn::Select",
          "Fn::Split",
          "Fn::If",
          "Fn::Equals",
          "Fn::And",
          "Fn::Or",
          "Fn::Not");

  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(!?)([^}]*)}");
  private static final Pattern DYNAMIC = Pattern.compile("\\{\\{resolve:([^:}]*):([^}]*)}}");

  /** Name or ARN, then SecretString, and no JSON key, stage or version. */
  private static final Pattern SECRET =
      Pattern.compile(
          "(?:arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:)?([^:]+)(?::SecretString:*)?");

  private final Template template;
  private final Surroundings surroundings;
  private final PhysicalNames names;
  private final Set<String> underWay = new HashSet<>();

  Intrinsics(Template template, Surroundings surroundings) {
    this.template = template;
    this.surroundings = surroundings;
    this.names = new PhysicalNames(surroundings);
  }

  /** Refuses what could not be resolved, wherever in {@code value} it stands. */
  static void check(JsonNode value, String place) {
    value
        .properties()
        .forEach(entry -> {
          if (entry.getKey().startsWith(FUNCTION) && !KNOWN.contains(entry.getKey())) {
            throw new InvalidTemplateException(place, "unknown intrinsic " + entry.getKey());
          }
          check(entry.getValue(), place + "/" + entry.getKey());
        });
    if (value.isArray()) {
      for (int i = 0; i < value.size(); i++) {
        check(value.get(i), place + "/" + i);
      }
    }
  }

  /**
   * The value without intrinsics; missing where it is {@code AWS::NoValue}.
   *
   * @param place where it stands, for the message of an error
   */
  JsonNode resolve(JsonNode value, String place) {
    if (value.isTextual()) {
      return dynamic(value, place);
    }
    if (value.isArray()) {
      ArrayNode resolved = NODES.arrayNode();
      for (int i = 0; i < value.size(); i++) {
        JsonNode item = resolve(value.get(i), place + "/" + i);
        if (!item.isMissingNode()) {
          resolved.add(item);
        }
      }
      return resolved;
    }
    if (!value.isObject()) {
      return value;
    }
    if (value.size() == 1) {
      Map.Entry<String, JsonNode> only = value.properties().iterator().next();
      if (only.getKey().equals("Ref") || only.getKey().startsWith(FUNCTION)) {
        return dynamic(call(only.getKey(), only.getValue(), place + "/" + only.getKey()), place);
      }
    }
    ObjectNode resolved = NODES.objectNode();
    value
        .properties()
        .forEach(entry -> {
          JsonNode field = resolve(entry.getValue(), place + "/" + entry.getKey());
          if (!field.isMissingNode()) {
            resolved.set(entry.getKey(), field);
          }
        });
    return resolved;
  }

  private JsonNode call(String function, JsonNode argument, String place) {
    return switch (function) {
      case "Ref" -> ref(text(argument, place), place);
      case "Fn::GetAtt" -> attribute(argument, place);
      case "Fn::Sub" -> substitute(argument, place);
      case "Fn::Join" -> {
        List<JsonNode> arguments = arguments(argument, 2, place);
        yield NODES.textNode(
            String.join(
                text(arguments.get(0), place),
                texts(resolve(arguments.get(1), place + "/1"), place + "/1")));
      }
      case "Fn::Select" -> {
        List<JsonNode> arguments = arguments(argument, 2, place);
        List<String> items = texts(resolve(arguments.get(1), place + "/1"), place + "/1");
        int index = resolve(arguments.get(0), place + "/0").asInt(-1);
        if (index < 0 || index >= items.size()) {
          throw new InvalidTemplateException(
              place, "index %d of %d items".formatted(index, items.size()));
        }
        yield NODES.textNode(items.get(index));
      }
      case "Fn::Split" -> {
        List<JsonNode> arguments = arguments(argument, 2, place);
        ArrayNode parts = NODES.arrayNode();
        for (String part :
            text(resolve(arguments.get(1), place + "/1"), place + "/1")
                .split(Pattern.quote(text(arguments.get(0), place)), -1)) {
          parts.add(part);
        }
        yield parts;
      }
      case "Fn::If" -> {
        List<JsonNode> arguments = arguments(argument, 3, place);
        int chosen = condition(text(arguments.get(0), place), place) ? 1 : 2;
        yield resolve(arguments.get(chosen), place + "/" + chosen);
      }
      default -> throw new InvalidTemplateException(place, "unknown intrinsic " + function);
    };
  }

  private JsonNode ref(String name, String place) {
    Optional<String> pseudo = pseudo(name);
    if (name.equals("AWS::NoValue")) {
      return MissingNode.getInstance();
    }
    if (pseudo.isPresent()) {
      return NODES.textNode(pseudo.get());
    }
    JsonNode parameter = template.parameters().path(name);
    if (parameter.isObject()) {
      String given = surroundings.parameters().get(name);
      if (given != null) {
        return NODES.textNode(given);
      }
      if (parameter.has("Default")) {
        return NODES.textNode(parameter.get("Default").asText());
      }
      throw new InvalidTemplateException(
          place, "parameter " + name + " has no default, and no value on one machine");
    }
    Resource resource = resource(name, place);
    return NODES.textNode(once(name, place, () -> names.ref(resource, resolving(resource))));
  }

  private Optional<String> pseudo(String name) {
    return switch (name) {
      case "AWS::Region" -> Optional.of(surroundings.region());
      case "AWS::AccountId" -> Optional.of(surroundings.accountId());
      case "AWS::Partition" -> Optional.of(PhysicalNames.PARTITION);
      case "AWS::URLSuffix" -> Optional.of(PhysicalNames.URL_SUFFIX);
      case "AWS::StackName" -> Optional.of(surroundings.stackName());
      case "AWS::StackId" ->
          Optional.of(
              "arn:%s:cloudformation:%s:%s:stack/%s/local"
                  .formatted(
                      PhysicalNames.PARTITION,
                      surroundings.region(),
                      surroundings.accountId(),
                      surroundings.stackName()));
      default -> Optional.empty();
    };
  }

  private JsonNode attribute(JsonNode argument, String place) {
    if (argument.isTextual()) {
      String text = argument.textValue();
      int dot = text.indexOf('.');
      if (dot > 0) {
        return attribute(text.substring(0, dot), text.substring(dot + 1), place);
      }
    }
    List<JsonNode> arguments = arguments(argument, 2, place);
    return attribute(
        text(arguments.get(0), place),
        text(resolve(arguments.get(1), place + "/1"), place + "/1"),
        place);
  }

  private JsonNode attribute(String id, String attribute, String place) {
    Resource resource = resource(id, place);
    return NODES.textNode(
        once(
            id + "." + attribute,
            place,
            () ->
                names
                    .attribute(resource, attribute, resolving(resource))
                    .orElseThrow(() ->
                        new InvalidTemplateException(
                            place,
                            "%s of %s has no value on one machine"
                                .formatted(attribute, resource.type())))));
  }

  private JsonNode substitute(JsonNode argument, String place) {
    JsonNode format = argument.isArray() ? argument.path(0) : argument;
    JsonNode own = argument.path(1);
    Matcher matcher = VARIABLE.matcher(text(format, place));
    var text = new StringBuilder();
    while (matcher.find()) {
      String name = matcher.group(2).strip();
      String value =
          !matcher.group(1).isEmpty()
              ? "${" + name + "}"
              : own.has(name)
                  ? text(resolve(own.get(name), place + "/1/" + name), place + "/1/" + name)
                  : name.contains(".")
                      ? attribute(NODES.textNode(name), place).textValue()
                      : ref(name, place).asText();
      matcher.appendReplacement(text, Matcher.quoteReplacement(value));
    }
    return NODES.textNode(matcher.appendTail(text).toString());
  }

  /** Whether the condition of that name holds. */
  boolean condition(String name, String place) {
    JsonNode condition = template.conditions().path(name);
    if (!condition.isObject()) {
      throw new InvalidTemplateException(place, "no condition " + name);
    }
    String itsPlace = "Conditions/" + name;
    return Boolean.parseBoolean(
        once(itsPlace, place, () -> String.valueOf(holds(condition, itsPlace))));
  }

  private boolean holds(JsonNode condition, String place) {
    if (condition.size() != 1) {
      throw new InvalidTemplateException(place, "one condition function expected");
    }
    Map.Entry<String, JsonNode> only = condition.properties().iterator().next();
    JsonNode argument = only.getValue();
    String inside = place + "/" + only.getKey();
    return switch (only.getKey()) {
      case "Condition" -> condition(text(argument, inside), inside);
      case "Fn::Equals" -> {
        List<JsonNode> arguments = arguments(argument, 2, inside);
        yield resolve(arguments.get(0), inside + "/0")
            .asText()
            .equals(resolve(arguments.get(1), inside + "/1").asText());
      }
      case "Fn::Not" -> !holds(arguments(argument, 1, inside).getFirst(), inside);
      case "Fn::And" -> items(argument).stream().allMatch(c -> holds(c, inside));
      case "Fn::Or" -> items(argument).stream().anyMatch(c -> holds(c, inside));
      default -> throw new InvalidTemplateException(place, "unknown intrinsic " + only.getKey());
    };
  }

  /** The text with each {@code {{resolve:…}}} in it answered. */
  private JsonNode dynamic(JsonNode value, String place) {
    if (!value.isTextual() || !value.textValue().contains("{{resolve:")) {
      return value;
    }
    Matcher matcher = DYNAMIC.matcher(value.textValue());
    var text = new StringBuilder();
    while (matcher.find()) {
      Matcher secret = SECRET.matcher(matcher.group(2));
      if (!matcher.group(1).equals("secretsmanager") || !secret.matches()) {
        throw new InvalidTemplateException(
            place,
            "unknown dynamic reference {{resolve:%s:…}}; one machine answers"
                    .formatted(matcher.group(1))
                + " {{resolve:secretsmanager:NAME:SecretString:::}}");
      }
      String name = secret.group(1);
      boolean generated =
          Optional.ofNullable(template.resources().get(name))
              .filter(r -> r.type().equals("AWS::SecretsManager::Secret"))
              .map(r -> r.properties().has("GenerateSecretString"))
              .orElse(false);
      matcher.appendReplacement(
          text, Matcher.quoteReplacement(surroundings.secrets().value(name, generated)));
    }
    return NODES.textNode(matcher.appendTail(text).toString());
  }

  private UnaryOperator<JsonNode> resolving(Resource resource) {
    return property -> resolve(property, resource.place());
  }

  private Resource resource(String name, String place) {
    Resource resource = template.resources().get(name);
    if (resource == null) {
      throw new InvalidTemplateException(
          place, "refers to " + name + ", which is neither a parameter nor a resource");
    }
    return resource;
  }

  /** A reference that leads back to itself would resolve for ever. */
  private String once(String what, String place, java.util.function.Supplier<String> value) {
    if (!underWay.add(what)) {
      throw new InvalidTemplateException(place, what + " refers to itself");
    }
    try {
      return value.get();
    } finally {
      underWay.remove(what);
    }
  }

  private static List<JsonNode> arguments(JsonNode argument, int count, String place) {
    List<JsonNode> items = items(argument);
    if (items.size() != count) {
      throw new InvalidTemplateException(
          place, "%d arguments expected, got %d".formatted(count, items.size()));
    }
    return items;
  }

  private static List<JsonNode> items(JsonNode array) {
    List<JsonNode> items = new ArrayList<>();
    if (array.isArray()) {
      array.forEach(items::add);
    }
    return items;
  }

  private static List<String> texts(JsonNode array, String place) {
    return items(array).stream().map(item -> text(item, place)).toList();
  }

  private static String text(JsonNode value, String place) {
    if (!value.isValueNode() || value.isNull()) {
      throw new InvalidTemplateException(place, "text expected");
    }
    return value.asText();
  }
}
