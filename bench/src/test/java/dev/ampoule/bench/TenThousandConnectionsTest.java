package dev.ampoule.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** bench/README.md holds what it last measured. */
final class TenThousandConnectionsTest {
  private static final int CONNECTIONS = Integer.getInteger("bench.connections", 10_000);
  private static final int EVENTS = Integer.getInteger("bench.events", 10);

  /** Connections that are there before memory is measured: the first ones load classes. */
  private static final int WARM_UP = CONNECTIONS / 10;

  /** Not measured: both servers are to have compiled what a push runs. */
  private static final int WARM_UP_EVENTS = 3;

  private static final int KILLED_ONE_IN = 100;

  /** A generous bound, so that a failure ends; nothing is asserted of the time. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private record Measured(
      String name,
      double connectionsPerSecond,
      double eventsPerSecond,
      long heapBytes,
      long outsideBytes) {}

  @Test
  void everyoneGetsEveryEventInOrderWhileOneInAHundredIsKilled() throws Exception {
    List<Measured> measured = new ArrayList<>();
    try (Topic topic = GatewayTopic.start()) {
      measured.add(broadcast(topic));
    }
    try (Topic topic = PlatformTopic.start()) {
      measured.add(broadcast(topic));
    }
    report(measured);
  }

  private static Measured broadcast(Topic topic) throws IOException, InterruptedException {
    try (var swarm = new Swarm(topic)) {
      swarm.grow(WARM_UP);
      var before = topic.server().memory();
      long connecting = System.nanoTime();
      swarm.grow(CONNECTIONS - WARM_UP);
      double connected = (CONNECTIONS - WARM_UP) / secondsSince(connecting);
      var after = topic.server().memory();

      int killed = CONNECTIONS / KILLED_ONE_IN;
      publish(topic, swarm, 1, WARM_UP_EVENTS);
      long delivered = swarm.delivered();
      swarm.killDuring(WARM_UP_EVENTS + EVENTS / 2, killed, 1);
      long started = System.nanoTime();
      publish(topic, swarm, WARM_UP_EVENTS + 1, WARM_UP_EVENTS + EVENTS);
      double seconds = secondsSince(started);

      assertThat(swarm.killed()).isEqualTo(killed);
      assertThat(swarm.survivors()).isEqualTo(CONNECTIONS - killed);
      assertThat(swarm.surprises()).isEmpty();
      System.out.println(topic.name() + ": " + swarm.report());
      int idle = CONNECTIONS - WARM_UP;
      return new Measured(
          topic.name(),
          connected,
          (swarm.delivered() - delivered) / seconds,
          (after.heap() - before.heap()) / idle,
          (after.resident() - before.resident()) / idle);
    }
  }

  /** Returns once all survivors have them. */
  private static void publish(Topic topic, Swarm swarm, int from, int to)
      throws IOException, InterruptedException {
    for (int number = from; number <= to; number++) {
      topic.publish(number);
    }
    swarm.awaitAll(to, PATIENCE);
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  private static void report(List<Measured> measured) throws IOException {
    var table =
        new StringBuilder(
            """
            | | connected and subscribed, /s | events to clients, /s | share of the yardstick | heap, bytes an idle connection | outside the heap, bytes |
            |---|---|---|---|---|---|
            """);
    double yardstick = measured.getFirst().eventsPerSecond();
    for (Measured m : measured) {
      table.append(
          String.format(
              Locale.ROOT,
              "| %s | %.0f | %.0f | %.2f | %d | %d |%n",
              m.name(),
              m.connectionsPerSecond(),
              m.eventsPerSecond(),
              m.eventsPerSecond() / yardstick,
              m.heapBytes(),
              m.outsideBytes()));
    }
    System.out.println(table);
    Files.writeString(
        Files.createDirectories(Path.of("target")).resolve("ten-thousand-connections.md"), table);
  }
}
