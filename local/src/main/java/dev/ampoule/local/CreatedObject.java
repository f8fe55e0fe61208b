package dev.ampoule.local;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An S3 object that has been stored.
 *
 * @param eventName as in an S3 event notification, {@code ObjectCreated:Put} for one
 * @param key as the client named it, not URL-encoded
 * @param sizeBytes 0 or more
 * @param eTag without quotes; empty where the store gives none
 * @param versionId null where the bucket has no versioning
 */
record CreatedObject(
    String eventName,
    String bucket,
    String key,
    long sizeBytes,
    String eTag,
    @Nullable String versionId) {
  CreatedObject {
    Objects.requireNonNull(eventName, "eventName");
    Objects.requireNonNull(bucket, "bucket");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(eTag, "eTag");
  }
}
