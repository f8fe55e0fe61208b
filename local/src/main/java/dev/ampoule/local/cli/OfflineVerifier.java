package dev.ampoule.local.cli;

import dev.ampoule.entry.OfflineVerification;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Verifies an export in this process; its answer is the one the server would give. */
public final class OfflineVerifier implements AuditExportVerifier {
  @Override
  public Verification verify(Path export, Path publicKey) {
    try {
      var answer = OfflineVerification.verify(export, publicKey);
      return AuditVerify.parse(
          new Reply.Success("verification", answer.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException | IllegalArgumentException e) {
      return new Verification.Unreadable(String.valueOf(e.getMessage()));
    } catch (UnexpectedAnswerException e) {
      throw new IllegalStateException("our own verification does not parse", e);
    }
  }
}
