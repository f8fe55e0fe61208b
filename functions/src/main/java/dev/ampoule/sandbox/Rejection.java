package dev.ampoule.sandbox;

import java.util.Objects;

/**
 * Why a module may not be run, for its author to act on. Names that come from the module are
 * escaped and cut; no rejection is longer than {@value #REASON_CHARS_MAX} characters.
 */
public record Rejection(Code code, String reason) {
  public static final int REASON_CHARS_MAX = 1000;

  /** Stable: stored with a version and shown by the API. */
  public enum Code {
    MODULE_BYTES,
    NOT_WASM,
    COMPONENT,
    MALFORMED,
    INVALID,
    TOO_MANY,
    NAME_TOO_LONG,
    IMPORT_UNKNOWN,
    IMPORT_KIND,
    IMPORT_TYPE,
    CAPABILITY_UNDECLARED,
    MEMORIES,
    MEMORY_PAGES,
    SHARED_MEMORY,
    TABLES,
    TABLE_ENTRIES,
    SIMD,
    NO_EXPORT,
    FUNCTION_NOT_EXPORTED,
    EXPORT_TYPE,
    FUNCTION_TOO_BIG,
    MODULE_TOO_BIG,
    UNSUPPORTED,
    COMPILE_TIME,
    COMPILE_MEMORY,
    COMPILE_CRASH,
    MORE
  }

  public Rejection {
    Objects.requireNonNull(code);
    if (reason.length() > REASON_CHARS_MAX) {
      reason = reason.substring(0, REASON_CHARS_MAX - 1) + "…";
    }
  }
}
