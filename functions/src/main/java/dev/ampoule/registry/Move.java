package dev.ampoule.registry;

import dev.ampoule.plugin.LifecycleState;
import java.util.Arrays;
import java.util.List;

/** What can be done to a version, and from which states: the whole life of one is this table. */
public enum Move {
  /** It takes all calls. */
  ACTIVATE(LifecycleState.VALIDATED, LifecycleState.CANARY, LifecycleState.LIVE),
  /** It takes a share of the calls. */
  CANARY(LifecycleState.VALIDATED, LifecycleState.CANARY),
  /** It runs beside the live one; nobody gets its output. */
  SHADOW(LifecycleState.VALIDATED, LifecycleState.CANARY),
  /** It was live before and is so again; or it was on trial and is not any more. */
  ROLL_BACK(LifecycleState.VALIDATED, LifecycleState.CANARY),
  /** Nobody runs it any more. The live one cannot be: something else has to go live first. */
  RETIRE(LifecycleState.VALIDATED, LifecycleState.CANARY, LifecycleState.QUARANTINED),
  /**
   * It does harm, or may. It never runs again (RATIONALE: "Why does nothing leave quarantine?").
   */
  QUARANTINE(LifecycleState.VALIDATED, LifecycleState.CANARY, LifecycleState.LIVE);

  private final List<LifecycleState> from;

  Move(LifecycleState... from) {
    this.from = List.of(from);
  }

  /** Whether a version in that state may be moved so. */
  public boolean isAllowedIn(LifecycleState state) {
    return from.contains(state);
  }

  /** What may be done to a version in that state. */
  public static List<Move> allowedIn(LifecycleState state) {
    return Arrays.stream(values()).filter(move -> move.isAllowedIn(state)).toList();
  }
}
