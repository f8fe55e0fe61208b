package dev.ampoule.dashboard;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.live.LiveEvent;
import dev.ampoule.plugin.StrictJson;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One set of vital signs as an event has it (docs/dashboards.md). What an event does not say is not
 * shown; what it says beside that is not looked at.
 *
 * @param patient the patient's identifier, as in the topic
 * @param bed empty where it is not told
 * @param consciousness a letter of ACVPU; empty where it is not told
 */
public record Vitals(
    String patient,
    String bed,
    Instant at,
    Map<Sign, Double> signs,
    Optional<Boolean> oxygen,
    String consciousness,
    Optional<Score> score) {
  private static final int NESTING_MAX = 8;
  private static final int SCORE_MAX = 20;
  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final JsonMapper JSON =
      StrictJson.mapper(
          StreamReadConstraints.builder()
              .maxNestingDepth(NESTING_MAX)
              .maxDocumentLength(LiveEvent.DATA_BYTES_MAX)
              .build());

  public Vitals {
    requireNonNull(patient, "patient");
    requireNonNull(bed, "bed");
    requireNonNull(at, "at");
    signs = Map.copyOf(signs);
    requireNonNull(oxygen, "oxygen");
    requireNonNull(consciousness, "consciousness");
    requireNonNull(score, "score");
  }

  /**
   * What the {@code news2} plugin made of it.
   *
   * @param points of each sign, 0 to 3
   */
  public record Score(int total, Risk risk, Map<Sign, Integer> points) {
    public Score {
      requireNonNull(risk, "risk");
      points = Map.copyOf(points);
    }
  }

  /** Clinical risk, with the class it has in the style sheet. */
  public enum Risk {
    LOW("low", Text.RISK_LOW),
    LOW_MEDIUM("low-medium", Text.RISK_LOW_MEDIUM),
    MEDIUM("medium", Text.RISK_MEDIUM),
    HIGH("high", Text.RISK_HIGH);

    private final String key;
    private final Text label;

    Risk(String key, Text label) {
      this.key = key;
      this.label = label;
    }

    public String key() {
      return key;
    }

    public Text label() {
      return label;
    }

    static Optional<Risk> ofKey(String key) {
      for (Risk risk : values()) {
        if (risk.key.equals(key)) {
          return Optional.of(risk);
        }
      }
      return Optional.empty();
    }
  }

  /** Empty where the event is not one of vital signs. */
  public static Optional<Vitals> of(LiveEvent event) {
    JsonNode node;
    try {
      node = JSON.readTree(event.data());
    } catch (JacksonException e) {
      return Optional.empty();
    }
    var patient = node.path("patient").asText();
    if (!IDENTIFIER.matcher(patient).matches() || !node.path("vitals").isObject()) {
      return Optional.empty();
    }
    var vitals = node.path("vitals");
    var signs = new EnumMap<Sign, Double>(Sign.class);
    for (Sign sign : Sign.values()) {
      if (vitals.path(sign.field()).isNumber()) {
        signs.put(sign, vitals.path(sign.field()).doubleValue());
      }
    }
    return Optional.of(
        new Vitals(
            patient,
            IDENTIFIER.matcher(node.path("bed").asText()).matches()
                ? node.path("bed").asText()
                : "",
            time(node.path("at").asText()).orElse(event.at()),
            signs,
            vitals.path("supplementalOxygen").isBoolean()
                ? Optional.of(vitals.path("supplementalOxygen").booleanValue())
                : Optional.empty(),
            vitals.path("consciousness").asText().matches("[ACVPU]")
                ? vitals.path("consciousness").asText()
                : "",
            score(node.path("news2"))));
  }

  private static Optional<Score> score(JsonNode news2) {
    var total = news2.path("score");
    if (!total.isInt() || total.intValue() < 0 || total.intValue() > SCORE_MAX) {
      return Optional.empty();
    }
    var points = new EnumMap<Sign, Integer>(Sign.class);
    for (Sign sign : Sign.values()) {
      var given = news2.path("scores").path(sign.field());
      if (given.isInt() && given.intValue() >= 0 && given.intValue() <= 3) {
        points.put(sign, given.intValue());
      }
    }
    return Risk.ofKey(news2.path("risk").asText())
        .map(risk -> new Score(total.intValue(), risk, points));
  }

  private static Optional<Instant> time(String text) {
    try {
      return Optional.of(Instant.parse(text));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** For a class of the style sheet. */
  public String riskKey() {
    return score.map(s -> s.risk().key()).orElse("unknown");
  }

  public Text riskLabel() {
    return score.map(s -> s.risk().label()).orElse(Text.RISK_UNKNOWN);
  }

  /** NEWS2's points for one sign; 0 where there is no score. */
  public int points(Sign sign) {
    return score.map(s -> s.points().getOrDefault(sign, 0)).orElse(0);
  }

  public Text consciousnessLabel() {
    return switch (consciousness) {
      case "A" -> Text.CONSCIOUS_A;
      case "C" -> Text.CONSCIOUS_C;
      case "V" -> Text.CONSCIOUS_V;
      case "P" -> Text.CONSCIOUS_P;
      case "U" -> Text.CONSCIOUS_U;
      default -> Text.NONE;
    };
  }

  @Override
  public String toString() {
    return "Vitals[" + signs.size() + " signs]";
  }
}
