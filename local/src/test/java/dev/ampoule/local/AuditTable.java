package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditBlock;
import dev.ampoule.audit.AuditEntry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The entries of a stack's audit table, read past the platform. */
final class AuditTable {
  private AuditTable() {}

  /** All, by their ids. */
  static Map<String, AuditEntry> entries(Stack stack) {
    var table = stack.table("Audit");
    var entries = new HashMap<String, AuditEntry>();
    try (var dynamoDb = LocalResources.dynamoDb(stack.local().environment().dynamoDbEndpoint())) {
      dynamoDb
          .scanPaginator(scan -> scan.tableName(table))
          .items()
          .forEach(item -> {
            var block =
                AuditBlock.decode(Objects.requireNonNull(item.get("block")).b().asByteArray())
                    .orElseThrow();
            var all = block.entries().orElseThrow();
            for (int i = 0; i < all.size(); i++) {
              entries.put(block.key() + "." + i, all.get(i));
            }
          });
    }
    return entries;
  }

  /**
   * Holds calls and entries against each other: every acknowledged call has its entry where its
   * audit id says and no call has two, and there is no entry of a call that was not made.
   */
  static void assertAgrees(List<Load.Call> calls, Map<String, AuditEntry> entries) {
    var idsByInput = new HashMap<Long, String>();
    entries.forEach((id, entry) -> {
      if (entry.action() == AuditAction.INVOKE) {
        assertThat(idsByInput.put(entry.inputBytes(), id)).as("a second entry: %s", id).isNull();
      }
    });
    int late = 0;
    for (Load.Call call : calls) {
      var id = idsByInput.remove((long) call.inputBytes());
      if (call.auditId().isPresent()) {
        assertThat(id).as(call.toString()).isEqualTo(call.auditId().get());
      } else if (id != null) {
        late++; // refused, or never told, and stored after all: the one way that may be
      }
    }
    assertThat(idsByInput).as("entries of no call").isEmpty();
    long acknowledged = calls.stream().filter(call -> call.auditId().isPresent()).count();
    assertThat(entries.values().stream().filter(e -> e.action() == AuditAction.INVOKE).count())
        .isEqualTo(acknowledged + late);
  }
}
