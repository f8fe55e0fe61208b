package dev.ampoule.entry;

import dev.ampoule.audit.AuditVerification;
import dev.ampoule.audit.CheckpointSigner;
import dev.ampoule.audit.ExportReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Verifies an exported audit log with nothing but the export and the public key. */
public final class OfflineVerification {
  private static final int FINDINGS_MAX = 100;

  private OfflineVerification() {}

  /**
   * Answers what {@code GET /v1/audit/verification} would.
   *
   * @param export as {@code GET /v1/audit/export} gave it
   * @param publicKey a file with the key that checkpoints are signed with: Ed25519, X.509
   *     SubjectPublicKeyInfo in base64
   * @throws IOException when one of them cannot be read, or the export is not whole
   * @throws IllegalArgumentException when the key is none
   */
  public static String verify(Path export, Path publicKey) throws IOException {
    var key = CheckpointSigner.publicKey(Files.readString(publicKey));
    try (var reader = ExportReader.open(export)) {
      return Json.write(
          VerificationJson.of(
              new AuditVerification(reader, reader, List.of(key)).run(FINDINGS_MAX)));
    }
  }
}
