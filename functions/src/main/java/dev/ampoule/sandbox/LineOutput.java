package dev.ampoule.sandbox;

import dev.ampoule.sandbox.PluginCall.LogLevel;
import java.util.Arrays;

/** A standard stream as log lines; a line longer than the buffer is logged in pieces. */
final class LineOutput {
  private static final int LINE_BYTES_MAX = 8 * 1024;

  private final RunLog log;
  private final LogLevel level;
  private byte[] line = new byte[0];
  private int length;

  LineOutput(RunLog log, LogLevel level) {
    this.log = log;
    this.level = level;
  }

  void write(byte[] bytes) {
    if (line.length == 0 && bytes.length > 0) {
      line = new byte[LINE_BYTES_MAX];
    }
    for (byte b : bytes) {
      if (b == '\n') {
        log.line(level, line, 0, length);
        length = 0;
      } else {
        if (length == line.length) {
          flush();
        }
        line[length++] = b;
      }
    }
  }

  /** Logs a last line that was not ended. */
  void flush() {
    if (length > 0) {
      log.line(level, Arrays.copyOf(line, length), 0, length);
      length = 0;
    }
  }
}
