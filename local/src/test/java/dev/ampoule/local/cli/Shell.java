package dev.ampoule.local.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Runs the commands under a top one, as {@code ampoule} would, with everything around in memory.
 */
final class Shell {
  final Map<String, String> environment = new HashMap<>();
  InputStream in = new ByteArrayInputStream(new byte[0]);
  TokenSource localTokens = () -> Optional.of(FakeAmpoule.TOKEN);
  AuditExportVerifier exportVerifier =
      (_, _) -> {
        throw new AssertionError("no export was to be verified");
      };
  boolean expandAtFiles;

  @SuppressWarnings("ArrayRecordComponent")
  record Result(int exitCode, byte[] bytes, String err) {
    String out() {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  @Command(name = "ampoule")
  private static final class Top {}

  Result run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream outStream = new PrintStream(out, true, StandardCharsets.UTF_8);
    PrintStream errStream = new PrintStream(err, true, StandardCharsets.UTF_8);
    CommandLine top = new CommandLine(new Top());
    RemoteCommands.all(
            new CommandContext(
                environment,
                in,
                outStream,
                errStream,
                new ImmediatePacing(),
                localTokens,
                exportVerifier))
        .forEach(top::addSubcommand);
    int exitCode =
        top.setExpandAtFiles(expandAtFiles)
            .setParameterExceptionHandler(new UsageErrors())
            .setOut(new PrintWriter(outStream, true, StandardCharsets.UTF_8))
            .setErr(new PrintWriter(errStream, true, StandardCharsets.UTF_8))
            .execute(arguments);
    return new Result(exitCode, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
  }

  /** Time passes by pausing alone. */
  private static final class ImmediatePacing implements Pacing {
    private long nanos;

    @Override
    public long nanoTime() {
      return nanos;
    }

    @Override
    public void pause(Duration duration) {
      nanos += duration.toNanos();
    }
  }
}
