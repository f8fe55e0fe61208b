package dev.ampoule.audit;

/** Where it is written down what was done. No audit, no access: who cannot append must refuse. */
public interface AuditLog {
  /**
   * Returns once the entry is stored for good. Safe on any thread, and not cut short by an
   * interrupt (the flag is kept).
   *
   * @throws AuditUnavailableException if it could not be stored in bounded time. The entry may
   *     still turn up in the log then; what cannot happen is that it is missing after a return
   */
  AuditId append(AuditEntry entry) throws AuditUnavailableException;
}
