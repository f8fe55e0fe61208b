package dev.ampoule.local.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code ampoule rollback}: ends a trial, or goes back to an earlier version. */
@Command(
    name = "rollback",
    description = "End a trial; else make live again what was live before.",
    footer = {
      "",
      "Example:",
      "  ampoule rollback deidentify",
      "  ampoule rollback deidentify 1.0.0"
    })
final class Rollback extends MoveCommand {
  @Parameters(index = "0", paramLabel = "NAME", description = "The plugin.")
  String name = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "VERSION",
      description = "One of the last 100 that were live.")
  @Nullable String version;

  Rollback(CommandContext context) {
    super(context);
  }

  @Override
  int run() throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    var body = body();
    if (version != null) {
      body.put("version", version);
    }
    return post(ApiPath.of("v1", "plugins", segment("NAME", name), "rollback"), name, body);
  }
}
