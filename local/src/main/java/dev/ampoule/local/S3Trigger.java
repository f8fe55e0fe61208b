package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.events.S3Event;
import java.util.Objects;

/**
 * An S3 notification configuration: which new objects call which function.
 *
 * @param prefix of the key; empty for any
 * @param suffix of the key; empty for any
 */
public record S3Trigger(
    String bucket, String prefix, String suffix, LambdaFunction<S3Event, ?> function) {
  public S3Trigger {
    Objects.requireNonNull(bucket, "bucket");
    Objects.requireNonNull(prefix, "prefix");
    Objects.requireNonNull(suffix, "suffix");
    Objects.requireNonNull(function, "function");
  }

  boolean matches(String bucketName, String key) {
    return bucket.equals(bucketName) && key.startsWith(prefix) && key.endsWith(suffix);
  }
}
