package dev.ampoule.policy;

import java.util.Locale;
import java.util.Optional;

/** What a principal was given to do; the {@code roles} claim of its token. */
public enum Role {
  /** Everything. */
  ADMIN,
  /** Invokes plugins: a hospital's integration engine. */
  INTEGRATION,
  /** Uploads new versions. */
  AUTHOR,
  /** Moves versions through their lifecycle. */
  OPERATOR,
  /** Reads and verifies the audit. */
  AUDITOR,
  /** Watches patients: subscribes to topics. */
  CLINICIAN;

  /** As it stands in a token, lower case. */
  public String claim() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Role> ofClaim(String claim) {
    for (Role role : values()) {
      if (role.claim().equals(claim)) {
        return Optional.of(role);
      }
    }
    return Optional.empty();
  }
}
