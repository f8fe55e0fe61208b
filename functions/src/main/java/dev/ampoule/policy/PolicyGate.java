package dev.ampoule.policy;

import static dev.ampoule.policy.Role.ADMIN;
import static dev.ampoule.policy.Role.AUDITOR;
import static dev.ampoule.policy.Role.AUTHOR;
import static dev.ampoule.policy.Role.CLINICIAN;
import static dev.ampoule.policy.Role.INTEGRATION;
import static dev.ampoule.policy.Role.OPERATOR;

import java.util.Collections;
import java.util.Set;

/**
 * Decides every request, once, before anything is read or run. What no policy permits is forbidden.
 */
public final class PolicyGate {
  /** The one policy there is: a role permits an action on every plugin. */
  public static final String ROLE_PERMITS = "role-permits-action";

  /** The policy named when nothing permits. */
  public static final String DEFAULT_DENY = "default-deny";

  public Decision decide(Principal principal, Action action) {
    return Collections.disjoint(principal.roles(), permitted(action))
        ? new Decision.Forbid(DEFAULT_DENY)
        : new Decision.Permit(ROLE_PERMITS);
  }

  private static Set<Role> permitted(Action action) {
    return switch (action) {
      case INVOKE_PLUGIN -> Set.of(ADMIN, INTEGRATION);
      case READ_PLUGIN -> Set.of(ADMIN, INTEGRATION, AUTHOR, OPERATOR, AUDITOR);
      case UPLOAD_PLUGIN -> Set.of(ADMIN, AUTHOR);
      case MOVE_VERSION -> Set.of(ADMIN, OPERATOR);
      case READ_AUDIT -> Set.of(ADMIN, AUDITOR);
      case SUBSCRIBE_TOPIC -> Set.of(ADMIN, INTEGRATION, CLINICIAN);
      case SUBSCRIBE_PLATFORM -> Set.of(ADMIN, INTEGRATION, AUTHOR, OPERATOR, AUDITOR);
      case PUBLISH_TOPIC -> Set.of(ADMIN, INTEGRATION);
      case BIND_TOPIC -> Set.of(ADMIN, OPERATOR);
    };
  }
}
