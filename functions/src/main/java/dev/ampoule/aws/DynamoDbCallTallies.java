package dev.ampoule.aws;

import static dev.ampoule.aws.DynamoDbPluginCatalog.PK;
import static dev.ampoule.aws.DynamoDbPluginCatalog.SK;
import static dev.ampoule.aws.DynamoDbPluginCatalog.pluginKey;
import static dev.ampoule.aws.DynamoDbPluginCatalog.s;

import dev.ampoule.invocation.CallTallies;
import dev.ampoule.invocation.Tally;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.CatalogUnavailableException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;

/**
 * Tallies in the table {@code Plugins}: one item for each version that was judged, {@code
 * TALLY#{version}} beside the version's own. Every process adds to it with one update; the first of
 * a new era replaces it.
 */
public final class DynamoDbCallTallies implements CallTallies {
  private static final String TALLY = "TALLY#";
  private static final String ERA = "era";
  private static final String CALLS = "calls";
  private static final String TRAPS = "traps";
  private static final String ERRORS = "errors";
  private static final String TIME_LIMITS = "timeLimits";
  private static final String AGREED = "agreed";
  private static final String DISAGREED = "disagreed";
  private static final String RUN_TIME = "runTime:";
  private static final String CRASH = "crash:";

  /** Who begins an era when another process does just then adds to that one's. */
  private static final int TRIES_MAX = 3;

  /** Slots of crashes that one addition forgets: it need not be all of them. */
  private static final int FORGOTTEN_MAX = 50;

  private final DynamoDbClient client;
  private final String table;

  public DynamoDbCallTallies(DynamoDbClient client, String table) {
    this.client = client;
    this.table = table;
  }

  @Override
  public Optional<Tally> add(
      PluginName name, PluginVersion version, long era, Tally tally, Instant crashesFrom) {
    try {
      for (int tries = 0; tries < TRIES_MAX; tries++) {
        var stored = item(name, version);
        long storedEra = era(stored);
        if (storedEra > era) {
          return Optional.empty();
        }
        var sum =
            storedEra == era
                ? addTo(stored, name, version, era, tally, crashesFrom)
                : begin(name, version, era, tally);
        if (sum.isPresent()) {
          return sum;
        }
      }
      return Optional.empty();
    } catch (SdkException e) {
      throw new CatalogUnavailableException(e);
    }
  }

  @Override
  public Tally read(PluginName name, PluginVersion version, long era) {
    try {
      var stored = item(name, version);
      return era(stored) == era ? tally(stored) : Tally.NONE;
    } catch (SdkException e) {
      throw new CatalogUnavailableException(e);
    }
  }

  private Optional<Tally> addTo(
      Map<String, AttributeValue> stored,
      PluginName name,
      PluginVersion version,
      long era,
      Tally tally,
      Instant crashesFrom) {
    var names = new HashMap<>(Map.of("#era", ERA));
    var values = new HashMap<>(Map.of(":era", n(era)));
    var adds = new ArrayList<String>();
    attributes(tally)
        .forEach((attribute, count) -> {
          var place = Integer.toString(adds.size());
          names.put("#a" + place, attribute);
          values.put(":a" + place, n(count));
          adds.add("#a" + place + " :a" + place);
        });
    var removes = new ArrayList<String>();
    tally(stored).crashes().headMap(Tally.slot(crashesFrom)).keySet().stream()
        .filter(slot -> !tally.crashes().containsKey(slot))
        .limit(FORGOTTEN_MAX)
        .forEach(slot -> {
          var place = "#r" + removes.size();
          names.put(place, CRASH + slot);
          removes.add(place);
        });
    try {
      var updated =
          client.updateItem(b ->
              b.tableName(table)
                  .key(key(name, version))
                  .updateExpression(
                      "ADD "
                          + String.join(", ", adds)
                          + (removes.isEmpty() ? "" : " REMOVE " + String.join(", ", removes)))
                  .conditionExpression("#era = :era")
                  .expressionAttributeNames(names)
                  .expressionAttributeValues(values)
                  .returnValues(ReturnValue.ALL_NEW));
      return Optional.of(tally(updated.attributes()));
    } catch (ConditionalCheckFailedException e) {
      return Optional.empty();
    }
  }

  private Optional<Tally> begin(PluginName name, PluginVersion version, long era, Tally tally) {
    var item = new HashMap<>(key(name, version));
    item.put(ERA, n(era));
    attributes(tally).forEach((attribute, count) -> item.put(attribute, n(count)));
    try {
      client.putItem(b ->
          b.tableName(table)
              .item(item)
              .conditionExpression("attribute_not_exists(pk) OR #era < :era")
              .expressionAttributeNames(Map.of("#era", ERA))
              .expressionAttributeValues(Map.of(":era", n(era))));
      return Optional.of(tally);
    } catch (ConditionalCheckFailedException e) {
      return Optional.empty();
    }
  }

  private Map<String, AttributeValue> item(PluginName name, PluginVersion version) {
    return client
        .getItem(b -> b.tableName(table).key(key(name, version)).consistentRead(true))
        .item();
  }

  private static Map<String, Long> attributes(Tally tally) {
    var attributes = new TreeMap<String, Long>();
    attributes.put(CALLS, tally.calls());
    attributes.put(TRAPS, tally.traps());
    attributes.put(ERRORS, tally.errors());
    attributes.put(TIME_LIMITS, tally.timeLimits());
    attributes.put(AGREED, tally.agreed());
    attributes.put(DISAGREED, tally.disagreed());
    tally.runTimes().forEach((step, count) -> attributes.put(RUN_TIME + step, count));
    tally.crashes().forEach((slot, count) -> attributes.put(CRASH + slot, count));
    return attributes;
  }

  private static Tally tally(Map<String, AttributeValue> item) {
    var runTimes = new TreeMap<Integer, Long>();
    var crashes = new TreeMap<Long, Long>();
    item.forEach((attribute, count) -> {
      if (attribute.startsWith(RUN_TIME)) {
        runTimes.put(
            Integer.valueOf(attribute.substring(RUN_TIME.length())), Long.valueOf(count.n()));
      } else if (attribute.startsWith(CRASH)) {
        crashes.put(Long.valueOf(attribute.substring(CRASH.length())), Long.valueOf(count.n()));
      }
    });
    return new Tally(
        number(item, CALLS),
        number(item, TRAPS),
        number(item, ERRORS),
        number(item, TIME_LIMITS),
        number(item, AGREED),
        number(item, DISAGREED),
        runTimes,
        crashes);
  }

  /** -1 where there is no item. */
  private static long era(Map<String, AttributeValue> item) {
    return item.isEmpty() ? -1 : number(item, ERA);
  }

  private static long number(Map<String, AttributeValue> item, String attribute) {
    var value = item.get(attribute);
    return value == null ? 0 : Long.parseLong(value.n());
  }

  private static Map<String, AttributeValue> key(PluginName name, PluginVersion version) {
    return Map.of(PK, s(pluginKey(name)), SK, s(TALLY + version));
  }

  private static AttributeValue n(long number) {
    return AttributeValue.fromN(Long.toString(number));
  }
}
