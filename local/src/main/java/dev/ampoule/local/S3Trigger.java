package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.events.S3Event;
import java.util.Objects;

/**
 * An S3 notification configuration: which new objects call which function.
 *
 * @param event {@code s3:ObjectCreated:*}, or one below it as {@code s3:ObjectCreated:Copy}
 * @param prefix of the key; empty for any
 * @param suffix of the key; empty for any
 */
public record S3Trigger(
    String bucket,
    String event,
    String prefix,
    String suffix,
    LambdaFunction<S3Event, ?> function,
    AsyncPolicy policy) {
  private static final String ANY = "s3:ObjectCreated:*";

  public S3Trigger {
    Objects.requireNonNull(bucket, "bucket");
    Objects.requireNonNull(event, "event");
    Objects.requireNonNull(prefix, "prefix");
    Objects.requireNonNull(suffix, "suffix");
    Objects.requireNonNull(function, "function");
    Objects.requireNonNull(policy, "policy");
  }

  /** For every object that is created, with Lambda's own retries. */
  public S3Trigger(
      String bucket, String prefix, String suffix, LambdaFunction<S3Event, ?> function) {
    this(bucket, ANY, prefix, suffix, function, AsyncPolicy.DEFAULT);
  }

  boolean matches(String bucketName, String key) {
    return bucket.equals(bucketName) && key.startsWith(prefix) && key.endsWith(suffix);
  }

  /**
   * @param name without {@code s3:}
   */
  boolean wants(String name) {
    String full = "s3:" + name;
    return event.endsWith("*")
        ? full.startsWith(event.substring(0, event.length() - 1))
        : full.equals(event);
  }
}
