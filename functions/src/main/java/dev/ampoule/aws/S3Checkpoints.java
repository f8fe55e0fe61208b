package dev.ampoule.aws;

import static java.util.Objects.requireNonNull;

import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.Checkpoint;
import dev.ampoule.audit.Checkpoints;
import dev.ampoule.audit.Page;
import dev.ampoule.audit.StoredCheckpoint;
import dev.ampoule.privacy.Redacted;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Checkpoints as objects {@code checkpoints/{name}.json} of the audit bucket, whose Object Lock
 * keeps them.
 */
public final class S3Checkpoints implements Checkpoints {
  private static final String PREFIX = "checkpoints/";
  private static final String SUFFIX = ".json";
  private static final int PRECONDITION_FAILED = 412;

  /** Where the newest is looked for first, so that it is not listed past all others. */
  private static final List<Duration> RECENT = List.of(Duration.ofHours(2), Duration.ofDays(2));

  private final S3Client client;
  private final String bucket;
  private final InstantSource clock;

  public S3Checkpoints(S3Client client, String bucket, InstantSource clock) {
    this.client = requireNonNull(client, "client");
    this.bucket = requireNonNull(bucket, "bucket");
    this.clock = requireNonNull(clock, "clock");
  }

  private static String key(String name) {
    return PREFIX + name + SUFFIX;
  }

  private static Optional<String> name(S3Object object) {
    String key = object.key();
    return key.endsWith(SUFFIX) && object.size() <= Checkpoint.BYTES_MAX
        ? Optional.of(key.substring(PREFIX.length(), key.length() - SUFFIX.length()))
        : Optional.empty();
  }

  @Override
  public boolean putNew(Checkpoint checkpoint) {
    byte[] json = checkpoint.json();
    try {
      client.putObject(
          put ->
              put.bucket(bucket)
                  .key(key(checkpoint.name()))
                  .contentType("application/json")
                  .ifNoneMatch("*"),
          RequestBody.fromBytes(json));
      return true;
    } catch (S3Exception e) {
      if (e.statusCode() == PRECONDITION_FAILED) {
        // The SDK puts again where the answer was lost, and then meets the object of its first try.
        return read(checkpoint.name()).filter(c -> Arrays.equals(c.bytes(), json)).isPresent();
      }
      throw e;
    }
  }

  @Override
  public Optional<StoredCheckpoint> latest() {
    for (Duration back : RECENT) {
      Instant since = clock.instant().minus(back);
      if (since.isAfter(AuditEntry.TIME_MIN)) {
        Optional<String> newest = newestAfter(key(Checkpoint.name(since)));
        if (newest.isPresent()) {
          return newest.flatMap(this::read);
        }
      }
    }
    return newestAfter(PREFIX).flatMap(this::read);
  }

  private Optional<String> newestAfter(String startAfter) {
    Optional<String> newest = Optional.empty();
    for (ListObjectsV2Response page :
        client.listObjectsV2Paginator(
            list -> list.bucket(bucket).prefix(PREFIX).startAfter(startAfter))) {
      for (S3Object object : page.contents()) {
        Optional<String> name = name(object);
        newest = name.isPresent() ? name : newest;
      }
    }
    return newest;
  }

  private Optional<StoredCheckpoint> read(String name) {
    try {
      byte[] bytes =
          client.getObjectAsBytes(get -> get.bucket(bucket).key(key(name))).asByteArray();
      return Optional.of(new StoredCheckpoint(name, bytes));
    } catch (NoSuchKeyException _) {
      return Optional.empty();
    }
  }

  @Override
  public Page<StoredCheckpoint, String> list(Optional<String> after, int limit) {
    ListObjectsV2Response page =
        client.listObjectsV2(list ->
            list.bucket(bucket).prefix(PREFIX).startAfter(after.orElse(PREFIX)).maxKeys(limit));
    List<StoredCheckpoint> items = new ArrayList<>();
    List<Redacted> unreadable = new ArrayList<>();
    for (S3Object object : page.contents()) {
      name(object)
          .ifPresentOrElse(
              name -> read(name).ifPresent(items::add),
              () -> unreadable.add(Redacted.identifier(object.key())));
    }
    return new Page<>(items, next(page), unreadable);
  }

  private static Optional<String> next(ListObjectsV2Response page) {
    return Boolean.TRUE.equals(page.isTruncated()) && !page.contents().isEmpty()
        ? Optional.of(page.contents().getLast().key())
        : Optional.empty();
  }
}
