package dev.ampoule.entry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.audit.AuditVerification;
import dev.ampoule.audit.Finding;

/** A verification's result as {@code GET /v1/audit/verification} answers it. */
final class VerificationJson {
  private VerificationJson() {}

  static ObjectNode of(AuditVerification.Result result) {
    var body = Json.object();
    var counts = result.counts();
    body.put("ok", result instanceof AuditVerification.Result.Intact);
    body.put("chains", counts.chains());
    body.put("blocks", counts.blocks());
    body.put("entries", counts.entries());
    body.put("checkpoints", counts.checkpoints());
    counts.lastCheckpoint().ifPresent(time -> body.put("lastCheckpoint", time.toString()));
    var findings = body.putArray("findings");
    switch (result) {
      case AuditVerification.Result.Intact _ -> body.put("complete", true);
      case AuditVerification.Result.Tampered tampered -> {
        body.put("complete", tampered.complete());
        tampered.findings().forEach(finding -> findings.add(of(finding)));
      }
    }
    return body;
  }

  private static ObjectNode of(Finding finding) {
    return switch (finding) {
      case Finding.OfBlock(var block, var problem) ->
          Json.object().put("block", block.toString()).put("problem", problem.name());
      case Finding.OfCheckpoint(var name, var problem) ->
          Json.object().put("checkpoint", name.toString()).put("problem", problem.name());
      case Finding.OfKey(var key) ->
          Json.object().put("key", key.toString()).put("problem", "UNREADABLE_KEY");
    };
  }
}
