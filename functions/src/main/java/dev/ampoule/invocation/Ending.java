package dev.ampoule.invocation;

/** How a run ended, as far as it says something about the version that ran. */
enum Ending {
  OK,
  /** The plugin said no. */
  ERROR,
  /** It broke, went over a limit, or called for what it was not granted. */
  TRAP,
  TIME_LIMIT,
  /** It was not run, or what happened is not its doing. */
  NONE;

  static Ending of(InvocationOutcome outcome) {
    return switch (outcome) {
      case InvocationOutcome.Completed _ -> OK;
      case InvocationOutcome.PluginFailed _ -> ERROR;
      case InvocationOutcome.Trapped _,
          InvocationOutcome.LimitExceeded _,
          InvocationOutcome.CapabilityDenied _ ->
          TRAP;
      case InvocationOutcome.TimedOut _ -> TIME_LIMIT;
      case InvocationOutcome.InputTooLarge _,
          InvocationOutcome.Forbidden _,
          InvocationOutcome.UnknownPlugin _,
          InvocationOutcome.UnknownVersion _,
          InvocationOutcome.NothingLive _,
          InvocationOutcome.NotInvocable _,
          InvocationOutcome.FunctionNeeded _,
          InvocationOutcome.UnknownFunction _,
          InvocationOutcome.BreakerOpen _,
          InvocationOutcome.TooManyCalls _,
          InvocationOutcome.PassedThrough _,
          InvocationOutcome.Unavailable _,
          InvocationOutcome.Broken _ ->
          NONE;
    };
  }

  /** What a supervisor of OTP would restart it for. */
  boolean isCrash() {
    return this == TRAP || this == TIME_LIMIT;
  }
}
