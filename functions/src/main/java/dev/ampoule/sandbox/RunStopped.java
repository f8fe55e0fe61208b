package dev.ampoule.sandbox;

/** Unwinds the plugin's frames when the host has decided how the run ends. Never leaves a run. */
final class RunStopped extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient RunOutcome outcome;

  RunStopped(RunOutcome outcome) {
    super(null, null, false, false);
    this.outcome = outcome;
  }

  static RunStopped limit(RunOutcome.Limit limit, long max) {
    return new RunStopped(new RunOutcome.LimitExceeded(limit, max));
  }

  static RunStopped badHostCall() {
    return new RunStopped(new RunOutcome.Trap(RunOutcome.TrapKind.BAD_HOST_CALL));
  }

  RunOutcome outcome() {
    return outcome;
  }
}
