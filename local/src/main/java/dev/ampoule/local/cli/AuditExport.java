package dev.ampoule.local.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ampoule audit export}: the whole log, to be kept or verified elsewhere. */
@Command(
    name = "export",
    description = "Save the whole audit log, to be kept or verified elsewhere.",
    footer = {"", "Example:", "  ampoule audit export --output audit.ndjson"})
final class AuditExport extends AuditPart {
  @Option(
      names = "--output",
      paramLabel = "FILE",
      required = true,
      description = "Where to; an existing file is replaced.")
  Path output = Path.of("");

  AuditExport(CommandContext context, Audit audit) {
    super(context, audit);
  }

  @Override
  int run() throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    requireNoFilter();
    try (ApiClient api = client()) {
      return switch (api.get(ApiPath.of("v1", "audit", "export"), "application/x-ndjson")) {
        case Reply.Success success -> {
          Files.write(output, success.body());
          context.out().println(output + ": " + success.body().length + " bytes");
          yield ExitCode.DONE;
        }
        case Reply.Refused(Problem problem) -> refused(problem);
      };
    } catch (IOException e) {
      return failed("cannot write " + output);
    }
  }
}
