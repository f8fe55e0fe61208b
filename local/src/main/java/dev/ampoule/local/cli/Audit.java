package dev.ampoule.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code ampoule audit}: who did what, and what came of it. */
@Command(
    name = "audit",
    description = "List audit entries; show one; verify the log.",
    footer = {"", "Example:", "  ampoule audit --outcome FORBIDDEN --from 2026-11-01T00:00:00Z"})
final class Audit extends RemoteCommand {
  private static final int ENTRIES_MAX = 10_000;

  @Mixin final RemoteOptions remote = new RemoteOptions();

  @Option(names = "--from", paramLabel = "TIME", description = "First moment, as RFC 3339.")
  @Nullable String from;

  @Option(names = "--to", paramLabel = "TIME", description = "Up to this moment, as RFC 3339.")
  @Nullable String to;

  @Option(names = "--plugin", paramLabel = "NAME", description = "Only of this plugin.")
  @Nullable String plugin;

  @Option(names = "--actor", paramLabel = "ACTOR", description = "Only of this caller.")
  @Nullable String actor;

  @Option(names = "--outcome", paramLabel = "OUTCOME", description = "Only with this outcome.")
  @Nullable String outcome;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "At most so many, 1 to " + ENTRIES_MAX + "; default: ${DEFAULT-VALUE}.",
      defaultValue = "50")
  int limit = 50;

  @Option(names = "--json", description = "Print the server's JSON.")
  boolean json;

  Audit(CommandContext context) {
    super(context);
  }

  @Override
  RemoteOptions remote() {
    return remote;
  }

  @Override
  int run() throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    if (limit < 1 || limit > ENTRIES_MAX) {
      throw new ParameterException(
          command(), "--limit: must be 1 to " + ENTRIES_MAX + ", not " + limit);
    }
    ApiPath path = ApiPath.of("v1", "audit");
    try (ApiClient api = client()) {
      return switch (Listing.read(api, path, path, this::page, "entries", limit)) {
        case Listing.Listed listed -> print(listed);
        case Listing.Refused(Problem problem) -> refused(problem);
      };
    }
  }

  private Map<String, String> page(int itemsLeft) {
    Map<String, String> query = new LinkedHashMap<>();
    put(query, "from", from);
    put(query, "to", to);
    put(query, "plugin", plugin);
    put(query, "actor", actor);
    put(query, "outcome", outcome);
    query.put("limit", Integer.toString(Math.min(itemsLeft, Listing.PAGE_ITEMS_MAX)));
    return query;
  }

  private static void put(Map<String, String> query, String name, @Nullable String value) {
    if (value != null) {
      query.put(name, value);
    }
  }

  private int print(Listing.Listed listed) {
    if (json) {
      context.out().println(ApiJson.compact(listed.document()));
    } else if (listed.items().isEmpty()) {
      context.err().println("no entries");
    } else {
      Table table = new Table("TIME", "ACTION", "OUTCOME", "ACTOR", "PLUGIN", "ID");
      for (JsonNode entry : listed.items()) {
        table.add(
            entry.path("time").asText(),
            entry.path("action").asText(),
            entry.path("outcome").asText(),
            entry.path("actor").asText(),
            pluginVersion(entry),
            entry.path("id").asText());
      }
      table.print(context.out());
    }
    if (listed.more()) {
      context.err().println("there are more; --limit N shows up to " + ENTRIES_MAX);
    }
    JsonNode damaged = listed.document().path("damaged");
    damaged.forEach(block ->
        context.err().println("entries cannot be read: block " + Printable.line(block.asText())));
    return damaged.isEmpty()
        ? ExitCode.DONE
        : failed("the log is damaged; run: ampoule audit verify");
  }

  private static String pluginVersion(JsonNode entry) {
    String version = entry.path("version").asText();
    return entry.path("plugin").asText() + (version.isEmpty() ? "" : "@" + version);
  }
}
