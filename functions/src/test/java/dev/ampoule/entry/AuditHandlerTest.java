package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.AuditExport;
import dev.ampoule.audit.InMemoryAuditBlocks;
import dev.ampoule.audit.InMemoryCheckpoints;
import org.junit.jupiter.api.Test;

final class AuditHandlerTest {
  @Test
  void anExportIsGivenUpWhenItIsMoreThanFits() {
    var export = new AuditExport(new InMemoryAuditBlocks(), new InMemoryCheckpoints());
    var whole = AuditHandler.upTo(1_000, export).orElseThrow();
    assertThat(whole).startsWith("{\"type\":\"audit-export\"").endsWith("}\n");
    assertThat(AuditHandler.upTo(whole.length(), export)).contains(whole);
    assertThat(AuditHandler.upTo(whole.length() - 1, export)).isEmpty();
  }
}
