package dev.ampoule.live;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;

/**
 * Something that happened.
 *
 * @param seq 1 for a topic's first, then each one more: none is left out
 * @param at when it was appended, cut to the millisecond
 * @param data any JSON, at most {@value #DATA_BYTES_MAX} bytes of UTF-8
 */
public record LiveEvent(Topic topic, long seq, Instant at, String data) {
  /** With a frame around it, and as HTML, it stays within API Gateway's 128 KB. */
  public static final int DATA_BYTES_MAX = 64 * 1024;

  public LiveEvent {
    Objects.requireNonNull(topic, "topic");
    at = at.truncatedTo(ChronoUnit.MILLIS);
    if (seq < 1) {
      throw new IllegalArgumentException("seq " + seq);
    }
    int bytes = data.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > DATA_BYTES_MAX) {
      throw new IllegalArgumentException("data of " + bytes + " bytes");
    }
  }

  /** Without what may be about a patient. */
  @Override
  public String toString() {
    return "LiveEvent[" + topic.family() + ", " + seq + ", " + data.length() + " characters]";
  }
}
