package dev.ampoule.plugin;

/** Where a version stands. Only {@link #LIVE}, {@link #CANARY} and {@link #VALIDATED} may run. */
public enum LifecycleState {
  PENDING,
  VALIDATED,
  LIVE,
  CANARY,
  RETIRED,
  REJECTED,
  QUARANTINED;

  /** Whether a call that names this version outright may run it. */
  public boolean invocable() {
    return switch (this) {
      case VALIDATED, LIVE, CANARY -> true;
      case PENDING, RETIRED, REJECTED, QUARANTINED -> false;
    };
  }
}
