package dev.ampoule.local.template;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A filter of an event source mapping (Lambda Developer Guide, "Filter rule syntax"): the fields it
 * names must be there with one of the values, or satisfy one of the rules {@code prefix}, {@code
 * suffix}, {@code equals-ignore-case}, {@code anything-but}, {@code numeric} and {@code exists};
 * {@code $or} takes one of several patterns.
 */
public final class EventPattern {
  private static final JsonMapper JSON = new JsonMapper();

  private final Predicate<JsonNode> rule;

  private EventPattern(Predicate<JsonNode> rule) {
    this.rule = rule;
  }

  /**
   * Reads a pattern.
   *
   * @param place where it stands, for the message
   * @throws InvalidTemplateException where it is no pattern
   */
  public static EventPattern parse(String json, String place) {
    JsonNode pattern;
    try {
      pattern = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new InvalidTemplateException(place, "no JSON, %d characters".formatted(json.length()));
    }
    if (!pattern.isObject()) {
      throw new InvalidTemplateException(place, "an object expected");
    }
    return new EventPattern(fields(pattern, place));
  }

  /** Whether an event or a record is let through. */
  public boolean matches(JsonNode event) {
    return rule.test(event);
  }

  private static Predicate<JsonNode> fields(JsonNode pattern, String place) {
    List<Predicate<JsonNode>> all = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : pattern.properties()) {
      String name = entry.getKey();
      JsonNode wanted = entry.getValue();
      String inside = place + "/" + name;
      if (name.equals("$or")) {
        List<Predicate<JsonNode>> any = new ArrayList<>();
        wanted.forEach(alternative -> any.add(fields(alternative, inside)));
        all.add(event -> any.stream().anyMatch(p -> p.test(event)));
      } else if (wanted.isObject()) {
        Predicate<JsonNode> below = fields(wanted, inside);
        all.add(event -> below.test(event.path(name)));
      } else if (wanted.isArray()) {
        List<Predicate<JsonNode>> any = new ArrayList<>();
        wanted.forEach(rule -> any.add(value(rule, inside)));
        all.add(event -> any.stream().anyMatch(p -> eachOf(event.path(name), p)));
      } else {
        throw new InvalidTemplateException(inside, "a list of values or rules expected");
      }
    }
    return event -> all.stream().allMatch(p -> p.test(event));
  }

  /** Of an array in the event one element is enough. */
  private static boolean eachOf(JsonNode value, Predicate<JsonNode> rule) {
    if (!value.isArray()) {
      return rule.test(value);
    }
    for (JsonNode element : value) {
      if (rule.test(element)) {
        return true;
      }
    }
    return false;
  }

  private static Predicate<JsonNode> value(JsonNode rule, String place) {
    if (rule.isValueNode()) {
      return value -> same(rule, value);
    }
    if (rule.size() != 1 || !rule.isObject()) {
      throw new InvalidTemplateException(place, "a value or one rule expected");
    }
    Map.Entry<String, JsonNode> only = rule.properties().iterator().next();
    JsonNode argument = only.getValue();
    return switch (only.getKey()) {
      case "exists" -> {
        boolean wanted = argument.booleanValue();
        yield value -> value.isValueNode() == wanted;
      }
      case "prefix" -> textual(text -> text.startsWith(argument.asText()));
      case "suffix" -> textual(text -> text.endsWith(argument.asText()));
      case "equals-ignore-case" -> {
        String wanted = argument.asText().toLowerCase(Locale.ROOT);
        yield textual(text -> text.toLowerCase(Locale.ROOT).equals(wanted));
      }
      case "anything-but" -> {
        List<Predicate<JsonNode>> not = new ArrayList<>();
        if (argument.isArray()) {
          argument.forEach(one -> not.add(value(one, place)));
        } else {
          not.add(value(argument, place));
        }
        yield value -> value.isValueNode() && not.stream().noneMatch(p -> p.test(value));
      }
      case "numeric" -> numeric(argument, place);
      default -> throw new InvalidTemplateException(place, "unknown filter rule " + only.getKey());
    };
  }

  private static Predicate<JsonNode> textual(Predicate<String> rule) {
    return value -> value.isTextual() && rule.test(value.textValue());
  }

  private static boolean same(JsonNode wanted, JsonNode value) {
    return wanted.isNumber() && value.isNumber()
        ? wanted.decimalValue().compareTo(value.decimalValue()) == 0
        : wanted.equals(value);
  }

  /** {@code [">", 0, "<=", 5]}: both hold. */
  private static Predicate<JsonNode> numeric(JsonNode comparisons, String place) {
    List<Predicate<BigDecimal>> all = new ArrayList<>();
    for (int i = 0; i + 1 < comparisons.size(); i += 2) {
      BigDecimal limit = comparisons.get(i + 1).decimalValue();
      all.add(
          switch (comparisons.get(i).asText()) {
            case "=" -> number -> number.compareTo(limit) == 0;
            case ">" -> number -> number.compareTo(limit) > 0;
            case ">=" -> number -> number.compareTo(limit) >= 0;
            case "<" -> number -> number.compareTo(limit) < 0;
            case "<=" -> number -> number.compareTo(limit) <= 0;
            default ->
                throw new InvalidTemplateException(
                    place, "unknown comparison " + comparisons.get(i).asText());
          });
    }
    if (all.isEmpty() || comparisons.size() % 2 != 0) {
      throw new InvalidTemplateException(place, "numeric: pairs of comparison and number expected");
    }
    return value -> value.isNumber() && all.stream().allMatch(p -> p.test(value.decimalValue()));
  }
}
