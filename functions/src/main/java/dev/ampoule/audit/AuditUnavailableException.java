package dev.ampoule.audit;

import org.jspecify.annotations.Nullable;

/** An entry could not be stored; what it is about must be refused (503). */
public final class AuditUnavailableException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What failed. */
  public enum Phase {
    /** More entries wait than may; nothing was tried. */
    QUEUE_FULL,
    /** It waited for its turn too long. */
    QUEUE_TIME,
    /** An earlier block is still not known to be stored, and nothing may be put before it is. */
    RESOLVE,
    /** The store did not take the block. */
    STORE,
    /** Another block stands where this one belongs; the chain was given up for a new one. */
    FOREIGN_BLOCK
  }

  private final Phase phase;

  public AuditUnavailableException(Phase phase, @Nullable Throwable cause) {
    super("audit unavailable: " + phase, cause);
    this.phase = phase;
  }

  public Phase phase() {
    return phase;
  }
}
