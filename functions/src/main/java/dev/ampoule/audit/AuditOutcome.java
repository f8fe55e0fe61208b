package dev.ampoule.audit;

import java.util.Optional;

/** How it ended. The names are stored for good: add to them, never rename one. */
public enum AuditOutcome {
  SUCCESS,
  /** The plugin said no. */
  PLUGIN_ERROR,
  /** The plugin broke. */
  TRAP,
  /** The wall-clock limit ran out. */
  TIME_LIMIT,
  /** Any other limit was met. */
  LIMIT,
  CAPABILITY_DENIED,
  /** The policy said no. */
  FORBIDDEN,
  UNAUTHENTICATED,
  NOT_FOUND,
  BAD_REQUEST,
  CONFLICT,
  TOO_LARGE,
  THROTTLED,
  /** The module or artifact was refused. */
  REJECTED,
  /** Something that was needed did not answer. */
  UNAVAILABLE,
  /** A bug of the platform. */
  INTERNAL_ERROR;

  /** Empty where {@code name} is none of these. */
  public static Optional<AuditOutcome> parse(String name) {
    return Names.parse(values(), name);
  }
}
