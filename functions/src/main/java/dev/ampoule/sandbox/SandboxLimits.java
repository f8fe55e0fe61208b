package dev.ampoule.sandbox;

import java.time.Duration;

/**
 * What holds for every run whatever its manifest says. {@link dev.ampoule.plugin.Limits} are the
 * author's; these are the operator's.
 *
 * @param stackBytes stack of a run's own thread; what call depth is measured in, because a frame's
 *     size depends on the function
 * @param hostCalls calls from the plugin to the host, reads of single bytes included
 * @param logBytes bytes of log text of one run, one more for each line
 * @param tableElements elements of all tables of one instance together
 * @param variables variables that one run may hold, whatever their bytes
 * @param httpResponseBytes bytes of one HTTP answer's body, after decompression
 * @param httpRedirects redirects followed for one {@code http_request}
 * @param errorTextBytes bytes of the plugin's own error text handed to the caller; the rest is cut
 * @param grace how long a stopped run may take to unwind before its thread is given up
 * @param abandonedThreads given-up threads still alive at which no new run is started
 */
public record SandboxLimits(
    int stackBytes,
    long hostCalls,
    int logBytes,
    int tableElements,
    int variables,
    int httpResponseBytes,
    int httpRedirects,
    int errorTextBytes,
    Duration grace,
    int abandonedThreads) {

  /**
   * The stack is what QuickJS-based plugins need to recurse as deep as elsewhere (~50 000 small
   * frames); 100 million host calls are 16 bodies of the greatest size read byte by byte; 8 bytes
   * of heap stand behind a table element; five redirects are what Extism's client follows.
   */
  public static final SandboxLimits DEFAULT =
      new SandboxLimits(
          8 * 1024 * 1024,
          100_000_000L,
          256 * 1024,
          1_000_000,
          65_536,
          16 * 1024 * 1024,
          5,
          16 * 1024,
          Duration.ofMillis(500),
          4);

  public SandboxLimits {
    if (stackBytes < 256 * 1024) {
      throw new IllegalArgumentException("stackBytes " + stackBytes);
    }
    if (hostCalls < 1
        || logBytes < 0
        || tableElements < 0
        || variables < 0
        || httpResponseBytes < 0
        || httpRedirects < 0
        || errorTextBytes < 1
        || grace.isNegative()
        || abandonedThreads < 1) {
      throw new IllegalArgumentException("a limit is negative or nothing");
    }
  }
}
