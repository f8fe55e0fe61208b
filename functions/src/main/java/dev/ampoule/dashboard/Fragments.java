package dev.ampoule.dashboard;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.live.LiveEvent;
import dev.ampoule.live.View;
import dev.ampoule.live.Views;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What an event changes on the pages that show it, as htmx swaps it in by its ids. Depends on the
 * event and those before it alone, so that one fragment serves everyone who looks at the view.
 */
public final class Fragments implements Views {
  private static final JsonMapper JSON = new JsonMapper();

  private final Bedside bedside;

  public Fragments(Bedside bedside) {
    this.bedside = requireNonNull(bedside, "bedside");
  }

  /** What a page shows of a topic. */
  public enum Kind {
    PATIENT,
    WARD,
    PLATFORM,
    PRESENCE;

    /** As what the client subscribes. */
    public View in(Language language) {
      return new View(name().toLowerCase(Locale.ROOT) + "." + language.tag());
    }
  }

  @Override
  public Optional<String> render(View view, LiveEvent event) {
    for (Kind kind : Kind.values()) {
      for (Language language : Language.values()) {
        if (kind.in(language).equals(view)) {
          return render(kind, language, event);
        }
      }
    }
    return Optional.empty();
  }

  private Optional<String> render(Kind kind, Language language, LiveEvent event) {
    return switch (kind) {
      case PATIENT ->
          bedside
              .patient(event.topic(), event.seq())
              .trend()
              .filter(_ -> Vitals.of(event).isPresent())
              .map(trend ->
                  Pages.render(
                      "patientnow.jte",
                      Map.of("language", language, "trend", trend, "swapped", true)));
      case WARD ->
          Vitals.of(event)
              .map(vitals ->
                  Pages.render(
                      "wardcard.jte",
                      Map.of("language", language, "vitals", vitals, "swapped", true)));
      case PLATFORM ->
          Happened.of(event)
              .map(happened ->
                  Pages.render(
                      "happened.jte",
                      Map.of("language", language, "happened", happened, "swapped", true)));
      case PRESENCE ->
          presence(event).map(change -> Pages.render("presence.jte", Map.of("change", change)));
    };
  }

  /**
   * Someone came or went.
   *
   * @param list the list of who is on the topic
   */
  public record PresenceChange(String list, boolean join, String who, String connection) {
    public String key() {
      return list + "-" + Watched.key(connection);
    }
  }

  private static Optional<PresenceChange> presence(LiveEvent event) {
    var topic = event.topic().value();
    var suffix = "/" + Watched.PRESENCE;
    return json(event)
        .filter(node -> node.path("connection").isTextual() && topic.endsWith(suffix))
        .map(node ->
            new PresenceChange(
                Watched.key(topic.substring(0, topic.length() - suffix.length())),
                node.path("event").asText().equals("join"),
                node.path("who").asText(),
                node.path("connection").asText()));
  }

  static Optional<JsonNode> json(LiveEvent event) {
    try {
      return Optional.of(JSON.readTree(event.data()));
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }
}
