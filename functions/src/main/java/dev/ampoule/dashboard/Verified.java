package dev.ampoule.dashboard;

import dev.ampoule.audit.AuditVerification;
import dev.ampoule.audit.Finding;
import java.util.List;

/** What a verification found, in lines to read. */
public record Verified(boolean intact, List<String> findings, boolean complete) {
  public Verified {
    findings = List.copyOf(findings);
  }

  public static Verified of(AuditVerification.Result result) {
    return switch (result) {
      case AuditVerification.Result.Intact _ -> new Verified(true, List.of(), true);
      case AuditVerification.Result.Tampered tampered ->
          new Verified(
              false,
              tampered.findings().stream().map(Verified::line).toList(),
              tampered.complete());
    };
  }

  private static String line(Finding finding) {
    return switch (finding) {
      case Finding.OfBlock(var block, var problem) -> problem + " " + block;
      case Finding.OfCheckpoint(var name, var problem) -> problem + " " + name;
      case Finding.OfKey(var key) -> "UNREADABLE_KEY " + key;
    };
  }
}
