package dev.ampoule.local;

import dev.ampoule.local.template.EventPattern;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.ExpiredIteratorException;
import software.amazon.awssdk.services.dynamodb.model.Shard;
import software.amazon.awssdk.services.dynamodb.model.ShardIteratorType;
import software.amazon.awssdk.services.dynamodb.model.TrimmedDataAccessException;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;

/**
 * Reads a table's stream and hands it on in batches: shards in parallel, a shard after its parent,
 * the changes of one item in their order.
 *
 * <p>Each start begins at the trim horizon, for no position is kept: with {@code --data} the
 * records of the last 24 hours come again. Lambda too delivers at least once.
 */
final class StreamPoller implements AutoCloseable {
  /** Lambda asks four times a second; here nobody pays for a request. */
  private static final Duration POLL = Duration.ofMillis(100);

  private static final Duration DESCRIBE = Duration.ofSeconds(2);
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

  /** Lambda quota "invocation payload, synchronous", less the envelope. */
  private static final int BATCH_BYTES_MAX = (6 << 20) - 1_024;

  private static final int READ_MAX = 1_000;
  private static final Logger LOG = LoggerFactory.getLogger(StreamPoller.class);

  /**
   * How records become batches.
   *
   * @param batchSize 1 to 10 000
   * @param window how long a batch may wait to become full
   * @param filters one must match; empty lets every record through
   * @param parallelization how many batches at a time, of different items
   */
  record Batching(int batchSize, Duration window, List<EventPattern> filters, int parallelization) {
    Batching {
      Objects.requireNonNull(window, "window");
      filters = List.copyOf(filters);
    }

    boolean wants(StreamRecord record) {
      return filters.isEmpty() || filters.stream().anyMatch(f -> f.matches(record.json()));
    }
  }

