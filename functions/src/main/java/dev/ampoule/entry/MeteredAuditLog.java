package dev.ampoule.entry;

import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditId;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditUnavailableException;

/** Tells {@link Telemetry} of every entry, stored or not. */
final class MeteredAuditLog implements AuditLog {
  private final AuditLog log;
  private final Telemetry telemetry;

  MeteredAuditLog(AuditLog log, Telemetry telemetry) {
    this.log = log;
    this.telemetry = telemetry;
  }

  @Override
  public AuditId append(AuditEntry entry) throws AuditUnavailableException {
    AuditId id;
    try {
      id = log.append(entry);
    } catch (AuditUnavailableException e) {
      telemetry.auditFailed(entry.action(), e.phase());
      throw e;
    }
    telemetry.happened(entry, id);
    return id;
  }
}
