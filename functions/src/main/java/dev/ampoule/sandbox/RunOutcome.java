package dev.ampoule.sandbox;

import java.time.Duration;

/** How one run of a plugin ended. Every way is expected; none is an exception. */
public sealed interface RunOutcome {

  /** The plugin finished; {@code bytes} is its output and is not copied. */
  @SuppressWarnings("ArrayRecordComponent") // the body itself; never compared
  record Output(byte[] bytes) implements RunOutcome {
    @Override
    public String toString() {
      return "Output[" + bytes.length + " bytes]";
    }
  }

  /**
   * The plugin said no: a non-zero return or exit code, with its own words for the caller. The code
   * is that of Extism's runtime: 0 when it only set an error, {@link Sandbox#NO_EXIT_CODE} when it
   * did not get to return one.
   */
  record PluginError(int exitCode, PluginText text) implements RunOutcome {}

  /** The plugin broke. */
  record Trap(TrapKind kind) implements RunOutcome {}

  /** The wall-clock limit ran out and the run was stopped. */
  record TimedOut(Duration limit) implements RunOutcome {}

  /** Another limit was met; {@code max} is in the unit that {@code limit} names. */
  record LimitExceeded(Limit limit, long max) implements RunOutcome {}

  /** It called for a capability that its manifest does not grant. */
  record CapabilityDenied(DeniedCapability capability) implements RunOutcome {}

  enum TrapKind {
    UNREACHABLE,
    OUT_OF_BOUNDS_MEMORY,
    OUT_OF_BOUNDS_TABLE,
    INDIRECT_CALL,
    INTEGER,
    /** A pointer or length handed to a host call lies outside the block or memory it names. */
    BAD_HOST_CALL,
    OTHER
  }

  enum Limit {
    INPUT_BYTES,
    OUTPUT_BYTES,
    /** Linear memory and host blocks together, in pages of 64 KiB. */
    MEMORY_PAGES,
    TABLE_ELEMENTS,
    VARS_BYTES,
    LOG_BYTES,
    HOST_CALLS,
    /** In bytes of stack: what a call takes of it depends on the function. */
    CALL_DEPTH,
    HTTP_RESPONSE_BYTES
  }

  enum DeniedCapability {
    HTTP
  }
}