  private final DynamoDbStreamsClient streams;
  private final String streamArn;
  private final Batching batching;
  private final StreamDelivery delivery;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("stream-", 0).factory());
  private final Set<String> finished = ConcurrentHashMap.newKeySet();
  private final Set<String> begun = new HashSet<>();

  StreamPoller(
      DynamoDbStreamsClient streams, String streamArn, Batching batching, StreamDelivery delivery) {
    this.streams = streams;
    this.streamArn = streamArn;
    this.batching = batching;
    this.delivery = delivery;
  }

  void start() {
    threads.execute(this::followShards);
  }

  private void followShards() {
    try {
      while (!Thread.interrupted()) {
        try {
          begin(shards());
          Thread.sleep(DESCRIBE);
        } catch (SdkException e) {
          LOG.warn("{} could not be read: {}", streamArn, FunctionRunner.errorType(e));
          Thread.sleep(RETRY);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void begin(List<Shard> shards) {
    Set<String> listed = new HashSet<>();
    shards.forEach(shard -> listed.add(shard.shardId()));
    for (Shard shard : shards) {
      @Nullable String parent = shard.parentShardId();
      boolean ready = parent == null || !listed.contains(parent) || finished.contains(parent);
      if (ready && begun.add(shard.shardId())) {
        threads.execute(() -> follow(shard.shardId()));
      }
    }
  }

  private List<Shard> shards() {
    List<Shard> shards = new ArrayList<>();
    @Nullable String last = null;
    do {
      String after = last;
      var described =
          streams
              .describeStream(b -> b.streamArn(streamArn).exclusiveStartShardId(after))
              .streamDescription();
      shards.addAll(described.shards());
      last = described.lastEvaluatedShardId();
    } while (last != null);
    return shards;
  }

  /** Where the reading of a shard stands: what waits for its batch, and since when. */
  private static final class Position {
    private final List<StreamRecord> waiting = new ArrayList<>();
    private long sinceNanos;
    private Optional<String> lastRead = Optional.empty();
    private @Nullable String iterator;
  }

  private void follow(String shardId) {
    var position = new Position();
    var source = new StreamDelivery.Source(streamArn, shardId);
    try {
      position.iterator = iterator(shardId, position.lastRead);
      while (position.iterator != null) {
        boolean read = read(shardId, position);
        if (isDue(position)) {
          deliver(source, position.waiting);
          position.waiting.clear();
        } else if (!read) {
          Thread.sleep(POLL);
        }
      }
      deliver(source, position.waiting);
      finished.add(shardId);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | ExecutionException e) {
      if (!threads.isShutdown()) {
        LOG.error(
            "{}: its stream is not read any more: {}", streamArn, FunctionRunner.errorType(e));
      }
    }
  }

  /** Whether there was anything to read. */
  private boolean read(String shardId, Position position) throws InterruptedException {
    try {
      String from = Objects.requireNonNull(position.iterator);
      var answer = streams.getRecords(b -> b.shardIterator(from).limit(READ_MAX));
      for (var read : answer.records()) {
        StreamRecord record = StreamRecord.of(read, streamArn);
        position.lastRead = Optional.of(record.sequenceNumber());
        if (batching.wants(record)) {
          if (position.waiting.isEmpty()) {
            position.sinceNanos = System.nanoTime();
          }
          position.waiting.add(record);
        }
      }
      position.iterator = answer.nextShardIterator();
      return !answer.records().isEmpty();
    } catch (ExpiredIteratorException | TrimmedDataAccessException e) {
      position.iterator = iterator(shardId, position.lastRead);
      return true;
    } catch (SdkException e) {
      if (threads.isShutdown()) {
        throw e;
      }
      LOG.warn("{} could not be read: {}", streamArn, FunctionRunner.errorType(e));
      Thread.sleep(RETRY);
      return false;
    }
  }

  private @Nullable String iterator(String shardId, Optional<String> after) {
    return streams
        .getShardIterator(b -> {
          b.streamArn(streamArn).shardId(shardId);
          after.ifPresentOrElse(
              sequenceNumber ->
                  b.shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                      .sequenceNumber(sequenceNumber),
              () -> b.shardIteratorType(ShardIteratorType.TRIM_HORIZON));
        })
        .shardIterator();
  }

  private boolean isDue(Position position) {
    return !position.waiting.isEmpty()
        && (position.waiting.size() >= batching.batchSize() * batching.parallelization()
            || System.nanoTime() - position.sinceNanos >= batching.window().toNanos());
  }

  private void deliver(StreamDelivery.Source source, List<StreamRecord> records)
      throws InterruptedException, ExecutionException {
    List<Future<?>> lanes = new ArrayList<>();
    for (List<StreamRecord> lane : lanes(records, batching.parallelization())) {
      lanes.add(
          threads.submit(() -> {
            for (List<StreamRecord> batch : batches(lane, batching.batchSize())) {
              delivery.deliver(source, batch);
            }
            return null;
          }));
    }
    for (Future<?> lane : lanes) {
      lane.get();
    }
  }

  /** Changes of one item stay in one lane, in their order. */
  static List<List<StreamRecord>> lanes(List<StreamRecord> records, int count) {
    List<List<StreamRecord>> lanes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lanes.add(new ArrayList<>());
    }
    for (StreamRecord record : records) {
      lanes.get(Math.floorMod(record.item().hashCode(), count)).add(record);
    }
    lanes.removeIf(List::isEmpty);
    return lanes;
  }

  /** Batches of at most {@code size} records and of what one call may carry. */
  static List<List<StreamRecord>> batches(List<StreamRecord> records, int size) {
    List<List<StreamRecord>> batches = new ArrayList<>();
    List<StreamRecord> batch = new ArrayList<>();
    long bytes = 0;
    for (StreamRecord record : records) {
      if (batch.size() == size || (!batch.isEmpty() && bytes + record.bytes() > BATCH_BYTES_MAX)) {
        batches.add(batch);
        batch = new ArrayList<>();
        bytes = 0;
      }
      batch.add(record);
      bytes += record.bytes();
    }
    if (!batch.isEmpty()) {
      batches.add(batch);
    }
    return batches;
  }

  /** Stops at once; what was not delivered comes again at the next start. */
  @Override
  public void close() {
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        LOG.warn("{}: still being read after {} s", streamArn, STOP_TIMEOUT.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    delivery.close();
  }
}
