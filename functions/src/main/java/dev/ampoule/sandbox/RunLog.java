package dev.ampoule.sandbox;

import dev.ampoule.sandbox.PluginCall.LogLevel;
import dev.ampoule.sandbox.PluginCall.LogSink;
import java.nio.charset.StandardCharsets;

/**
 * The log of one run: every byte counts against the limit, whether or not the plugin may log. A
 * sink that throws is a bug of its owner, so its exception reaches the caller of the sandbox.
 */
final class RunLog {
  private final RunBudget budget;
  private final LogSink sink;
  private final boolean kept;
  private volatile boolean closed;

  RunLog(RunBudget budget, LogSink sink, boolean kept) {
    this.budget = budget;
    this.sink = sink;
    this.kept = kept;
  }

  boolean isKept() {
    return kept;
  }

  void line(LogLevel level, byte[] text, int from, int length) {
    budget.log(length + 1L);
    if (!kept || closed) {
      return;
    }
    var line = new PluginText(new String(text, from, length, StandardCharsets.UTF_8));
    try {
      sink.line(level, line);
    } catch (RuntimeException e) {
      throw new PortFailed("the log sink", e);
    }
  }

  /** A thread that was given up must not write to a log whose owner has moved on. */
  void close() {
    closed = true;
  }
}
