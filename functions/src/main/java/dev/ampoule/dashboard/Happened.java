package dev.ampoule.dashboard;

import static java.util.Objects.requireNonNull;

import dev.ampoule.live.LiveEvent;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.time.Instant;
import java.util.Optional;

/**
 * Something that became of a plugin.
 *
 * @param event in a word: {@code ACTIVATE}
 */
public record Happened(
    long seq, Instant at, PluginName plugin, PluginVersion version, String event, String why) {
  public Happened {
    requireNonNull(at, "at");
    requireNonNull(plugin, "plugin");
    requireNonNull(version, "version");
    requireNonNull(event, "event");
    requireNonNull(why, "why");
  }

  /** Empty where the event is another one. */
  public static Optional<Happened> of(LiveEvent event) {
    return Fragments.json(event)
        .flatMap(node ->
            PluginName.parse(node.path("plugin").asText())
                .flatMap(name ->
                    PluginVersion.parse(node.path("version").asText())
                        .map(version ->
                            new Happened(
                                event.seq(),
                                event.at(),
                                name,
                                version,
                                node.path("event").asText(),
                                node.path("why").asText()))));
  }
}
