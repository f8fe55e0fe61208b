package dev.ampoule.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ampoule plugins}: what is registered, and where it stands. */
@Command(
    name = "plugins",
    description = "List the plugins, or the versions of one and what was done to them.",
    footer = {"", "Example:", "  ampoule plugins deidentify"})
final class Plugins extends RemoteCommand {
  private static final int ITEMS_MAX = 10_000;

  @Mixin final RemoteOptions remote = new RemoteOptions();

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "The plugin whose versions to list.")
  @Nullable String name;

  @Option(names = "--json", description = "Print the server's JSON.")
  boolean json;

  Plugins(CommandContext context) {
    super(context);
  }

  @Override
  RemoteOptions remote() {
    return remote;
  }

  @Override
  int run() throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    String plugin = name == null ? null : segment("NAME", name);
    try (ApiClient api = client()) {
      Listing listing = plugin == null ? plugins(api) : versions(api, plugin);
      return switch (listing) {
        case Listing.Listed listed -> print(listed);
        case Listing.Refused(Problem problem) -> refused(problem);
      };
    }
  }

  private static Listing plugins(ApiClient api)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    ApiPath path = ApiPath.of("v1", "plugins");
    return Listing.read(api, path, path, _ -> Map.of(), "plugins", ITEMS_MAX);
  }

  private static Listing versions(ApiClient api, String plugin)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    return Listing.read(
        api,
        ApiPath.of("v1", "plugins", plugin),
        ApiPath.of("v1", "plugins", plugin, "versions"),
        _ -> Map.of(),
        "versions",
        ITEMS_MAX);
  }

  private int print(Listing.Listed listed) {
    if (json) {
      context.out().println(ApiJson.compact(listed.document()));
    } else if (listed.items().isEmpty()) {
      context.err().println("no plugins yet");
    } else if (name == null) {
      printPlugins(listed);
    } else {
      printVersions(listed);
      printStory(listed.document().path("history"));
    }
    if (listed.more()) {
      context.err().println("there are more; these are the first " + listed.items().size());
    }
    return ExitCode.DONE;
  }

  private void printPlugins(Listing.Listed listed) {
    Table table = new Table("NAME", "LIVE");
    for (JsonNode plugin : listed.items()) {
      table.add(plugin.path("name").asText(), plugin.path("live").asText());
    }
    table.print(context.out());
  }

  private void printVersions(Listing.Listed listed) {
    Table table = new Table("VERSION", "STATE", "REGISTERED", "DIGEST");
    for (JsonNode version : listed.items()) {
      table.add(
          version.path("version").asText(),
          version.path("state").asText(),
          version.path("registeredAt").asText(),
          version.path("digest").asText());
    }
    table.print(context.out());
    for (JsonNode version : listed.items()) {
      if (!version.path("reasons").isEmpty()) {
        context.out().println(Printable.line(version.path("version").asText() + " was rejected:"));
        version
            .path("reasons")
            .forEach(reason -> context.out().println("  " + Printable.line(reason.asText())));
      }
    }
  }

  private void printStory(JsonNode history) {
    if (history.isEmpty()) {
      return;
    }
    context.out().println();
    Table table = new Table("WHEN", "MOVE", "VERSION", "FROM", "TO", "BY", "WHY");
    for (JsonNode moved : history) {
      table.add(
          moved.path("at").asText(),
          moved.path("move").asText(),
          moved.path("version").asText(),
          moved.path("from").asText(),
          moved.path("to").asText(),
          moved.path("actor").asText(),
          moved.path("why").asText());
    }
    table.print(context.out());
  }
}
