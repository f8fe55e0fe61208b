package dev.ampoule.local.template;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Properties of a resource, resolved one by one as they are read, with their place. */
record Properties(JsonNode node, String place, Intrinsics intrinsics) {
  String text(String name) {
    return optionalText(name)
        .orElseThrow(() -> new InvalidTemplateException(place + "/" + name, "is missing"));
  }

  String text(String name, String otherwise) {
    return optionalText(name).orElse(otherwise);
  }

  Optional<String> optionalText(String name) {
    JsonNode value = value(name);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isValueNode()) {
      throw new InvalidTemplateException(place + "/" + name, "text expected");
    }
    return Optional.of(value.asText());
  }

  /** CloudFormation takes a number also as text. */
  OptionalInt number(String name, int min, int max) {
    Optional<String> text = optionalText(name);
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    String digits = text.get();
    if (!digits.matches("-?\\d{1,12}")
        || new BigInteger(digits).compareTo(BigInteger.valueOf(min)) < 0
        || new BigInteger(digits).compareTo(BigInteger.valueOf(max)) > 0) {
      throw new InvalidTemplateException(
          place + "/" + name, "%d to %d expected, got %s".formatted(min, max, digits));
    }
    return OptionalInt.of(Integer.parseInt(digits));
  }

  Optional<Duration> seconds(String name, int min, int max) {
    OptionalInt seconds = number(name, min, max);
    return seconds.isPresent()
        ? Optional.of(Duration.ofSeconds(seconds.getAsInt()))
        : Optional.empty();
  }

  boolean flag(String name, boolean otherwise) {
    return optionalText(name).map(Boolean::parseBoolean).orElse(otherwise);
  }

  Properties at(String name) {
    return new Properties(value(name), place + "/" + name, intrinsics);
  }

  List<Properties> items(String name) {
    JsonNode array = value(name);
    List<Properties> items = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      items.add(new Properties(array.get(i), place + "/" + name + "/" + i, intrinsics));
    }
    return items;
  }

  List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    value(name).forEach(item -> texts.add(item.asText()));
    return texts;
  }

  List<String> names() {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  boolean has(String name) {
    return !value(name).isMissingNode();
  }

  private JsonNode value(String name) {
    return intrinsics.resolve(node.path(name), place + "/" + name);
  }
}
