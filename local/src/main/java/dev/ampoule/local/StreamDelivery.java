package dev.ampoule.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings batches of a stream's records to a function until each record was taken or given up
 * (Lambda Developer Guide, "Process DynamoDB records with Lambda", "How Lambda handles errors"): a
 * batch that fails is tried again from the record that the function names, or as a whole, or in
 * halves; what is out of retries or too old is told to the failure destination.
 */
final class StreamDelivery implements AutoCloseable {
  /** Lambda's grow to a minute; nobody at a keyboard would wait. */
  private static final Duration RETRY_DELAY_MIN = Duration.ofMillis(100);

  private static final Duration RETRY_DELAY_MAX = Duration.ofSeconds(5);
  private static final JsonMapper JSON = new JsonMapper();
  private static final Logger LOG = LoggerFactory.getLogger(StreamDelivery.class);

  /**
   * What the template says of it.
   *
   * @param reportsItemFailures whether the function's answer names the records that failed
   * @param bisects whether a batch that failed is split in two, which is no retry
   * @param retriesMax empty for no end
   * @param ageMax empty for no limit
   * @param onFailure told of the records that were given up
   */
  record Policy(
      boolean reportsItemFailures,
      boolean bisects,
      OptionalInt retriesMax,
      Optional<Duration> ageMax,
      Optional<Queues.Queue> onFailure) {
    Policy {
      Objects.requireNonNull(retriesMax, "retriesMax");
      Objects.requireNonNull(ageMax, "ageMax");
      Objects.requireNonNull(onFailure, "onFailure");
    }
  }

  /** Where a batch comes from. */
  record Source(String streamArn, String shardId) {
    Source {
      Objects.requireNonNull(streamArn, "streamArn");
      Objects.requireNonNull(shardId, "shardId");
    }
  }

  private final FunctionRunner<String, ?> runner;
  private final Policy policy;
  private final Duration retryDelay;
  private final Clock clock;

  StreamDelivery(FunctionRunner<String, ?> runner, Policy policy) {
    this(runner, policy, RETRY_DELAY_MIN, Clock.systemUTC());
  }

  StreamDelivery(
      FunctionRunner<String, ?> runner, Policy policy, Duration retryDelay, Clock clock) {
    this.runner = runner;
    this.policy = policy;
    this.retryDelay = retryDelay;
    this.clock = clock;
  }

  /** Records that are tried together; {@code failures} counts the attempts at the first of them. */
  private record Batch(List<StreamRecord> records, int failures) {}

  /**
   * How an attempt ended.
   *
   * @param from the first record that must be tried again; their number if all were taken
   * @param problem empty where the function itself named the record
   */
  private record Attempt(int from, Optional<String> problem, String requestId) {}

  /** Returns when every record is dealt with. */
  void deliver(Source source, List<StreamRecord> records) throws InterruptedException {
    Deque<Batch> pending = new ArrayDeque<>();
    pending.push(new Batch(records, 0));
    while (!pending.isEmpty()) {
      Batch batch = withoutOldOnes(source, pending.pop());
      if (batch.records().isEmpty()) {
        continue;
      }
      Attempt attempt = attempt(batch.records());
      List<StreamRecord> rest = batch.records().subList(attempt.from(), batch.records().size());
      if (rest.isEmpty()) {
        continue;
      }
      boolean advanced = attempt.from() > 0;
      if (policy.bisects() && !advanced && rest.size() > 1) {
        int half = rest.size() / 2;
        pending.push(new Batch(rest.subList(half, rest.size()), batch.failures()));
        pending.push(new Batch(rest.subList(0, half), batch.failures()));
        continue;
      }
      int failures = advanced ? 1 : batch.failures() + 1;
      if (policy.retriesMax().isPresent() && failures > policy.retriesMax().getAsInt()) {
        giveUp(source, rest, "RetryAttemptsExhausted", failures, Optional.of(attempt));
      } else {
        Thread.sleep(delay(failures));
        pending.push(new Batch(rest, failures));
      }
    }
  }

  private Duration delay(int failures) {
    Duration delay = retryDelay.multipliedBy(1L << Math.min(failures - 1, 10));
    return delay.compareTo(RETRY_DELAY_MAX) < 0 ? delay : RETRY_DELAY_MAX;
  }

