package dev.ampoule.local.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ampoule activate}: from now on, calls that name no version go to this one. */
@Command(
    name = "activate",
    description = "Make a version the live one.",
    footer = {"", "Example:", "  ampoule activate deidentify 1.1.0"})
final class Activate extends RemoteCommand {
  @Mixin final RemoteOptions remote = new RemoteOptions();

  @Parameters(index = "0", paramLabel = "NAME", description = "The plugin.")
  String name = "";

  @Parameters(index = "1", paramLabel = "VERSION", description = "A validated version.")
  String version = "";

  Activate(CommandContext context) {
    super(context);
  }

  @Override
  RemoteOptions remote() {
    return remote;
  }

  @Override
  int run() throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    ApiPath path =
        ApiPath.of(
            "v1",
            "plugins",
            segment("NAME", name),
            "versions",
            segment("VERSION", version),
            "activate");
    try (ApiClient api = client()) {
      return switch (api.post(path, "application/json", "{}".getBytes(StandardCharsets.UTF_8))) {
        case Reply.Success success -> activated(success);
        case Reply.Refused(Problem problem) -> refused(problem);
      };
    }
  }

  private int activated(Reply.Success success) throws UnexpectedAnswerException {
    ObjectNode record = ApiJson.object(success);
    String state = ApiJson.text(success, record, "state");
    String before =
        ApiJson.optionalText(record, "before").map(text -> " (before: " + text + ")").orElse("");
    context.out().println(Printable.line(name + "@" + version + " is " + state + before));
    return ExitCode.DONE;
  }
}
