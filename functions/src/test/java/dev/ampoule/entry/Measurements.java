package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Keeps what was measured. */
final class Measurements implements Telemetry.Backend {
  private final List<Measurement> all = new ArrayList<>();
  private boolean broken;

  @Override
  public <T extends @Nullable Object> T logging(Context context, Supplier<T> call) {
    return call.get();
  }

  @Override
  public synchronized void put(Measurement measurement) {
    if (broken) {
      throw new IllegalStateException("standard output is closed");
    }
    all.add(measurement);
  }

  synchronized void breakDown() {
    broken = true;
  }

  synchronized List<Measurement> all() {
    return List.copyOf(all);
  }

  List<String> names() {
    return all().stream()
        .flatMap(one -> one.values().stream())
        .map(Measurement.Value::name)
        .toList();
  }

  List<Double> values(String name) {
    return all().stream()
        .flatMap(one -> one.values().stream())
        .filter(value -> value.name().equals(name))
        .map(Measurement.Value::value)
        .toList();
  }
}
