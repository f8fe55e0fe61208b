package dev.ampoule.audit;

import java.util.Optional;

/** What was done. The names are stored for good: add to them, never rename one. */
public enum AuditAction {
  /** A plugin was called. */
  INVOKE,
  /** A module was inspected, compiled and entered in the catalogue, or refused. */
  REGISTER,
  /** A version was made live, or given a share of the calls. */
  ACTIVATE,
  ROLLBACK,
  RETIRE,
  QUARANTINE,
  /** A presigned URL for a module was handed out. */
  UPLOAD,
  /** The catalogue was read. */
  READ_PLUGINS,
  /** Audit entries were read. */
  READ_AUDIT,
  VERIFY_AUDIT,
  /** A caller proved, or did not prove, who they are. */
  AUTHENTICATE,
  /** A compiled module was not the one that was signed, and was not loaded. */
  ARTIFACT_REFUSED,
  PUBLISH,
  SUBSCRIBE,
  /** A topic was given a plugin, or none. */
  BIND_TOPIC,
  /** A data subject's key was destroyed (LGPD Art. 18, VI). */
  ERASE_SUBJECT,
  /** What is held on a data subject was handed out (LGPD Art. 18, II). */
  READ_SUBJECT;

  /** Empty where {@code name} is none of these. */
  public static Optional<AuditAction> parse(String name) {
    return Names.parse(values(), name);
  }
}
