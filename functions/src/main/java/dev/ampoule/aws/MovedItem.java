package dev.ampoule.aws;

import static dev.ampoule.aws.DynamoDbPluginCatalog.s;
import static dev.ampoule.aws.DynamoDbPluginCatalog.text;

import dev.ampoule.audit.Actor;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.Move;
import dev.ampoule.registry.Moved;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The items {@code MOVE#{revision}}. */
final class MovedItem {
  static final String PREFIX = "MOVE#";

  private MovedItem() {}

  /** Padded, so that the order of the texts is that of the numbers. */
  static String sk(long revision) {
    return PREFIX + "%019d".formatted(revision);
  }

  static Map<String, AttributeValue> item(PluginName name, Moved moved) {
    var item = new HashMap<String, AttributeValue>();
    item.put(DynamoDbPluginCatalog.PK, s(DynamoDbPluginCatalog.pluginKey(name)));
    item.put(DynamoDbPluginCatalog.SK, s(sk(moved.revision())));
    item.put("at", s(moved.at().toString()));
    item.put("actor", s(moved.actor().toString()));
    item.put("move", s(moved.move().name()));
    item.put("version", s(moved.version().value()));
    item.put("from", s(moved.from().name()));
    item.put("to", s(moved.to().name()));
    moved.liveBefore().ifPresent(live -> item.put("liveBefore", s(live.value())));
    moved.live().ifPresent(live -> item.put("live", s(live.value())));
    item.put("why", s(moved.why()));
    return item;
  }

  static Moved moved(Map<String, AttributeValue> item) {
    return new Moved(
        Long.parseLong(text(item, DynamoDbPluginCatalog.SK).substring(PREFIX.length())),
        Instant.parse(text(item, "at")),
        Actor.parse(text(item, "actor")).orElseThrow(),
        Move.valueOf(text(item, "move")),
        new PluginVersion(text(item, "version")),
        LifecycleState.valueOf(text(item, "from")),
        LifecycleState.valueOf(text(item, "to")),
        version(item, "liveBefore"),
        version(item, "live"),
        text(item, "why"));
  }

  private static Optional<PluginVersion> version(Map<String, AttributeValue> item, String name) {
    return Optional.ofNullable(item.get(name)).map(value -> new PluginVersion(value.s()));
  }
}
