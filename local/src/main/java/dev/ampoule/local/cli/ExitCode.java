package dev.ampoule.local.cli;

/** How a command ends. */
final class ExitCode {
  static final int DONE = 0;

  /** The server refused, the plugin was rejected, the log is not as it was written. */
  static final int REFUSED = 1;

  static final int USAGE = 2;
  static final int UNREACHABLE = 3;

  private ExitCode() {}
}
