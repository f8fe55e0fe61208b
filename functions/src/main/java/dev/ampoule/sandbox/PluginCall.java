package dev.ampoule.sandbox;

import dev.ampoule.plugin.Capabilities;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.Limits;

/**
 * What to run a module on. {@code input} is not copied and not changed.
 *
 * @param logs takes the plugin's log lines, at most the log limit's bytes of them
 */
@SuppressWarnings("ArrayRecordComponent") // the body itself; never compared
public record PluginCall(
    FunctionName function, byte[] input, Capabilities capabilities, Limits limits, LogSink logs) {

  /** Where a plugin's log lines go. Called on the thread of the run. */
  @FunctionalInterface
  public interface LogSink {
    void line(LogLevel level, PluginText text);
  }

  /** Extism's levels; WASI stderr is {@link #INFO}. */
  public enum LogLevel {
    TRACE,
    DEBUG,
    INFO,
    WARN,
    ERROR
  }

  @Override
  public String toString() {
    return "PluginCall[" + function + ", " + input.length + " bytes]";
  }
}
