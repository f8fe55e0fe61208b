package dev.ampoule.dashboard;

import static java.util.Objects.requireNonNull;

import dev.ampoule.live.EventLog;
import dev.ampoule.live.LiveEvent;
import dev.ampoule.live.Topic;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Gathers what the patient and ward pages show when they are first rendered, from the event log.
 */
public final class Bedside {
  /** Of a ward's last events; who is in none of them is not on the page. */
  static final int WARD_EVENTS_MAX = 1_000;

  /** Of what became of plugins. */
  static final int HAPPENED_MAX = 10;

  private final EventLog log;

  public Bedside(EventLog log) {
    this.log = requireNonNull(log, "log");
  }

  /**
   * A patient at one point of the topic.
   *
   * @param seq the last event that is in {@code trend}, or that was there
   */
  public record Patient(Topic topic, long seq, Optional<Trend> trend) {
    public Feed.Position position() {
      return new Feed.Position(topic.value(), seq);
    }
  }

  /** A ward's patients, in the order of their beds. */
  public record Ward(Topic topic, long seq, List<Vitals> patients) {
    public Ward {
      patients = List.copyOf(patients);
    }

    public Feed.Position position() {
      return new Feed.Position(topic.value(), seq);
    }
  }

  /** What became of plugins lately, the newest last. */
  public record Story(long seq, List<Happened> events) {
    public Story {
      events = List.copyOf(events);
    }

    public Feed.Position position() {
      return new Feed.Position(Topic.PLATFORM_PLUGINS.value(), seq);
    }
  }

  public Story happened() {
    long head = log.head(Topic.PLATFORM_PLUGINS);
    return new Story(
        head,
        last(Topic.PLATFORM_PLUGINS, head, HAPPENED_MAX).stream()
            .flatMap(event -> Happened.of(event).stream())
            .toList());
  }

  /** The last event of a topic. */
  Feed.Position position(Topic topic) {
    return new Feed.Position(topic.value(), log.head(topic));
  }

  /** What the patient's topic has come to by now. */
  public Patient patient(Topic topic) {
    long head = log.head(topic);
    return patient(topic, head);
  }

  /**
   * What it had come to by that event: what a fragment shows does not depend on when it is made.
   */
  Patient patient(Topic topic, long seq) {
    var vitals =
        last(topic, seq, Trend.EVENTS_MAX).stream().flatMap(e -> Vitals.of(e).stream()).toList();
    return new Patient(
        topic, seq, vitals.isEmpty() ? Optional.empty() : Optional.of(new Trend(vitals)));
  }

  public Ward ward(Topic topic) {
    long head = log.head(topic);
    Map<String, Vitals> newest = new LinkedHashMap<>();
    for (LiveEvent event : last(topic, head, WARD_EVENTS_MAX)) {
      Vitals.of(event).ifPresent(vitals -> newest.put(vitals.patient(), vitals));
    }
    return new Ward(
        topic,
        head,
        newest.values().stream()
            .sorted(
                (a, b) -> ORDER.compare(a.bed() + " " + a.patient(), b.bed() + " " + b.patient()))
            .toList());
  }

  /** Numbers within names by their value: bed 10 comes after bed 9. */
  private static final Comparator<String> ORDER = Comparator.comparing(Bedside::padded);

  private static String padded(String text) {
    var padded = new StringBuilder();
    var digits = new StringBuilder();
    for (char c : (text + " ").toCharArray()) {
      if (c >= '0' && c <= '9') {
        digits.append(c);
      } else {
        if (!digits.isEmpty()) {
          padded.append("0".repeat(Math.max(0, 12 - digits.length()))).append(digits);
          digits.setLength(0);
        }
        padded.append(c);
      }
    }
    return padded.toString();
  }

  private List<LiveEvent> last(Topic topic, long seq, int eventsMax) {
    List<LiveEvent> events =
        new ArrayList<>(log.read(topic, Math.max(0, seq - eventsMax), eventsMax));
    events.removeIf(event -> event.seq() > seq);
    return events;
  }
}
