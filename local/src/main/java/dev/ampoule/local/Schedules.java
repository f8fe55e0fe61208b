package dev.ampoule.local;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * EventBridge rules that call functions at a rate, asynchronously. At the stop each calls once
 * more: a laptop stops between two ticks, and the data may be kept.
 */
final class Schedules implements AutoCloseable {
  /** How long a stop waits for the last calls together. */
  private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(10);

  private static final JsonMapper JSON = new JsonMapper();

  /**
   * One rule and one of its targets.
   *
   * @param input the event in JSON; empty for EventBridge's own
   */
  record Schedule(
      String rule, Duration every, Optional<String> input, AsyncInvoker<String> function) {
    Schedule {
      Objects.requireNonNull(rule, "rule");
      Objects.requireNonNull(every, "every");
      Objects.requireNonNull(input, "input");
      Objects.requireNonNull(function, "function");
    }
  }

  private final List<Schedule> schedules;
  private final Clock clock;
  private final ScheduledExecutorService ticks =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("schedule").daemon().factory());
  private final ExecutorService calls =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("schedule-", 0).factory());
  private boolean started;

  Schedules(List<Schedule> schedules, Clock clock) {
    this.schedules = List.copyOf(schedules);
    this.clock = clock;
  }

  /** The first calls come after one interval each, as with EventBridge. */
  void start() {
    started = true;
    for (Schedule schedule : schedules) {
      long millis = schedule.every().toMillis();
      var _ =
          ticks.scheduleAtFixedRate(
              () -> calls.execute(() -> call(schedule)), millis, millis, TimeUnit.MILLISECONDS);
    }
  }

  private void call(Schedule schedule) {
    try {
      schedule.function().deliver(schedule.input().orElseGet(() -> event(schedule.rule())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the stop does not wait for a retry
    }
  }

  /** EventBridge User Guide, "Events from AWS services": a scheduled event. */
  private String event(String rule) {
    var event =
        JSON.createObjectNode()
            .put("version", "0")
            .put("id", UUID.randomUUID().toString())
            .put("detail-type", "Scheduled Event")
            .put("source", "aws.events")
            .put("account", HttpApi.ACCOUNT_ID)
            .put("time", clock.instant().truncatedTo(ChronoUnit.SECONDS).toString())
            .put("region", AwsEdge.REGION);
    event
        .putArray("resources")
        .add("arn:aws:events:%s:%s:rule/%s".formatted(AwsEdge.REGION, HttpApi.ACCOUNT_ID, rule));
    event.putObject("detail");
    return event.toString();
  }

  /** Calls each once more, and waits up to 10 s. */
  @Override
  public void close() {
    ticks.shutdownNow();
    if (started) {
      new ArrayList<>(schedules).forEach(schedule -> calls.execute(() -> call(schedule)));
    }
    calls.shutdown();
    try {
      if (!calls.awaitTermination(DRAIN_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        calls.shutdownNow();
      }
    } catch (InterruptedException e) {
      calls.shutdownNow();
      Thread.currentThread().interrupt();
    }
    schedules.forEach(schedule -> schedule.function().close());
  }
}
