package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.events.S3Event;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.RequestParametersEntity;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.ResponseElementsEntity;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.S3BucketEntity;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.S3Entity;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.S3EventNotificationRecord;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.S3ObjectEntity;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.UserIdentityEntity;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Delivers {@code s3:ObjectCreated:*} to functions: asynchronously, at least once, with the retries
 * and the dead-letter queue of the function, as S3 and Lambda's asynchronous invocation do.
 *
 * <p>Nothing is lost in a crash, without a journal: {@link #subscribe} delivers every object
 * already in the bucket again. The receiver is idempotent, which S3's own at-least-once delivery
 * asks of it anyway.
 */
public final class S3Notifications implements AutoCloseable {
  /** Beyond these a PUT waits until one has been delivered. */
  private static final int MAX_PENDING_EVENTS = 10_000;

  private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(10);
  private static final Logger LOG = LoggerFactory.getLogger(S3Notifications.class);

  private final Clock clock;
  private final List<Duration> retryDelays;
  private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
  private final Semaphore pending = new Semaphore(MAX_PENDING_EVENTS);
  private final AtomicLong sequence;
  private final ExecutorService deliveries =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("s3-event-", 0).factory());
  private @Nullable BlobStore store;

  public S3Notifications() {
    this(Clock.systemUTC(), AsyncInvoker.RETRY_DELAYS);
  }

  S3Notifications(Clock clock, List<Duration> retryDelays) {
    this.clock = clock;
    this.retryDelays = List.copyOf(retryDelays);
    // Starts at the time, so that it also rises across restarts.
    this.sequence = new AtomicLong(TimeUnit.MILLISECONDS.toMicros(clock.millis()));
  }

  void readFrom(BlobStore blobStore) {
    this.store = blobStore;
  }

  /** Calls the function for every matching object: those stored now, and those to come. */
  public void subscribe(S3Trigger trigger) {
    var invoker =
        new AsyncInvoker<S3Event>(
            new FunctionRunner<>(trigger.function()),
            trigger.policy(),
            retryDelays,
            EventJson::ofS3,
            clock);
    var subscription = new Subscription(trigger, invoker);
    subscriptions.add(subscription);
    if (store != null && store.containerExists(trigger.bucket())) {
      redeliver(store, subscription);
    }
  }

  boolean listensTo(String bucket, String key) {
    return subscriptions.stream().anyMatch(s -> s.trigger().matches(bucket, key));
  }

  void publish(CreatedObject object) {
    for (Subscription subscription : subscriptions) {
      S3Trigger trigger = subscription.trigger();
      if (trigger.matches(object.bucket(), object.key()) && trigger.wants(object.eventName())) {
        enqueue(subscription, object);
      }
    }
  }

  private void redeliver(BlobStore from, Subscription subscription) {
    S3Trigger trigger = subscription.trigger();
    String token = null;
    do {
      ListObjectsV2Response page =
          from.list(
              ListObjectsV2Request.builder()
                  .bucket(trigger.bucket())
                  .prefix(trigger.prefix())
                  .continuationToken(token)
                  .build());
      for (S3Object object : page.contents()) {
        if (trigger.matches(trigger.bucket(), object.key())) {
          String eTag = object.eTag() == null ? "" : object.eTag().replace("\"", "");
          enqueue(
              subscription,
              new CreatedObject(
                  "ObjectCreated:Put",
                  trigger.bucket(),
                  object.key(),
                  object.size() == null ? 0 : object.size(),
                  eTag,
                  null));
        }
      }
      token = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
    } while (token != null);
  }

  private void enqueue(Subscription subscription, CreatedObject object) {
    pending.acquireUninterruptibly();
    try {
      deliveries.execute(() -> {
        try {
          subscription.invoker().deliver(event(subscription.trigger(), object));
        } catch (InterruptedException e) {
          // Without the key, which may be any text an uploader chose.
          LOG.warn("an event of {} was not delivered before the stop", object.bucket());
        } finally {
          pending.release();
        }
      });
    } catch (RuntimeException e) {
      pending.release();
      throw e;
    }
  }

  /** The event message structure 2.1 of the S3 User Guide. */
  private S3Event event(S3Trigger trigger, CreatedObject object) {
    var owner = new UserIdentityEntity(HttpApi.ACCOUNT_ID);
    var record =
        new S3EventNotificationRecord(
            AwsEdge.REGION,
            object.eventName(),
            "aws:s3",
            clock.instant().toString(),
            "2.1",
            new RequestParametersEntity("127.0.0.1"),
            new ResponseElementsEntity("local", UUID.randomUUID().toString()),
            new S3Entity(
                trigger.function().name(),
                new S3BucketEntity(object.bucket(), owner, "arn:aws:s3:::" + object.bucket()),
                new S3ObjectEntity(
                    urlEncoded(object.key()),
                    object.sizeBytes(),
                    object.eTag(),
                    object.versionId(),
                    "%016X".formatted(sequence.incrementAndGet()).toUpperCase(Locale.ROOT)),
                "1.0"),
            owner);
    return new S3Event(List.of(record));
  }

  /** As S3 does: form-encoded (a space is {@code +}), slashes kept. */
  static String urlEncoded(String key) {
    return URLEncoder.encode(key, StandardCharsets.UTF_8).replace("%2F", "/");
  }

  /** Delivers what is pending, for at most 10 s. */
  @Override
  public void close() {
    deliveries.shutdown();
    try {
      if (!deliveries.awaitTermination(DRAIN_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        deliveries.shutdownNow();
      }
    } catch (InterruptedException e) {
      deliveries.shutdownNow();
      Thread.currentThread().interrupt();
    }
    subscriptions.forEach(subscription -> subscription.invoker().close());
  }

  private record Subscription(S3Trigger trigger, AsyncInvoker<S3Event> invoker) {}
}
