package dev.ampoule.dashboard;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What keeps a page up to date.
 *
 * @param url of the WebSocket API; without a scheme, a path on the page's own host
 * @param view as what the topics' events are rendered
 */
public record Feed(String url, String view, List<Position> topics) {
  public Feed {
    requireNonNull(url, "url");
    requireNonNull(view, "view");
    topics = List.copyOf(topics);
  }

  /** A topic and the last event that the page shows already. */
  public record Position(String topic, long seq) {
    public Position {
      requireNonNull(topic, "topic");
      if (seq < 0) {
        throw new IllegalArgumentException("seq " + seq);
      }
    }
  }

  /** Whether the visitor is among those who are told to be on the topics. */
  public boolean present() {
    return topics.stream().noneMatch(position -> position.topic().endsWith("/presence"));
  }

  /** For the client script: topics and positions, {@code topic=seq} and a blank between two. */
  public String positions() {
    return String.join(
        " ", topics.stream().map(position -> position.topic() + "=" + position.seq()).toList());
  }
}
