package dev.ampoule.registry;

import dev.ampoule.plugin.LifecycleState;
import java.util.List;

/** What can be done to a version. */
public enum Move {
  /** It takes all calls. */
  ACTIVATE,
  /** It takes a share of the calls. */
  CANARY,
  /** It runs beside the live one; nobody gets its output. */
  SHADOW,
  /** It was live before and is so again; or it was on trial and is not any more. */
  ROLL_BACK,
  /** Nobody runs it any more. */
  RETIRE,
  /** It does harm, or may. */
  QUARANTINE;

  /**
   * What may be done to a version in that state; everything else may not (RATIONALE: "Why does
   * nothing leave quarantine?", "Why may the live version not be retired?").
   */
  public static List<Move> allowedIn(LifecycleState state) {
    return switch (state) {
      case PENDING, RETIRED, REJECTED -> List.of();
      case VALIDATED, CANARY -> List.of(ACTIVATE, CANARY, SHADOW, ROLL_BACK, RETIRE, QUARANTINE);
      case LIVE -> List.of(ACTIVATE, QUARANTINE);
      case QUARANTINED -> List.of(RETIRE);
    };
  }

  public boolean isAllowedIn(LifecycleState state) {
    return allowedIn(state).contains(this);
  }
}
