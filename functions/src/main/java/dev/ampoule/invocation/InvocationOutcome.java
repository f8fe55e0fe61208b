package dev.ampoule.invocation;

import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.sandbox.PluginText;
import dev.ampoule.sandbox.RunOutcome.DeniedCapability;
import dev.ampoule.sandbox.RunOutcome.Limit;
import dev.ampoule.sandbox.RunOutcome.TrapKind;
import java.time.Duration;
import java.util.SortedSet;

/** How one invocation ended, as its caller is told. */
public sealed interface InvocationOutcome {

  /** {@code output} is of the manifest's media type. */
  @SuppressWarnings("ArrayRecordComponent") // the body itself; never compared
  record Completed(byte[] output, String mediaType) implements InvocationOutcome {
    @Override
    public String toString() {
      return "Completed[" + output.length + " bytes]";
    }
  }

  record PluginFailed(int exitCode, PluginText text) implements InvocationOutcome {}

  record Trapped(TrapKind kind) implements InvocationOutcome {}

  record TimedOut(Duration limit) implements InvocationOutcome {}

  record LimitExceeded(Limit limit, long max) implements InvocationOutcome {}

  record CapabilityDenied(DeniedCapability capability) implements InvocationOutcome {}

  record InputTooLarge(long bytes, long bytesMax) implements InvocationOutcome {}

  record Forbidden(String policyId) implements InvocationOutcome {}

  record UnknownPlugin() implements InvocationOutcome {}

  record UnknownVersion() implements InvocationOutcome {}

  record NothingLive() implements InvocationOutcome {}

  record NotInvocable(LifecycleState state) implements InvocationOutcome {}

  /** Neither the request nor the manifest names a function, and there is more than one. */
  record FunctionNeeded(SortedSet<FunctionName> known) implements InvocationOutcome {}

  record UnknownFunction(FunctionName asked, SortedSet<FunctionName> known)
      implements InvocationOutcome {}

  /** The version broke too often; it is given a rest. */
  record BreakerOpen(Duration retryAfter) implements InvocationOutcome {}

  /** The plugin has as many calls under way and waiting as it may. */
  record TooManyCalls(Duration retryAfter) implements InvocationOutcome {}

  /**
   * The plugin could not be run, and its manifest says that its input is good without it: {@code
   * onFailure: open}.
   */
  @SuppressWarnings("ArrayRecordComponent") // the body itself; never compared
  record PassedThrough(byte[] input, String mediaType, InvocationOutcome because)
      implements InvocationOutcome {
    @Override
    public String toString() {
      return "PassedThrough[" + input.length + " bytes, " + because + "]";
    }
  }

  /** Something this depends on is broken or full; nothing was run or given out. */
  record Unavailable(Dependency dependency, Duration retryAfter) implements InvocationOutcome {}

  /** A bug of ours; its class is in the log. */
  record Broken() implements InvocationOutcome {}

  /** What an invocation depends on. */
  enum Dependency {
    CATALOG,
    MODULE_STORE,
    AUDIT,
    /** This process can start no further run and is about to be replaced. */
    SANDBOX
  }
}
