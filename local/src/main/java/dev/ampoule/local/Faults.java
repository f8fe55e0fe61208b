package dev.ampoule.local;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the embedded services do badly on purpose, to see how the platform takes it. */
public final class Faults {
  /** A service that can be broken. */
  public enum Service {
    DYNAMODB,
    S3
  }

  /** How it is broken. */
  public enum Fault {
    /** Connections are closed without an answer. */
    DOWN,
    /** Requests are served after {@link FaultHandler#SLOW}, when their clients have given up. */
    SLOW,
    /** Requests are refused as AWS refuses those that are too many. */
    THROTTLE
  }

  private volatile Map<Service, Fault> now = Map.of();

  /**
   * Reads {@code dynamodb=down}, {@code s3=slow} and so on.
   *
   * @throws IllegalArgumentException naming what is none, or is there twice
   */
  static Map<Service, Fault> parse(List<String> texts) {
    var faults = new EnumMap<Service, Fault>(Service.class);
    for (String text : texts) {
      String[] parts = text.split("=", 2);
      var service = named(Service.values(), parts[0]);
      var fault = named(Fault.values(), parts.length < 2 ? "" : parts[1]);
      if (service.isEmpty() || fault.isEmpty()) {
        throw new IllegalArgumentException(
            "must be SERVICE=FAULT with one of %s and one of %s, not %s"
                .formatted(names(Service.values()), names(Fault.values()), text));
      }
      if (faults.put(service.get(), fault.get()) != null) {
        throw new IllegalArgumentException("has " + name(service.get()) + " more than once");
      }
    }
    return faults;
  }

  private static <E extends Enum<E>> Optional<E> named(E[] values, String name) {
    return Stream.of(values).filter(value -> name(value).equals(name)).findFirst();
  }

  private static String names(Enum<?>[] values) {
    return Stream.of(values).map(Faults::name).collect(Collectors.joining(", "));
  }

  static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** From now on these, and no others; none heals everything. */
  public void set(Map<Service, Fault> faults) {
    // Not Map.copyOf: what is told of them is in the services' order, the same in every process.
    var copy = new EnumMap<Service, Fault>(Service.class);
    copy.putAll(faults);
    now = Collections.unmodifiableMap(copy);
  }

  Map<Service, Fault> all() {
    return now;
  }

  Optional<Fault> of(Service service) {
    return Optional.ofNullable(now.get(service));
  }
}
