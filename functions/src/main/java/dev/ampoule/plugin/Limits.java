package dev.ampoule.plugin;

import java.time.Duration;

/**
 * What one call of a plugin may use. Every value is within 1 and its {@code …_MAX}.
 *
 * @param timeout wall-clock time, to the millisecond
 * @param memoryPages pages of linear memory, 64 KiB each
 * @param inputBytes bytes of the request body
 * @param outputBytes bytes of the response body
 */
public record Limits(Duration timeout, int memoryPages, int inputBytes, int outputBytes) {
  /** API Gateway's HTTP APIs give up on an integration after 30 s; leave it time to answer. */
  public static final Duration TIMEOUT_MAX = Duration.ofSeconds(28);

  /** 512 MiB: a quarter of the memory of the function that runs plugins. */
  public static final int MEMORY_PAGES_MAX = 8192;

  /** Lambda's limit on a synchronous event, 6 MB. */
  public static final int INPUT_BYTES_MAX = 6 * 1024 * 1024;

  /** What of Lambda's 6 MB for an answer is left for the body, which may travel in base64. */
  public static final int OUTPUT_BYTES_MAX = 17 * 256 * 1024;

  public static final Limits DEFAULT =
      new Limits(Duration.ofSeconds(5), 1024, 4 * 1024 * 1024, 4 * 1024 * 1024);

  public Limits {
    if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(TIMEOUT_MAX) > 0) {
      throw new IllegalArgumentException("timeout " + timeout);
    }
    requireWithin("memoryPages", memoryPages, MEMORY_PAGES_MAX);
    requireWithin("inputBytes", inputBytes, INPUT_BYTES_MAX);
    requireWithin("outputBytes", outputBytes, OUTPUT_BYTES_MAX);
  }

  private static void requireWithin(String field, int value, int max) {
    if (value < 1 || value > max) {
      throw new IllegalArgumentException(field + " " + value + " is not within 1.." + max);
    }
  }
}
