package dev.ampoule.local.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ampoule activate}: from now on, calls that name no version go to this one, or some do. */
@Command(
    name = "activate",
    description = {
      "Make a version the live one, or try it beside the live one.",
      "A trial that goes worse than the live version is rolled back by itself."
    },
    footer = {
      "",
      "Example:",
      "  ampoule activate deidentify 1.1.0",
      "  ampoule activate deidentify 1.1.0 --weight 10",
      "  ampoule activate deidentify 1.1.0 --shadow"
    })
final class Activate extends MoveCommand {
  @Parameters(index = "0", paramLabel = "NAME", description = "The plugin.")
  String name = "";

  @Parameters(index = "1", paramLabel = "VERSION", description = "A validated version.")
  String version = "";

  @Option(
      names = "--weight",
      paramLabel = "PERCENT",
      description = "A canary that takes this share of the calls, 1 to 99.")
  @Nullable Integer weight;

  @Option(
      names = "--shadow",
      description = "Run it on the live version's input and throw its output away.")
  boolean shadow;

  Activate(CommandContext context) {
    super(context);
  }

  @Override
  int run() throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    var body = body();
    if (weight != null) {
      body.put("weight", weight);
    }
    if (shadow) {
      body.put("shadow", true);
    }
    return post(
        ApiPath.of(
            "v1",
            "plugins",
            segment("NAME", name),
            "versions",
            segment("VERSION", version),
            "activate"),
        name,
        body);
  }
}
