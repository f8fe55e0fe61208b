package dev.ampoule.audit;

final class InMemoryAuditBlocksTest extends AuditBlocksContract {
  @Override
  protected AuditBlocks blocks() {
    return new InMemoryAuditBlocks();
  }
}
