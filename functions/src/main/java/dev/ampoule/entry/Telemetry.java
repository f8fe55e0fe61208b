package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditId;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators see of the handlers. Two places feed it, and nothing passes by them: {@link
 * ObservedHandler}, which every handler is, and {@link MeteredAuditLog}, which every audit entry
 * goes through. What is measured of a call is what its audit entry says, so no text that could hold
 * PHI gets here (RATIONALE: "Why do the metrics come from the audit entries?").
 *
 * <p>Safe to share between threads. What breaks in here never breaks a call.
 */
final class Telemetry {
  private static final Logger LOG = LoggerFactory.getLogger(Telemetry.class);

  /** The namespace of all metrics. */
  static final String NAMESPACE = "Ampoule";

  /**
   * Versions that get series of their own from one process; each costs money. What comes later is
   * counted without its name, which stays a property of the log line.
   */
  static final int VERSIONS_MAX = 200;

  /** Where it goes. */
  interface Backend {
    /** Makes the call with what identifies it in every line it logs. */
    <T extends @Nullable Object> T logging(Context context, Supplier<T> call);

    void put(Measurement measurement);
  }

  /** Keeps nothing: whoever embeds the handlers watches them in another way. */
  static final Backend NOWHERE =
      new Backend() {
        @Override
        public <T extends @Nullable Object> T logging(Context context, Supplier<T> call) {
          return call.get();
        }

        @Override
        public void put(Measurement measurement) {}
      };

  /** What the platform does by itself, or is told to do to a plugin. */
  enum PlatformEvent {
    ROLLBACK("PluginRollbacks"),
    QUARANTINE("PluginQuarantines"),
    BREAKER_OPENED("BreakersOpened");

    private final String metric;

    PlatformEvent(String metric) {
      this.metric = metric;
    }
  }

  private final Backend backend;
  private final AtomicBoolean cold = new AtomicBoolean(true);
  private final Set<String> versions = ConcurrentHashMap.newKeySet();

  Telemetry(Backend backend) {
    this.backend = backend;
  }

  /** Makes one call of a function and measures it; the first of a process is a cold start. */
  <T extends @Nullable Object> T observe(String function, Context context, Supplier<T> call) {
    long started = System.nanoTime();
    boolean coldStart = cold.getAndSet(false);
    boolean returned = false;
    try {
      T result = backend.logging(context, call);
      returned = true;
      return result;
    } finally {
      put(
          Measurement.of()
              .count("Calls", 1)
              .count("CallFailures", returned ? 0 : 1)
              .count("ColdStarts", coldStart ? 1 : 0)
              .millis("CallDuration", (System.nanoTime() - started) / 1e6)
              .property("Function", function)
              .property("FunctionRequestId", context.getAwsRequestId())
              .by("Function")
              .build());
    }
  }

  /** An audited action, whatever became of it. */
  void happened(AuditEntry entry, AuditId id) {
    if (entry.action() == AuditAction.INVOKE) {
      put(
          described(entry)
              .property("AuditId", id.toString())
              .count("PluginInvocations", 1)
              .millis("PluginDuration", (double) entry.duration().toMillis()),
          entry);
    }
    if (entry.action() == AuditAction.REGISTER) {
      put(
          described(entry)
              .property("AuditId", id.toString())
              .count("PluginRegistrations", 1)
              .by("Outcome")
              .build());
    }
    if (entry.outcome() == AuditOutcome.FORBIDDEN
        || entry.outcome() == AuditOutcome.UNAUTHENTICATED) {
      put(
          Measurement.of()
              .count("Refusals", 1)
              .property("Outcome", entry.outcome().name())
              .property("Action", entry.action().name())
              .property("AuditId", id.toString())
              .by("Outcome")
              .build());
    }
    if (entry.outcome() == AuditOutcome.SUCCESS) {
      if (entry.action() == AuditAction.ROLLBACK) {
        platformEvent(PlatformEvent.ROLLBACK);
      }
      if (entry.action() == AuditAction.QUARANTINE) {
        platformEvent(PlatformEvent.QUARANTINE);
      }
    }
  }

  /** An action whose entry could not be stored, so that its caller was refused. */
  void auditFailed(AuditAction action, AuditUnavailableException.Phase phase) {
    put(
        Measurement.of()
            .count("AuditFailures", 1)
            .property("Phase", phase.name())
            .property("Action", action.name())
            .by()
            .by("Phase")
            .build());
  }

  /**
   * Counts what no audit entry tells. Rollbacks and quarantines are audited and hence counted
   * already.
   */
  void platformEvent(PlatformEvent event) {
    put(Measurement.of().count(event.metric, 1).by().build());
  }

  /**
   * How the audit spool stands after it was drained.
   *
   * @param age since when the oldest block waits that is left; zero where none is
   */
  void drained(int blocks, int faulty, Duration age) {
    put(
        Measurement.of()
            .count("SpoolDrained", blocks)
            .count("SpoolFaulty", faulty)
            .count("SpoolAgeSeconds", age.toSeconds())
            .by()
            .build());
  }

  /** A restored process starts cold again, whatever its snapshot had seen. */
  void restored() {
    cold.set(true);
  }

  private static Measurement.Builder described(AuditEntry entry) {
    var measurement =
        Measurement.of()
            .property("Outcome", entry.outcome().name())
            .property("Action", entry.action().name());
    entry.plugin().ifPresent(plugin -> measurement.property("Plugin", plugin.value()));
    entry.version().ifPresent(version -> measurement.property("Version", version.value()));
    entry.request().ifPresent(request -> measurement.property("RequestId", request.value()));
    return measurement;
  }

  private void put(Measurement.Builder invocation, AuditEntry entry) {
    invocation.by("Outcome");
    if (entry.plugin().isPresent() && entry.version().isPresent() && isCounted(entry)) {
      invocation.by("Plugin", "Version", "Outcome");
    }
    put(invocation.build());
  }

  private boolean isCounted(AuditEntry entry) {
    var version = entry.plugin().orElseThrow() + "@" + entry.version().orElseThrow();
    return versions.contains(version) || (versions.size() < VERSIONS_MAX && versions.add(version));
  }

  private void put(Measurement measurement) {
    try {
      backend.put(measurement);
    } catch (RuntimeException e) {
      LOG.warn("a measurement was lost: {}", e.getClass().getName());
    }
  }
}
