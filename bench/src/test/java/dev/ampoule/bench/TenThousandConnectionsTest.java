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

  private static final int KILLED_ONE_IN = 100;

  /** A generous bound, so that a failure ends; nothing is asserted of the time. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private record Measured(
      String name, double eventsPerSecond, double seconds, long heapBytes, long outsideBytes) {}

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
      long t0 = System.nanoTime();
      swarm.grow(WARM_UP);
      System.out.println("warm " + (System.nanoTime() - t0) / 1e9);
      t0 = System.nanoTime();
      var before = topic.server().memory();
      swarm.grow(CONNECTIONS - WARM_UP);
      System.out.println("grow " + (System.nanoTime() - t0) / 1e9);
      var after = topic.server().memory();

      int killed = CONNECTIONS / KILLED_ONE_IN;
      swarm.killDuring(EVENTS / 2, killed, 1);
      long started = System.nanoTime();
      for (int number = 1; number <= EVENTS; number++) {
        topic.publish(number);
      }
      swarm.awaitAll(EVENTS, PATIENCE);
      double seconds = (System.nanoTime() - started) / 1e9;

      assertThat(swarm.killed()).isEqualTo(killed);
      assertThat(swarm.survivors()).isEqualTo(CONNECTIONS - killed);
      assertThat(swarm.surprises()).isEmpty();
      System.out.println(topic.name() + ": " + swarm.report());
      long idle = CONNECTIONS - WARM_UP;
      return new Measured(
          topic.name(),
          swarm.delivered() / seconds,
          seconds,
          (after.heap() - before.heap()) / idle,
          (after.resident() - before.resident()) / idle);
    }
  }

  private static void report(List<Measured> measured) throws IOException {
    var table =
        new StringBuilder(
            """
            | | events/s to clients | of the gateway's | s | heap bytes an idle connection | bytes outside the heap |
            |---|---|---|---|---|---|
            """);
    double yardstick = measured.getFirst().eventsPerSecond();
    for (Measured m : measured) {
      table.append(
          String.format(
              Locale.ROOT,
              "| %s | %.0f | %.2f | %.1f | %d | %d |%n",
              m.name(),
              m.eventsPerSecond(),
              m.eventsPerSecond() / yardstick,
              m.seconds(),
              m.heapBytes(),
              m.outsideBytes()));
    }
    System.out.println(table);
    Files.writeString(
        Files.createDirectories(Path.of("target")).resolve("ten-thousand-connections.md"), table);
  }
}
