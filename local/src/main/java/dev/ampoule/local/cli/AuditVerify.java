package dev.ampoule.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ampoule audit verify}: is the log as it was written? */
@Command(
    name = "verify",
    description =
        "Verify that the audit log is as it was written: by the server, or from an export and the"
            + " public key alone.",
    footer = {
      "",
      "Example:",
      "  ampoule audit verify",
      "  ampoule audit verify --export audit.ndjson --public-key checkpoint.pub"
    })
final class AuditVerify extends AuditPart {
  private static final int FINDINGS_SHOWN_MAX = 100;

  @ArgGroup(exclusive = false)
  @Nullable Offline offline;

  /** Both or none. */
  static final class Offline {
    @Option(
        names = "--export",
        paramLabel = "FILE",
        required = true,
        description = "The exported log; no server is asked.")
    Path export = Path.of("");

    @Option(
        names = "--public-key",
        paramLabel = "FILE",
        required = true,
        description = "The key its checkpoints were signed with.")
    Path publicKey = Path.of("");
  }

  AuditVerify(CommandContext context, Audit audit) {
    super(context, audit);
  }

  @Override
  int run() throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    requireNoFilter();
    if (offline != null) {
      return report(context.exportVerifier().verify(offline.export, offline.publicKey));
    }
    try (ApiClient api = client()) {
      return switch (api.get(ApiPath.of("v1", "audit", "verification"))) {
        case Reply.Success success -> report(parse(success));
        case Reply.Refused(Problem problem) -> refused(problem);
      };
    }
  }

  static Verification parse(Reply.Success success) throws UnexpectedAnswerException {
    ObjectNode node = ApiJson.object(success);
    List<Verification.Finding> findings = new ArrayList<>();
    for (JsonNode finding : ApiJson.array(success, node, "findings")) {
      findings.add(
          new Verification.Finding(where(finding), ApiJson.text(success, finding, "problem")));
    }
    JsonNode ok = node.path("ok");
    if (!ok.isBoolean()) {
      throw ApiJson.missing(success, "ok");
    }
    return new Verification.Checked(
        ok.booleanValue(),
        count(success, node, "blocks"),
        count(success, node, "entries"),
        count(success, node, "chains"),
        findings,
        node.path("complete").asBoolean(true));
  }

  /** Most are about a block; the others say what they are about. */
  private static String where(JsonNode finding) {
    return finding.properties().stream()
        .filter(field -> !field.getKey().equals("problem"))
        .map(field ->
            field.getKey().equals("block")
                ? field.getValue().asText()
                : field.getKey() + " " + field.getValue().asText())
        .collect(Collectors.joining(", "));
  }

  private static long count(Reply.Success success, ObjectNode node, String field)
      throws UnexpectedAnswerException {
    if (!node.path(field).isIntegralNumber()) {
      throw ApiJson.missing(success, field);
    }
    return node.path(field).longValue();
  }

  private int report(Verification verification) {
    return switch (verification) {
      case Verification.Checked checked -> report(checked);
      case Verification.Unreadable(String reason) ->
          failed(Printable.line("cannot verify: " + reason));
    };
  }

  private int report(Verification.Checked checked) {
    String counts =
        counted(checked.blocks(), "block")
            + ", "
            + counted(checked.entries(), "entry", "entries")
            + ", "
            + counted(checked.chains(), "chain");
    List<Verification.Finding> findings = checked.findings();
    if (checked.ok() && findings.isEmpty()) {
      context.out().println("verified: " + counts);
      return ExitCode.DONE;
    }
    List<String> lines = new ArrayList<>();
    findings.stream()
        .limit(FINDINGS_SHOWN_MAX)
        .forEach(f -> lines.add(Printable.line(f.where() + ": " + f.problem())));
    if (findings.size() > FINDINGS_SHOWN_MAX) {
      lines.add("and " + (findings.size() - FINDINGS_SHOWN_MAX) + " more");
    }
    if (!checked.complete()) {
      lines.add("it stopped there; there is more");
    }
    return failed(
        "verification failed: " + counts + ", " + counted(findings.size(), "finding"), lines);
  }

  private static String counted(long count, String noun) {
    return counted(count, noun, noun + "s");
  }

  private static String counted(long count, String one, String many) {
    return count + " " + (count == 1 ? one : many);
  }
}
