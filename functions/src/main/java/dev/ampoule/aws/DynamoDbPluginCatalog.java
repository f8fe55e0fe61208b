package dev.ampoule.aws;

import dev.ampoule.audit.SigningKeyId;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.ManifestReader;
import dev.ampoule.plugin.ManifestReading;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.CatalogUnavailableException;
import dev.ampoule.registry.Change;
import dev.ampoule.registry.Moved;
import dev.ampoule.registry.Page;
import dev.ampoule.registry.PluginCatalog;
import dev.ampoule.registry.PluginSummary;
import dev.ampoule.registry.Rollout;
import dev.ampoule.registry.VersionRecord;
import dev.ampoule.sandbox.Abi;
import dev.ampoule.sandbox.ModuleFacts;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * The catalogue in the table {@code Plugins}. Beside the versions and the alias of a plugin ({@code
 * PLUGIN#{name}}) one item a plugin stands under {@code PLUGINS}, so that listing all of them is a
 * Query and never a Scan.
 */
public final class DynamoDbPluginCatalog implements PluginCatalog {
  static final String PK = "pk";
  static final String SK = "sk";
  private static final String DIRECTORY = "PLUGINS";
  private static final String VERSION = "VERSION#";
  private static final String ALIAS_LIVE = "ALIAS#live";

  /** Transactions that meet another one are tried again this often. */
  private static final int TRIES_MAX = 8;

  private final DynamoDbClient client;
  private final String table;

  public DynamoDbPluginCatalog(DynamoDbClient client, String table) {
    this.client = client;
    this.table = table;
  }

  @Override
  public Optional<VersionRecord> version(PluginName name, PluginVersion version) {
    return get(pluginKey(name), VERSION + version).map(DynamoDbPluginCatalog::record);
  }

  @Override
  public Optional<Rollout> rollout(PluginName name) {
    return get(pluginKey(name), ALIAS_LIVE).map(RolloutItem::rollout);
  }

  @Override
  public Page<PluginSummary> plugins(Optional<String> after, int itemsMax) {
    var response = query(DIRECTORY, "", after, itemsMax);
    return new Page<>(
        response.items().stream()
            .map(item ->
                new PluginSummary(
                    new PluginName(text(item, SK)),
                    Optional.ofNullable(item.get("live")).map(live -> new PluginVersion(live.s()))))
            .toList(),
        next(response, ""));
  }

  @Override
  public Page<VersionRecord> versions(PluginName name, Optional<String> after, int itemsMax) {
    var response = query(pluginKey(name), VERSION, after, itemsMax);
    return new Page<>(
        response.items().stream().map(DynamoDbPluginCatalog::record).toList(),
        next(response, VERSION));
  }

  @Override
  public Put put(VersionRecord record, boolean goLive) {
    var writes = new ArrayList<TransactWriteItem>();
    writes.add(
        write(b ->
            b.item(item(record))
                .conditionExpression("attribute_not_exists(pk) OR #state = :rejected")
                .expressionAttributeNames(Map.of("#state", "state"))
                .expressionAttributeValues(
                    Map.of(":rejected", s(LifecycleState.REJECTED.name())))));
    if (goLive) {
      writes.add(
          write(b -> b.item(firstAlias(record)).conditionExpression("attribute_not_exists(pk)")));
      writes.add(write(b -> b.item(MovedItem.item(record.name(), Moved.first(record)))));
      writes.add(directoryLive(record.name(), Optional.of(record.version())));
    } else {
      writes.add(
          update(
              DIRECTORY,
              record.name().value(),
              b ->
                  b.updateExpression("SET listed = :listed")
                      .expressionAttributeValues(
                          Map.of(":listed", AttributeValue.fromBool(true)))));
    }
    var failed = transact(writes);
    if (failed.isEmpty()) {
      return new Put.Stored();
    }
    if (failed.contains(0)) {
      return new Put.VersionTaken(
          version(record.name(), record.version())
              .orElseThrow(() ->
                  new CatalogUnavailableException(
                      new IllegalStateException("a version that was there is gone"))));
    }
    return new Put.LiveTaken();
  }

  @Override
  public boolean apply(Change change) {
    var writes = new ArrayList<TransactWriteItem>();
    writes.add(update(pluginKey(change.name()), ALIAS_LIVE, b -> RolloutItem.update(b, change)));
    for (var state : change.states()) {
      writes.add(
          update(
              pluginKey(change.name()),
              VERSION + state.version(),
              b ->
                  b.updateExpression("SET #state = :to")
                      .conditionExpression("#state = :from")
                      .expressionAttributeNames(Map.of("#state", "state"))
                      .expressionAttributeValues(
                          Map.of(":from", s(state.from().name()), ":to", s(state.to().name())))));
    }
    writes.add(write(b -> b.item(MovedItem.item(change.name(), change.entry()))));
    long oldest = change.entry().revision() - Change.ENTRIES_KEPT;
    if (oldest > 0) {
      writes.add(delete(pluginKey(change.name()), MovedItem.sk(oldest)));
    }
    writes.add(directoryLive(change.name(), change.after().live()));
    return transact(writes).isEmpty();
  }

  @Override
  public Page<Moved> history(PluginName name, Optional<String> after, int itemsMax) {
    var response =
        reading(() ->
            client.query(b -> {
              b.tableName(table)
                  .limit(itemsMax)
                  .consistentRead(true)
                  .scanIndexForward(false)
                  .keyConditionExpression("pk = :pk AND begins_with(sk, :sk)")
                  .expressionAttributeValues(
                      Map.of(":pk", s(pluginKey(name)), ":sk", s(MovedItem.PREFIX)));
              after.ifPresent(key ->
                  b.exclusiveStartKey(
                      Map.of(PK, s(pluginKey(name)), SK, s(MovedItem.PREFIX + key))));
            }));
    return new Page<>(
        response.items().stream().map(MovedItem::moved).toList(), next(response, MovedItem.PREFIX));
  }

  @Override
  public void openBreaker(PluginName name, PluginVersion version, Instant until) {
    try {
      client.updateItem(b ->
          b.tableName(table)
              .key(Map.of(PK, s(pluginKey(name)), SK, s(ALIAS_LIVE)))
              .updateExpression("SET #breaker = :until")
              .conditionExpression("attribute_exists(pk)")
              .expressionAttributeNames(Map.of("#breaker", RolloutItem.BREAKER + version))
              .expressionAttributeValues(Map.of(":until", s(until.toString()))));
    } catch (ConditionalCheckFailedException e) {
      // Nothing was ever live, so there is no rollout to write it into.
    } catch (SdkException e) {
      throw new CatalogUnavailableException(e);
    }
  }

  private TransactWriteItem directoryLive(PluginName name, Optional<PluginVersion> live) {
    return update(
        DIRECTORY,
        name.value(),
        b ->
            live.ifPresentOrElse(
                version ->
                    b.updateExpression("SET live = :live")
                        .expressionAttributeValues(Map.of(":live", s(version.value()))),
                () -> b.updateExpression("REMOVE live")));
  }

  /** The indexes of the writes whose condition did not hold; empty when all were written. */
  private List<Integer> transact(List<TransactWriteItem> writes) {
    for (int tries = 1; ; tries++) {
      try {
        client.transactWriteItems(b -> b.transactItems(writes));
        return List.of();
      } catch (TransactionCanceledException e) {
        var failed = new ArrayList<Integer>();
        for (int i = 0; i < e.cancellationReasons().size(); i++) {
          CancellationReason reason = e.cancellationReasons().get(i);
          if ("ConditionalCheckFailed".equals(reason.code())) {
            failed.add(i);
          }
        }
        if (!failed.isEmpty()) {
          return failed;
        }
        if (tries == TRIES_MAX) {
          throw new CatalogUnavailableException(e);
        }
      } catch (SdkException e) {
        throw new CatalogUnavailableException(e);
      }
    }
  }

  private TransactWriteItem write(
      Consumer<software.amazon.awssdk.services.dynamodb.model.Put.Builder> put) {
    var builder = software.amazon.awssdk.services.dynamodb.model.Put.builder().tableName(table);
    put.accept(builder);
    return TransactWriteItem.builder().put(builder.build()).build();
  }

  private TransactWriteItem update(String pk, String sk, Consumer<Update.Builder> update) {
    var builder = Update.builder().tableName(table).key(Map.of(PK, s(pk), SK, s(sk)));
    update.accept(builder);
    return TransactWriteItem.builder().update(builder.build()).build();
  }

  private TransactWriteItem delete(String pk, String sk) {
    return TransactWriteItem.builder()
        .delete(d -> d.tableName(table).key(Map.of(PK, s(pk), SK, s(sk))))
        .build();
  }

  private Optional<Map<String, AttributeValue>> get(String pk, String sk) {
    var item =
        reading(() ->
                client.getItem(
                    b -> b.tableName(table).key(Map.of(PK, s(pk), SK, s(sk))).consistentRead(true)))
            .item();
    return item.isEmpty() ? Optional.empty() : Optional.of(item);
  }

  private QueryResponse query(String pk, String skPrefix, Optional<String> after, int itemsMax) {
    return reading(() ->
        client.query(b -> {
          b.tableName(table).limit(itemsMax).consistentRead(true);
          if (skPrefix.isEmpty()) {
            b.keyConditionExpression("pk = :pk").expressionAttributeValues(Map.of(":pk", s(pk)));
          } else {
            b.keyConditionExpression("pk = :pk AND begins_with(sk, :sk)")
                .expressionAttributeValues(Map.of(":pk", s(pk), ":sk", s(skPrefix)));
          }
          after.ifPresent(key -> b.exclusiveStartKey(Map.of(PK, s(pk), SK, s(skPrefix + key))));
        }));
  }

  private static Optional<String> next(QueryResponse response, String skPrefix) {
    return response.hasLastEvaluatedKey() && !response.lastEvaluatedKey().isEmpty()
        ? Optional.of(text(response.lastEvaluatedKey(), SK).substring(skPrefix.length()))
        : Optional.empty();
  }

  private static <T> T reading(Supplier<T> read) {
    try {
      return read.get();
    } catch (SdkException e) {
      throw new CatalogUnavailableException(e);
    }
  }

  private static Map<String, AttributeValue> firstAlias(VersionRecord record) {
    var item = RolloutItem.attributes(Rollout.first(record.version(), record.registeredAt()));
    item.put(PK, s(pluginKey(record.name())));
    item.put(SK, s(ALIAS_LIVE));
    return item;
  }

  private static Map<String, AttributeValue> item(VersionRecord record) {
    var item = new HashMap<String, AttributeValue>();
    item.put(PK, s(pluginKey(record.name())));
    item.put(SK, s(VERSION + record.version()));
    item.put("digest", s(record.digest().hex()));
    item.put("state", s(record.state().name()));
    record.manifestJson().ifPresent(json -> item.put("manifest", s(json)));
    record
        .facts()
        .ifPresent(facts -> {
          item.put("abi", s(facts.abi().name()));
          item.put(
              "functions",
              AttributeValue.fromL(facts.functions().stream().map(f -> s(f.value())).toList()));
        });
    item.put(
        "reasons",
        AttributeValue.fromL(record.reasons().stream().map(DynamoDbPluginCatalog::s).toList()));
    item.put("moduleBytes", AttributeValue.fromN(Long.toString(record.moduleBytes())));
    item.put("registeredAt", s(record.registeredAt().toString()));
    record.signedBy().ifPresent(key -> item.put("signedBy", s(key.toString())));
    return item;
  }

  private static VersionRecord record(Map<String, AttributeValue> item) {
    var name = new PluginName(text(item, PK).substring("PLUGIN#".length()));
    var version = new PluginVersion(text(item, SK).substring(VERSION.length()));
    var state = LifecycleState.valueOf(text(item, "state"));
    var manifestJson = Optional.ofNullable(item.get("manifest")).map(AttributeValue::s);
    return new VersionRecord(
        name,
        version,
        new ContentDigest(text(item, "digest")),
        state,
        manifestJson,
        state == LifecycleState.REJECTED
            ? Manifest.UNDECLARED
            : manifestJson.map(json -> manifest(json, name, version)).orElse(Manifest.UNDECLARED),
        Optional.ofNullable(item.get("abi"))
            .map(abi ->
                new ModuleFacts(
                    Abi.valueOf(abi.s()),
                    new TreeSet<>(
                        attribute(item, "functions").l().stream()
                            .map(f -> new FunctionName(f.s()))
                            .toList()))),
        attribute(item, "reasons").l().stream().map(AttributeValue::s).toList(),
        Long.parseLong(attribute(item, "moduleBytes").n()),
        Instant.parse(text(item, "registeredAt")),
        Optional.ofNullable(item.get("signedBy"))
            .map(key -> SigningKeyId.parse(key.s()).orElseThrow()));
  }

  private static Manifest manifest(String json, PluginName name, PluginVersion version) {
    return switch (ManifestReader.read(json.getBytes(StandardCharsets.UTF_8), name, version)) {
      case ManifestReading.Valid(Manifest manifest) -> manifest;
      case ManifestReading.Invalid(var faults) ->
          throw new IllegalStateException(
              "the stored manifest of "
                  + name
                  + "@"
                  + version
                  + " has "
                  + faults.size()
                  + " faults");
    };
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

  static AttributeValue s(String text) {
    return AttributeValue.fromS(text);
  }

  static String pluginKey(PluginName name) {
    return "PLUGIN#" + name;
  }
}
