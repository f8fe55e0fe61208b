package dev.ampoule.entry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.registry.Margins;
import dev.ampoule.registry.Order;
import dev.ampoule.registry.Trial;
import dev.ampoule.registry.UploadKey;
import java.util.Set;

/** The body of {@code POST …/activate}: {@code {weight?, shadow?, margins?}}. */
sealed interface ActivationBody {
  Set<String> FIELDS = Set.of("weight", "shadow", "margins");

  record Good(Order order) implements ActivationBody {}

  record Bad(String detail) implements ActivationBody {}

  /** Thrown and caught in here alone. */
  final class BadField extends Exception {
    private static final long serialVersionUID = 1L;

    private BadField(String detail) {
      super(detail, null, false, false);
    }
  }

  /** Without weight, or with one of 100, the version goes live. */
  static ActivationBody read(UploadKey key, ObjectNode fields) {
    try {
      boolean shadow = shadow(fields);
      if (shadow && fields.has("weight")) {
        return new Bad("weight: a shadow takes no calls; leave it out");
      }
      int weight = integer(fields, "weight", "weight", 1, 100, 100);
      if (!shadow && weight == 100) {
        return fields.has("margins")
            ? new Bad("margins: only for a canary or a shadow")
            : new Good(new Order.Activate(key.name(), key.version()));
      }
      return new Good(
          new Order.Try(
              key.name(),
              key.version(),
              shadow ? Trial.Kind.SHADOW : Trial.Kind.CANARY,
              weight,
              margins(fields)));
    } catch (BadField e) {
      return new Bad(String.valueOf(e.getMessage()));
    }
  }

  private static boolean shadow(ObjectNode fields) throws BadField {
    var shadow = fields.get("shadow");
    if (shadow != null && !shadow.isBoolean()) {
      throw new BadField("shadow: must be true or false");
    }
    return shadow != null && shadow.booleanValue();
  }

  private static Margins margins(ObjectNode fields) throws BadField {
    var given = fields.get("margins");
    if (given == null) {
      return Margins.DEFAULT;
    }
    var known = Set.of("callsMin", "trapPoints", "errorPoints", "timeLimitPoints", "p95Percent");
    if (!(given instanceof ObjectNode margins)
        || !margins.properties().stream().allMatch(field -> known.contains(field.getKey()))) {
      throw new BadField(
          "margins: must be an object of " + String.join(", ", known.stream().sorted().toList()));
    }
    var unset = Margins.DEFAULT;
    return new Margins(
        margin(margins, "callsMin", 1, Margins.CALLS_MAX, unset.callsMin()),
        margin(margins, "trapPoints", 0, Margins.PERCENT_MAX, unset.trapPoints()),
        margin(margins, "errorPoints", 0, Margins.PERCENT_MAX, unset.errorPoints()),
        margin(margins, "timeLimitPoints", 0, Margins.PERCENT_MAX, unset.timeLimitPoints()),
        margin(margins, "p95Percent", 0, Margins.P95_PERCENT_MAX, unset.p95Percent()));
  }

  private static int margin(ObjectNode margins, String field, int min, int max, int unset)
      throws BadField {
    return integer(margins, field, "margins." + field, min, max, unset);
  }

  private static int integer(
      ObjectNode node, String field, String path, int min, int max, int unset) throws BadField {
    var value = node.get(field);
    if (value == null) {
      return unset;
    }
    if (!value.isInt() || value.intValue() < min || value.intValue() > max) {
      throw new BadField(path + ": must be a whole number from " + min + " to " + max);
    }
    return value.intValue();
  }
}
