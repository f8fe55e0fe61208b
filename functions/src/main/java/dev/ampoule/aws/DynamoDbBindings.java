package dev.ampoule.aws;

import static dev.ampoule.aws.Items.s;
import static dev.ampoule.aws.Items.text;

import dev.ampoule.live.Binding;
import dev.ampoule.live.Bindings;
import dev.ampoule.live.LiveUnavailableException;
import dev.ampoule.live.TopicPattern;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.PluginName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;

/** Bindings in the table {@code Connections}, under {@code BINDINGS}. */
public final class DynamoDbBindings implements Bindings {
  private static final AttributeValue PARTITION = s("BINDINGS");

  private final DynamoDbClient client;
  private final String table;

  public DynamoDbBindings(DynamoDbClient client, String table) {
    this.client = client;
    this.table = table;
  }

  @Override
  public List<Binding> all() {
    try {
      return client
          .query(b ->
              b.tableName(table)
                  .consistentRead(true)
                  .limit(BINDINGS_MAX)
                  .keyConditionExpression("pk = :pk")
                  .expressionAttributeValues(Map.of(":pk", PARTITION)))
          .items()
          .stream()
          .map(item ->
              new Binding(
                  new TopicPattern(text(item, "sk")),
                  new PluginName(text(item, "plugin")),
                  Optional.ofNullable(item.get("function"))
                      .map(function -> new FunctionName(function.s()))))
          .toList();
    } catch (SdkException e) {
      throw new LiveUnavailableException(e);
    }
  }

  @Override
  public boolean put(Binding binding) {
    var there = all();
    if (there.size() >= BINDINGS_MAX
        && there.stream().noneMatch(other -> other.pattern().equals(binding.pattern()))) {
      return false;
    }
    var item = new HashMap<>(key(binding.pattern()));
    item.put("plugin", s(binding.plugin().value()));
    binding.function().ifPresent(function -> item.put("function", s(function.value())));
    try {
      client.putItem(b -> b.tableName(table).item(item));
      return true;
    } catch (SdkException e) {
      throw new LiveUnavailableException(e);
    }
  }

  @Override
  public boolean remove(TopicPattern pattern) {
    try {
      return !client
          .deleteItem(b -> b.tableName(table).key(key(pattern)).returnValues(ReturnValue.ALL_OLD))
          .attributes()
          .isEmpty();
    } catch (SdkException e) {
      throw new LiveUnavailableException(e);
    }
  }

  private static Map<String, AttributeValue> key(TopicPattern pattern) {
    return Map.of("pk", PARTITION, "sk", s(pattern.value()));
  }
}
