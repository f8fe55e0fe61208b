package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.time.Duration;
import java.util.Objects;

/**
 * A function as the template declares it.
 *
 * @param name 1 to 64 characters, as Lambda's FunctionName
 * @param timeout 1 s to 15 min, Lambda's limits
 * @param concurrency how many calls may run at once (reserved concurrency), 1 to 1 000
 */
public record LambdaFunction<I, O>(
    String name, RequestHandler<I, O> handler, Duration timeout, int concurrency) {
  private static final int MAX_NAME_CHARS = 64;
  private static final Duration MIN_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration MAX_TIMEOUT = Duration.ofMinutes(15);
  private static final int MAX_CONCURRENCY = 1_000;

  public LambdaFunction {
    Objects.requireNonNull(handler, "handler");
    if (name.isEmpty() || name.length() > MAX_NAME_CHARS) {
      throw new IllegalArgumentException(
          "name: 1 to %d characters, got %d".formatted(MAX_NAME_CHARS, name.length()));
    }
    if (timeout.compareTo(MIN_TIMEOUT) < 0 || timeout.compareTo(MAX_TIMEOUT) > 0) {
      throw new IllegalArgumentException("timeout: 1 s to 15 min, got " + timeout);
    }
    if (concurrency < 1 || concurrency > MAX_CONCURRENCY) {
      throw new IllegalArgumentException(
          "concurrency: 1 to %d, got %d".formatted(MAX_CONCURRENCY, concurrency));
    }
  }
}
