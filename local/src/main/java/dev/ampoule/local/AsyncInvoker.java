package dev.ampoule.local;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls a function asynchronously, as S3 and EventBridge have Lambda do: it waits for a free slot,
 * tries again on an error, and puts what it gives up into the dead-letter queue, with Lambda's
 * three attributes (Lambda Developer Guide, "Dead-letter queues").
 */
final class AsyncInvoker<I> implements AutoCloseable {
  /** Lambda waits 1 and 2 minutes; nobody at a keyboard would. */
  static final List<Duration> RETRY_DELAYS = List.of(Duration.ofSeconds(1), Duration.ofSeconds(2));

  /** {@code ErrorCode}: Lambda's own status for a function that was called and failed. */
  private static final String CALLED_AND_FAILED = "200";

  private static final Logger LOG = LoggerFactory.getLogger(AsyncInvoker.class);

  private final FunctionRunner<I, ?> runner;
  private final AsyncPolicy policy;
  private final List<Duration> retryDelays;
  private final Function<I, String> toJson;
  private final Clock clock;

  /**
   * @param toJson the event as the dead-letter queue gets it
   */
  AsyncInvoker(
      FunctionRunner<I, ?> runner,
      AsyncPolicy policy,
      List<Duration> retryDelays,
      Function<I, String> toJson,
      Clock clock) {
    this.runner = runner;
    this.policy = policy;
    this.retryDelays = List.copyOf(retryDelays);
    this.toJson = toJson;
    this.clock = clock;
  }

  /** Returns when the event is dealt with: taken by the function, or given up. */
  void deliver(I event) throws InterruptedException {
    String requestId = UUID.randomUUID().toString();
    Instant oldest = clock.instant().plus(policy.ageMax());
    for (int attempt = 0; ; attempt++) {
      Optional<String> problem = runner.invokeQueued(event, requestId).problem();
      if (problem.isEmpty()) {
        return;
      }
      if (attempt == policy.retriesMax() || clock.instant().isAfter(oldest)) {
        giveUp(event, requestId, attempt + 1, problem.get());
        return;
      }
      Thread.sleep(retryDelays.get(Math.min(attempt, retryDelays.size() - 1)));
    }
  }

  /** The log names no part of the event: an uploader chose the key. */
  private void giveUp(I event, String requestId, int attempts, String problem) {
    policy
        .deadLetters()
        .ifPresentOrElse(
            queue -> {
              Map<String, Queues.Attribute> attributes = new TreeMap<>();
              attributes.put("RequestID", new Queues.Attribute("String", requestId));
              attributes.put("ErrorCode", new Queues.Attribute("Number", CALLED_AND_FAILED));
              attributes.put("ErrorMessage", new Queues.Attribute("String", problem));
              queue.send(toJson.apply(event), attributes);
              LOG.error(
                  "{} failed {} times, its event is in {}: {}",
                  runner.name(),
                  attempts,
                  queue.name(),
                  problem);
            },
            () -> LOG.error("{} failed {} times, giving up: {}", runner.name(), attempts, problem));
  }

  @Override
  public void close() {
    runner.close();
  }
}
