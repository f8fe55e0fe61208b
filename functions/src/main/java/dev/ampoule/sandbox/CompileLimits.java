package dev.ampoule.sandbox;

import java.time.Duration;

/**
 * What registering one module may cost. Every number is at least 1.
 *
 * @param moduleBytes bytes of the module as uploaded
 * @param artifactBytes bytes of the compiled artifact
 * @param time wall-clock time of the child process, from its start to its answer
 * @param heapMebibytes heap of the child process
 * @param children child processes at once; who comes later waits
 */
public record CompileLimits(
    int moduleBytes, int artifactBytes, Duration time, int heapMebibytes, int children) {
  public static final CompileLimits DEFAULT =
      new CompileLimits(32 * 1024 * 1024, 64 * 1024 * 1024, Duration.ofSeconds(60), 1024, 2);

  public CompileLimits {
    if (moduleBytes < 1
        || artifactBytes < 1
        || time.compareTo(Duration.ofMillis(1)) < 0
        || heapMebibytes < 1
        || children < 1) {
      throw new IllegalArgumentException("a limit below 1");
    }
  }
}
