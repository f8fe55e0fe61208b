package dev.ampoule.aws;

import static dev.ampoule.aws.DynamoDbPluginCatalog.attribute;
import static dev.ampoule.aws.DynamoDbPluginCatalog.s;
import static dev.ampoule.aws.DynamoDbPluginCatalog.text;

import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.Change;
import dev.ampoule.registry.Margins;
import dev.ampoule.registry.Rollout;
import dev.ampoule.registry.Trial;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** The item {@code ALIAS#live}. */
final class RolloutItem {
  /** Before a version: an attribute of its own, so that breakers and moves do not meet. */
  static final String BREAKER = "breaker:";

  private static final String REVISION = "revision";
  private static final String ERA = "era";
  private static final String LIVE = "version";
  private static final String LIVE_SINCE = "liveSince";
  private static final String TAKEN_OVER = "takenOver";
  private static final String TRIAL = "trialVersion";
  private static final String TRIAL_KIND = "trialKind";
  private static final String TRIAL_SHARE = "trialSharePercent";
  private static final String TRIAL_SINCE = "trialSince";
  private static final String MARGIN_CALLS = "marginCallsMin";
  private static final String MARGIN_TRAPS = "marginTrapPoints";
  private static final String MARGIN_ERRORS = "marginErrorPoints";
  private static final String MARGIN_TIME_LIMITS = "marginTimeLimitPoints";
  private static final String MARGIN_P95 = "marginP95Percent";
  private static final List<String> ALL =
      List.of(
          REVISION,
          ERA,
          LIVE,
          LIVE_SINCE,
          TAKEN_OVER,
          TRIAL,
          TRIAL_KIND,
          TRIAL_SHARE,
          TRIAL_SINCE,
          MARGIN_CALLS,
          MARGIN_TRAPS,
          MARGIN_ERRORS,
          MARGIN_TIME_LIMITS,
          MARGIN_P95);

  private RolloutItem() {}

  /** Without the key, and without breakers. */
  static Map<String, AttributeValue> attributes(Rollout rollout) {
    var item = new HashMap<String, AttributeValue>();
    item.put(REVISION, n(rollout.revision()));
    item.put(ERA, n(rollout.era()));
    rollout.live().ifPresent(live -> item.put(LIVE, s(live.value())));
    item.put(LIVE_SINCE, s(rollout.liveSince().toString()));
    item.put(TAKEN_OVER, AttributeValue.fromBool(rollout.takenOver()));
    rollout
        .trial()
        .ifPresent(trial -> {
          item.put(TRIAL, s(trial.version().value()));
          item.put(TRIAL_KIND, s(trial.kind().name()));
          item.put(TRIAL_SHARE, n(trial.sharePercent()));
          item.put(TRIAL_SINCE, s(trial.since().toString()));
          item.put(MARGIN_CALLS, n(trial.margins().callsMin()));
          item.put(MARGIN_TRAPS, n(trial.margins().trapPoints()));
          item.put(MARGIN_ERRORS, n(trial.margins().errorPoints()));
          item.put(MARGIN_TIME_LIMITS, n(trial.margins().timeLimitPoints()));
          item.put(MARGIN_P95, n(trial.margins().p95Percent()));
        });
    return item;
  }

  /** Sets what the successor has, removes what it has not, and drops breakers that are over. */
  static void update(Update.Builder update, Change change) {
    var attributes = attributes(change.after());
    var names = new HashMap<String, String>();
    var values = new HashMap<String, AttributeValue>();
    var set = new ArrayList<String>();
    var remove = new ArrayList<String>();
    for (var attribute : ALL) {
      names.put("#" + attribute, attribute);
      var value = attributes.get(attribute);
      if (value == null) {
        remove.add("#" + attribute);
      } else {
        values.put(":" + attribute, value);
        set.add("#" + attribute + " = :" + attribute);
      }
    }
    change
        .before()
        .breakers()
        .forEach((version, until) -> {
          if (until.isBefore(change.entry().at())) {
            var name = "#over" + remove.size();
            names.put(name, BREAKER + version);
            remove.add(name);
          }
        });
    update
        .updateExpression(
            "SET "
                + String.join(", ", set)
                + (remove.isEmpty() ? "" : " REMOVE " + String.join(", ", remove)))
        .expressionAttributeNames(names);
    if (change.before().revision() == 0) {
      update.conditionExpression("attribute_not_exists(#revision)");
    } else {
      values.put(":decidedOn", n(change.before().revision()));
      update.conditionExpression("#revision = :decidedOn");
    }
    update.expressionAttributeValues(values);
  }

  static Rollout rollout(Map<String, AttributeValue> item) {
    return new Rollout(
        number(item, REVISION, 0),
        number(item, ERA, 0),
        version(item, LIVE),
        Optional.ofNullable(item.get(LIVE_SINCE))
            .map(since -> Instant.parse(since.s()))
            .orElse(Instant.EPOCH),
        Optional.ofNullable(item.get(TAKEN_OVER)).map(AttributeValue::bool).orElse(false),
        version(item, TRIAL).map(version -> trial(item, version)),
        item.entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(BREAKER))
            .collect(
                Collectors.toMap(
                    entry -> new PluginVersion(entry.getKey().substring(BREAKER.length())),
                    entry -> Instant.parse(entry.getValue().s()))));
  }

  private static Trial trial(Map<String, AttributeValue> item, PluginVersion version) {
    return new Trial(
        version,
        Trial.Kind.valueOf(text(item, TRIAL_KIND)),
        integer(item, TRIAL_SHARE),
        new Margins(
            integer(item, MARGIN_CALLS),
            integer(item, MARGIN_TRAPS),
            integer(item, MARGIN_ERRORS),
            integer(item, MARGIN_TIME_LIMITS),
            integer(item, MARGIN_P95)),
        Instant.parse(text(item, TRIAL_SINCE)));
  }

  private static Optional<PluginVersion> version(Map<String, AttributeValue> item, String name) {
    return Optional.ofNullable(item.get(name)).map(value -> new PluginVersion(value.s()));
  }

  private static int integer(Map<String, AttributeValue> item, String name) {
    return Integer.parseInt(attribute(item, name).n());
  }

  private static long number(Map<String, AttributeValue> item, String name, long absent) {
    return Optional.ofNullable(item.get(name))
        .map(value -> Long.parseLong(value.n()))
        .orElse(absent);
  }

  private static AttributeValue n(long number) {
    return AttributeValue.fromN(Long.toString(number));
  }
}
