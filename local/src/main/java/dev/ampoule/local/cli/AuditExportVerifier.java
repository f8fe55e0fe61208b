package dev.ampoule.local.cli;

import java.nio.file.Path;

/** Verifies an exported audit log with nothing but the export and the public key. */
@FunctionalInterface
public interface AuditExportVerifier {
  /**
   * Reads both and checks every block against its chain and its checkpoints.
   *
   * @param export the exported blocks and checkpoints
   * @param publicKey the key that the checkpoints were signed with
   */
  Verification verify(Path export, Path publicKey);
}
