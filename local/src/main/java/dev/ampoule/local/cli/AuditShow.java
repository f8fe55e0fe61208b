package dev.ampoule.local.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ampoule audit show}: one entry in full. */
@Command(
    name = "show",
    description = "Show one audit entry in full, as JSON.",
    footer = {
      "",
      "Example:",
      "  ampoule audit show 3f0c6c1e-8f0a-4c59-a3f1-6f5d6b1f9a10.7.0 --fhir"
    })
final class AuditShow extends AuditPart {
  @Parameters(paramLabel = "ID", description = "As the list and Ampoule-Audit-Id give it.")
  String id = "";

  @Option(names = "--fhir", description = "As a FHIR R4 AuditEvent.")
  boolean fhir;

  AuditShow(CommandContext context, Audit audit) {
    super(context, audit);
  }

  @Override
  int run() throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    requireNoFilter();
    ApiPath path = ApiPath.of("v1", "audit", segment("ID", id));
    try (ApiClient api = client()) {
      return switch (api.get(path, fhir ? "application/fhir+json" : "application/json")) {
        case Reply.Success success -> {
          context.out().println(ApiJson.indented(ApiJson.object(success)));
          yield ExitCode.DONE;
        }
        case Reply.Refused(Problem problem) -> refused(problem);
      };
    }
  }
}
