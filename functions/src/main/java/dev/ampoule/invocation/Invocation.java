package dev.ampoule.invocation;

import dev.ampoule.audit.AuditId;
import dev.ampoule.registry.VersionRecord;
import dev.ampoule.sandbox.RunStats;
import java.time.Duration;
import java.util.Optional;

/**
 * One audited invocation.
 *
 * @param version what the request was resolved to, where it got that far
 * @param audit where its entry is; empty only where no entry could be stored, and then the outcome
 *     is {@link InvocationOutcome.Unavailable}
 */
public record Invocation(
    InvocationOutcome outcome,
    Optional<VersionRecord> version,
    Optional<AuditId> audit,
    Timings timings) {

  /** How long each step took; zero for one that was not reached. */
  public record Timings(
      Duration resolve, Duration load, Optional<RunStats> run, Duration audit, Duration total) {}
}
