package dev.ampoule.aws;

import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Attributes of DynamoDB items. */
final class Items {
  private Items() {}

  static AttributeValue s(String text) {
    return AttributeValue.fromS(text);
  }

  static AttributeValue n(long number) {
    return AttributeValue.fromN(Long.toString(number));
  }

  static AttributeValue attribute(Map<String, AttributeValue> item, String name) {
    var value = item.get(name);
    if (value == null) {
      throw new IllegalStateException("an item without " + name);
    }
    return value;
  }

  static String text(Map<String, AttributeValue> item, String name) {
    return attribute(item, name).s();
  }

  static long number(Map<String, AttributeValue> item, String name) {
    return Long.parseLong(attribute(item, name).n());
  }
}
