package dev.ampoule.audit;

import java.time.InstantSource;

final class InMemoryAuditSpoolTest extends AuditSpoolContract {
  @Override
  protected AuditSpool spool() {
    return new InMemoryAuditSpool(InstantSource.system());
  }
}