  /** The stream is in order, so the oldest come first. */
  private Batch withoutOldOnes(Source source, Batch batch) {
    if (policy.ageMax().isEmpty()) {
      return batch;
    }
    Instant oldest = clock.instant().minus(policy.ageMax().get());
    int old = 0;
    while (old < batch.records().size() && batch.records().get(old).createdAt().isBefore(oldest)) {
      old++;
    }
    if (old == 0) {
      return batch;
    }
    giveUp(
        source,
        batch.records().subList(0, old),
        "RecordAgeExceeded",
        batch.failures(),
        Optional.empty());
    return new Batch(batch.records().subList(old, batch.records().size()), 0);
  }

  private Attempt attempt(List<StreamRecord> records) throws InterruptedException {
    ObjectNode event = JSON.createObjectNode();
    ArrayNode array = event.putArray("Records");
    records.forEach(record -> array.add(record.json()));
    String requestId = UUID.randomUUID().toString();
    var invocation = runner.invokeQueued(event.toString(), requestId);
    if (!(invocation instanceof Invocation.Returned<?>(var value))) {
      return new Attempt(0, invocation.problem(), requestId);
    }
    return policy.reportsItemFailures()
        ? firstFailed(LambdaPayload.toJson(value), records, requestId)
        : new Attempt(records.size(), Optional.empty(), requestId);
  }

  /**
   * The record with the lowest sequence number that the answer names. No answer and an empty list
   * mean that all were taken; an identifier that is null, empty or no record's fails the batch.
   */
  private static Attempt firstFailed(
      JsonNode answer, List<StreamRecord> records, String requestId) {
    Set<String> failed = new HashSet<>();
    answer
        .path("batchItemFailures")
        .forEach(item -> failed.add(item.path("itemIdentifier").asText("")));
    Set<String> known = new HashSet<>();
    records.forEach(record -> known.add(record.sequenceNumber()));
    if (!known.containsAll(failed)) {
      return new Attempt(0, Optional.of("no record has the itemIdentifier it named"), requestId);
    }
    int from = 0;
    while (from < records.size() && !failed.contains(records.get(from).sequenceNumber())) {
      from++;
    }
    return new Attempt(from, Optional.empty(), requestId);
  }

  /** The message names the records by their sequence numbers; nothing of them is in it. */
  private void giveUp(
      Source source,
      List<StreamRecord> records,
      String condition,
      int attempts,
      Optional<Attempt> last) {
    String problem = last.flatMap(Attempt::problem).orElse("reported as failed");
    policy
        .onFailure()
        .ifPresent(
            queue -> queue.send(message(source, records, condition, attempts, last), Map.of()));
    LOG.error(
        "{}: {} records given up after {} attempts ({}){}: {}",
        runner.name(),
        records.size(),
        attempts,
        condition,
        policy.onFailure().map(queue -> ", told to " + queue.name()).orElse(""),
        problem);
  }

  /** The invocation record of the Lambda Developer Guide, for a DynamoDB stream. */
  private String message(
      Source source,
      List<StreamRecord> records,
      String condition,
      int attempts,
      Optional<Attempt> last) {
    ObjectNode message = JSON.createObjectNode();
    message
        .putObject("requestContext")
        .put(
            "requestId", last.map(Attempt::requestId).orElseGet(() -> UUID.randomUUID().toString()))
        .put("functionArn", runner.arn())
        .put("condition", condition)
        .put("approximateInvokeCount", attempts);
    last.ifPresent(attempt -> {
      ObjectNode response =
          message
              .putObject("responseContext")
              .put("statusCode", 200)
              .put("executedVersion", "$LATEST");
      if (attempt.problem().isPresent()) {
        response.put("functionError", "Unhandled");
      }
    });
    message.put("version", "1.0").put("timestamp", clock.instant().toString());
    message
        .putObject("DDBStreamBatchInfo")
        .put("shardId", source.shardId())
        .put("startSequenceNumber", records.getFirst().sequenceNumber())
        .put("endSequenceNumber", records.getLast().sequenceNumber())
        .put("approximateArrivalOfFirstRecord", records.getFirst().createdAt().toString())
        .put("approximateArrivalOfLastRecord", records.getLast().createdAt().toString())
        .put("batchSize", records.size())
        .put("streamArn", source.streamArn());
    return message.toString();
  }

  @Override
  public void close() {
    runner.close();
  }
}
