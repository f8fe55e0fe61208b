package dev.ampoule.local.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Mixin;

/** A command that moves a version, and says where it is then. */
abstract class MoveCommand extends RemoteCommand {
  @Mixin final RemoteOptions remote = new RemoteOptions();

  MoveCommand(CommandContext context) {
    super(context);
  }

  @Override
  final RemoteOptions remote() {
    return remote;
  }

  static ObjectNode body() {
    return JsonNodeFactory.instance.objectNode();
  }

  int post(ApiPath path, String name, ObjectNode body)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    try (ApiClient api = client()) {
      return switch (api.post(
          path, "application/json", body.toString().getBytes(StandardCharsets.UTF_8))) {
        case Reply.Success success -> moved(name, success);
        case Reply.Refused(Problem problem) -> refused(problem);
      };
    }
  }

  private int moved(String name, Reply.Success success) throws UnexpectedAnswerException {
    ObjectNode record = ApiJson.object(success);
    String version = ApiJson.text(success, record, "version");
    String state = ApiJson.text(success, record, "state");
    String before =
        ApiJson.optionalText(record, "before").map(text -> " (before: " + text + ")").orElse("");
    context.out().println(Printable.line(name + "@" + version + " is " + state + before));
    return ExitCode.DONE;
  }
}
