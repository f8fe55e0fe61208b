package dev.ampoule.local.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ampoule quarantine}: the version never runs again. */
@Command(
    name = "quarantine",
    description = "Stop a version for good. The last good one takes over where it was live.",
    footer = {"", "Example:", "  ampoule quarantine deidentify 1.0.0 --reason CVE-2026-1234"})
final class Quarantine extends MoveCommand {
  @Parameters(index = "0", paramLabel = "NAME", description = "The plugin.")
  String name = "";

  @Parameters(index = "1", paramLabel = "VERSION", description = "The version.")
  String version = "";

  @Option(
      names = "--reason",
      paramLabel = "ID",
      description = "Such as a ticket's id: letters, digits and _.:/$#-, at most 200.")
  @Nullable String reason;

  Quarantine(CommandContext context) {
    super(context);
  }

  @Override
  int run() throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    var body = body();
    if (reason != null) {
      body.put("reason", reason);
    }
    return post(
        ApiPath.of(
            "v1",
            "plugins",
            segment("NAME", name),
            "versions",
            segment("VERSION", version),
            "quarantine"),
        name,
        body);
  }
}
