package dev.ampoule.local.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.Objects;

/**
 * What a command meets outside itself.
 *
 * @param environment variables by name
 * @param loopbackTokens asked when no token was given and the server is on this machine
 * @param exportVerifier verifies an exported audit log without a server
 */
public record CommandContext(
    Map<String, String> environment,
    InputStream in,
    PrintStream out,
    PrintStream err,
    Pacing pacing,
    TokenSource loopbackTokens,
    AuditExportVerifier exportVerifier) {
  public CommandContext {
    environment = Map.copyOf(environment);
    Objects.requireNonNull(in, "in");
    Objects.requireNonNull(out, "out");
    Objects.requireNonNull(err, "err");
    Objects.requireNonNull(pacing, "pacing");
    Objects.requireNonNull(loopbackTokens, "loopbackTokens");
    Objects.requireNonNull(exportVerifier, "exportVerifier");
  }

  /** The process's own environment, streams and clock. */
  public static CommandContext ofProcess(
      TokenSource loopbackTokens, AuditExportVerifier exportVerifier) {
    return new CommandContext(
        System.getenv(),
        System.in,
        System.out,
        System.err,
        Pacing.ofProcess(),
        loopbackTokens,
        exportVerifier);
  }

  /** The names alone: the environment holds secrets. */
  @Override
  public String toString() {
    return "CommandContext[" + environment.size() + " variables]";
  }
}
