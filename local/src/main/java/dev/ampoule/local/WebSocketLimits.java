package dev.ampoule.local;

import java.time.Duration;

/**
 * What a WebSocket connection may use; {@link #AWS} has the quotas of API Gateway (Developer Guide,
 * "Quotas for configuring and running a WebSocket API").
 *
 * @param frameBytesMax 125 to 1 MiB, of a frame's payload; over it the connection is closed with
 *     1009
 * @param messageBytesMax {@code frameBytesMax} to 16 MiB, of a message in all its frames; over it
 *     1009, and 413 where it is pushed
 * @param idle 100 ms to 24 h without a frame in either direction, then 1001
 * @param lifetime 100 ms to 24 h, then 1001
 * @param integrationTimeout 100 ms to 29 s, how long a message's function may run
 * @param messagesInFlightMax 1 to 10 000 messages of one connection that are being handled; one
 *     more is answered {@code Too Many Requests} (RATIONALE: "What stops a flood on one WebSocket
 *     connection?")
 * @param bufferedBytesMax 64 KiB to 16 MiB waiting for a slow reader; a push to it is then answered
 *     429 and its own messages are no longer read
 * @param stalled 100 ms to 1 h that a reader may stay so slow, then it is cut off
 */
public record WebSocketLimits(
    int frameBytesMax,
    int messageBytesMax,
    Duration idle,
    Duration lifetime,
    Duration integrationTimeout,
    int messagesInFlightMax,
    int bufferedBytesMax,
    Duration stalled) {
  private static final Duration MIN = Duration.ofMillis(100);

  public static final WebSocketLimits AWS =
      new WebSocketLimits(
          32 << 10,
          128 << 10,
          Duration.ofMinutes(10),
          Duration.ofHours(2),
          Duration.ofSeconds(29),
          16,
          128 << 10,
          Duration.ofSeconds(10));

  public WebSocketLimits {
    check("frameBytesMax", frameBytesMax, 125, 1 << 20);
    check("messageBytesMax", messageBytesMax, frameBytesMax, 16 << 20);
    check("messagesInFlightMax", messagesInFlightMax, 1, 10_000);
    check("bufferedBytesMax", bufferedBytesMax, 64 << 10, 16 << 20);
    check("idle", idle, Duration.ofHours(24));
    check("lifetime", lifetime, Duration.ofHours(24));
    check("integrationTimeout", integrationTimeout, Duration.ofSeconds(29));
    check("stalled", stalled, Duration.ofHours(1));
  }

  /** The same with another idle time and lifetime: what a test or a demonstration shortens. */
  public WebSocketLimits ending(Duration idle, Duration lifetime) {
    return new WebSocketLimits(
        frameBytesMax,
        messageBytesMax,
        idle,
        lifetime,
        integrationTimeout,
        messagesInFlightMax,
        bufferedBytesMax,
        stalled);
  }

  private static void check(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException("%s: %d to %d, got %d".formatted(name, min, max, value));
    }
  }

  private static void check(String name, Duration value, Duration max) {
    if (value.compareTo(MIN) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException("%s: %s to %s, got %s".formatted(name, MIN, max, value));
    }
  }
}
