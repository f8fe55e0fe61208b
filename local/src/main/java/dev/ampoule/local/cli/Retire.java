package dev.ampoule.local.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code ampoule retire}: nobody runs the version any more. */
@Command(
    name = "retire",
    description = "Retire a version for good. The live one cannot be.",
    footer = {"", "Example:", "  ampoule retire deidentify 1.0.0"})
final class Retire extends MoveCommand {
  @Parameters(index = "0", paramLabel = "NAME", description = "The plugin.")
  String name = "";

  @Parameters(index = "1", paramLabel = "VERSION", description = "The version.")
  String version = "";

  Retire(CommandContext context) {
    super(context);
  }

  @Override
  int run() throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    return post(
        ApiPath.of(
            "v1",
            "plugins",
            segment("NAME", name),
            "versions",
            segment("VERSION", version),
            "retire"),
        name,
        body());
  }
}
