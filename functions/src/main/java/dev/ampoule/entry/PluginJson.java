package dev.ampoule.entry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.invocation.Tally;
import dev.ampoule.registry.Margins;
import dev.ampoule.registry.Move;
import dev.ampoule.registry.Moved;
import dev.ampoule.registry.Rollout;
import dev.ampoule.registry.Trial;
import java.util.Locale;

/** Where a plugin stands and how it came there, as JSON. */
final class PluginJson {
  private PluginJson() {}

  static void put(ObjectNode plugin, Rollout rollout) {
    rollout
        .live()
        .ifPresent(live ->
            plugin.put("live", live.value()).put("liveSince", rollout.liveSince().toString()));
    rollout.trial().ifPresent(trial -> plugin.set("trial", render(trial)));
    if (!rollout.breakers().isEmpty()) {
      var breakers = plugin.putObject("breakersOpenUntil");
      rollout.breakers().entrySet().stream()
          .sorted((a, b) -> a.getKey().value().compareTo(b.getKey().value()))
          .forEach(open -> breakers.put(open.getKey().value(), open.getValue().toString()));
    }
  }

  private static ObjectNode render(Trial trial) {
    var node = Json.object();
    node.put("version", trial.version().value());
    node.put("kind", trial.kind().name().toLowerCase(Locale.ROOT));
    node.put("weight", trial.sharePercent());
    node.put("since", trial.since().toString());
    node.set("margins", render(trial.margins()));
    return node;
  }

  private static ObjectNode render(Margins margins) {
    return Json.object()
        .put("callsMin", margins.callsMin())
        .put("trapPoints", margins.trapPoints())
        .put("errorPoints", margins.errorPoints())
        .put("timeLimitPoints", margins.timeLimitPoints())
        .put("p95Percent", margins.p95Percent());
  }

  static ObjectNode render(Tally tally) {
    var node = Json.object();
    node.put("calls", tally.calls());
    node.put("traps", tally.traps());
    node.put("errors", tally.errors());
    node.put("timeLimits", tally.timeLimits());
    if (tally.agreed() + tally.disagreed() > 0) {
      node.put("agreed", tally.agreed()).put("disagreed", tally.disagreed());
    }
    tally.p95Millis().ifPresent(millis -> node.put("p95Ms", millis));
    return node;
  }

  static ObjectNode render(Moved moved) {
    var node = Json.object();
    node.put("at", moved.at().toString());
    node.put("actor", moved.actor().toString());
    node.put("move", name(moved.move()));
    node.put("version", moved.version().value());
    node.put("from", moved.from().name());
    node.put("to", moved.to().name());
    moved.live().ifPresent(live -> node.put("live", live.value()));
    if (!moved.why().isEmpty()) {
      node.put("why", moved.why());
    }
    return node;
  }

  /** As the routes and the command line name it. */
  static String name(Move move) {
    return switch (move) {
      case ACTIVATE -> "activate";
      case CANARY -> "canary";
      case SHADOW -> "shadow";
      case ROLL_BACK -> "rollback";
      case RETIRE -> "retire";
      case QUARANTINE -> "quarantine";
    };
  }
}
