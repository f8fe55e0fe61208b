package dev.ampoule.live;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What subscribers are sent, as JSON (docs/realtime.md, asyncapi.json). */
final class Frames {
  private static final JsonMapper JSON = new JsonMapper();

  private Frames() {}

  /** The event with its data. */
  static String event(LiveEvent event) {
    var frame = head(event);
    frame.putRawValue("data", new RawValue(event.data()));
    return write(frame);
  }

  /** The event as a view shows it; without HTML where it does not. */
  static String event(LiveEvent event, Optional<String> html) {
    var frame = head(event);
    html.ifPresent(text -> frame.put("html", text));
    return write(frame);
  }

  /** Before the first event. */
  static String subscribed(TopicFilter filter, Map<Topic, Long> heads) {
    var frame = JSON.createObjectNode().put("type", "subscribed").put("topic", filter.toString());
    if (filter.below()) {
      var all = frame.putObject("heads");
      new TreeMap<>(heads).forEach((topic, head) -> all.put(topic.value(), head));
    } else {
      frame.put("head", heads.getOrDefault(filter.base(), 0L));
    }
    return write(frame);
  }

  private static ObjectNode head(LiveEvent event) {
    return JSON.createObjectNode()
        .put("type", "event")
        .put("topic", event.topic().value())
        .put("seq", event.seq())
        .put("at", event.at().toString());
  }

  /** {@code {"event": …, "who": …, "connection": …}}. */
  static String presence(String event, Subscription subscription) {
    return write(
        JSON.createObjectNode()
            .put("event", event)
            .put("who", subscription.subject())
            .put("connection", subscription.connection().value()));
  }

  private static String write(ObjectNode frame) {
    try {
      return JSON.writeValueAsString(frame);
    } catch (JacksonException e) {
      throw new IllegalStateException("a tree that does not write", e);
    }
  }
}
