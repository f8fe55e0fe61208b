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
import dev.ampoule.registry.Page;
import dev.ampoule.registry.PluginCatalog;
import dev.ampoule.registry.PluginSummary;
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
  private static final String PK = "pk";
  private static final String SK = "sk";
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
  public Optional<PluginVersion> live(PluginName name) {
    return get(pluginKey(name), ALIAS_LIVE).map(item -> new PluginVersion(text(item, "version")));
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
          write(b ->
              b.item(alias(record.name(), record.version()))
                  .conditionExpression("attribute_not_exists(pk)")));
      writes.add(directoryLive(record.name(), record.version()));
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
  public boolean pointLive(PluginName name, Optional<PluginVersion> from, PluginVersion to) {
    var writes = new ArrayList<TransactWriteItem>();
    writes.add(
        write(b -> {
          b.item(alias(name, to));
          from.ifPresentOrElse(
              old ->
                  b.conditionExpression("#version = :from")
                      .expressionAttributeNames(Map.of("#version", "version"))
                      .expressionAttributeValues(Map.of(":from", s(old.value()))),
              () -> b.conditionExpression("attribute_not_exists(pk)"));
        }));
    writes.add(
        move(
            name,
            to,
            LifecycleState.LIVE,
            List.of(LifecycleState.VALIDATED, LifecycleState.CANARY, LifecycleState.LIVE)));
    from.filter(old -> !old.equals(to))
        .ifPresent(old ->
            writes.add(
                move(name, old, LifecycleState.VALIDATED, List.of(LifecycleState.values()))));
    writes.add(directoryLive(name, to));
    return transact(writes).isEmpty();
  }

  private TransactWriteItem move(
      PluginName name, PluginVersion version, LifecycleState to, List<LifecycleState> from) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":to", s(to.name()));
    var names = new ArrayList<String>();
    for (LifecycleState state : from) {
      names.add(":" + state.name());
      values.put(":" + state.name(), s(state.name()));
    }
    return update(
        pluginKey(name),
        VERSION + version,
        b ->
            b.updateExpression("SET #state = :to")
                .conditionExpression("#state IN (" + String.join(", ", names) + ")")
                .expressionAttributeNames(Map.of("#state", "state"))
                .expressionAttributeValues(values));
  }

  private TransactWriteItem directoryLive(PluginName name, PluginVersion version) {
    return update(
        DIRECTORY,
        name.value(),
        b ->
            b.updateExpression("SET live = :live")
                .expressionAttributeValues(Map.of(":live", s(version.value()))));
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

  private static Map<String, AttributeValue> alias(PluginName name, PluginVersion version) {
    return Map.of(PK, s(pluginKey(name)), SK, s(ALIAS_LIVE), "version", s(version.value()));
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

  private static AttributeValue attribute(Map<String, AttributeValue> item, String name) {
    var value = item.get(name);
    if (value == null) {
      throw new IllegalStateException("an item without " + name);
    }
    return value;
  }

  private static String text(Map<String, AttributeValue> item, String name) {
    return attribute(item, name).s();
  }

  private static AttributeValue s(String text) {
    return AttributeValue.fromS(text);
  }

  private static String pluginKey(PluginName name) {
    return "PLUGIN#" + name;
  }
}
