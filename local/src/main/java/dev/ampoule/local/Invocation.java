package dev.ampoule.local;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How one call of a function ended. */
sealed interface Invocation<O> {
  /** The handler returned; null is what an asynchronous handler returns. */
  record Returned<O>(@Nullable O value) implements Invocation<O> {}

  /**
   * The handler threw.
   *
   * @param errorType the exception's class and where it was thrown; never its message, which may
   *     hold what the caller sent
   */
  record Failed<O>(String errorType) implements Invocation<O> {}

  /** The handler ran past the function's timeout, or the caller's if that is shorter. */
  record TimedOut<O>() implements Invocation<O> {}

  /** Every slot of the function's concurrency was taken. */
  record Throttled<O>() implements Invocation<O> {}

  /** Why it did not return; empty where it did. */
  default Optional<String> problem() {
    return switch (this) {
      case Returned<O> _ -> Optional.empty();
      case Failed<O>(String errorType) -> Optional.of(errorType);
      case TimedOut<O> _ -> Optional.of("timed out");
      case Throttled<O> _ -> Optional.of("throttled");
    };
  }
}
