package dev.ampoule.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;

/** One topic of a server in a process of its own, as clients see it. */
interface Topic extends AutoCloseable {
  /** For the report. */
  String name();

  /** Where clients connect to, {@code ws://…}. */
  URI webSocket();

  /** What they offer in {@code Sec-WebSocket-Protocol}. */
  Optional<String> subprotocols();

  /**
   * The message that subscribes.
   *
   * @param after the last sequence number that was received; empty to begin with what comes next
   */
  String subscription(Optional<Long> after);

  /** Whether a frame says that the subscription is made. */
  boolean isSubscribed(JsonNode frame);

  /** Publishes {@code {"n": number}}; returns once the server has taken it. */
  void publish(int number) throws IOException, InterruptedException;

  ServerProcess server();

  @Override
  void close();
}
