package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.cloudwatchlogs.emf.config.EnvironmentConfigurationProvider;
import software.amazon.cloudwatchlogs.emf.environment.Environments;
import software.amazon.lambda.powertools.common.internal.LambdaHandlerProcessor;
import software.amazon.lambda.powertools.logging.PowertoolsLogging;
import software.amazon.lambda.powertools.metrics.Metrics;
import software.amazon.lambda.powertools.metrics.model.DimensionSet;
import software.amazon.lambda.powertools.metrics.model.MetricUnit;
import software.amazon.lambda.powertools.metrics.provider.EmfMetricsProvider;

/**
 * Powertools for AWS Lambda: request and trace ids in every line that is logged, and metrics as
 * lines of CloudWatch's Embedded Metric Format on standard output. Without its aspects, and without
 * {@code MetricsFactory}, whose own SnapStart hook fails where AspectJ is not on the class path.
 */
final class PowertoolsBackend implements Telemetry.Backend {
  private final Metrics metrics;

  PowertoolsBackend() {
    // Else it asks EC2's metadata service where it is.
    EnvironmentConfigurationProvider.getConfig().setEnvironmentOverride(Environments.Lambda);
    metrics = new EmfMetricsProvider().getMetricsInstance();
    metrics.setNamespace(Telemetry.NAMESPACE);
  }

  @Override
  public <T extends @Nullable Object> T logging(Context context, Supplier<T> call) {
    return PowertoolsLogging.withLogging(context, call);
  }

  @Override
  public void put(Measurement measurement) {
    metrics.flushMetrics(document -> {
      var sets = measurement.dimensions().stream().map(names -> set(measurement, names)).toList();
      // The first replaces the library's own, log group and service name; the others join it.
      document.setDefaultDimensions(sets.getFirst());
      sets.stream().skip(1).forEach(document::addDimension);
      measurement.properties().forEach(document::addMetadata);
      LambdaHandlerProcessor.getXrayTraceId()
          .ifPresent(trace -> document.addMetadata("XrayTraceId", trace));
      for (var value : measurement.values()) {
        document.addMetric(value.name(), value.value(), unit(value.unit()));
      }
    });
  }

  private static DimensionSet set(Measurement measurement, List<String> names) {
    return DimensionSet.of(
        names.stream()
            .collect(
                Collectors.toMap(
                    name -> name,
                    name -> property(measurement.properties(), name),
                    (first, _) -> first,
                    TreeMap::new)));
  }

  private static String property(Map<String, String> properties, String name) {
    return Objects.requireNonNull(properties.get(name), name);
  }

  private static MetricUnit unit(Measurement.Unit unit) {
    return switch (unit) {
      case COUNT -> MetricUnit.COUNT;
      case MILLISECONDS -> MetricUnit.MILLISECONDS;
    };
  }
}
