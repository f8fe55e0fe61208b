package dev.ampoule.entry;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Values that were measured at one moment.
 *
 * @param values in the order they are written
 * @param properties what is known beside them, by name
 * @param dimensions sets of names of properties, each a series of its own for every value; an empty
 *     set is the series over everything
 */
record Measurement(
    List<Value> values, Map<String, String> properties, List<List<String>> dimensions) {
  Measurement {
    values = List.copyOf(values);
    properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
    dimensions = dimensions.stream().map(List::copyOf).toList();
    for (var set : dimensions) {
      if (!properties.keySet().containsAll(set)) {
        throw new IllegalArgumentException("a dimension without a value: " + set);
      }
    }
  }

  /** CloudWatch's units. */
  enum Unit {
    COUNT,
    MILLISECONDS
  }

  /** One value; {@code name} is the metric's. */
  record Value(String name, double value, Unit unit) {
    Value {
      requireNonNull(name, "name");
      requireNonNull(unit, "unit");
    }
  }

  static Builder of() {
    return new Builder();
  }

  /** Collects one measurement. For one thread. */
  static final class Builder {
    private final List<Value> values = new ArrayList<>();
    private final Map<String, String> properties = new LinkedHashMap<>();
    private final List<List<String>> dimensions = new ArrayList<>();

    Builder count(String name, long value) {
      values.add(new Value(name, value, Unit.COUNT));
      return this;
    }

    Builder millis(String name, double value) {
      values.add(new Value(name, value, Unit.MILLISECONDS));
      return this;
    }

    Builder property(String name, String value) {
      properties.put(name, value);
      return this;
    }

    Builder by(String... names) {
      dimensions.add(List.of(names));
      return this;
    }

    Measurement build() {
      return new Measurement(values, properties, dimensions);
    }
  }
}
