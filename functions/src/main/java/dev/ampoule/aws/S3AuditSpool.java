package dev.ampoule.aws;

import static java.util.Objects.requireNonNull;

import dev.ampoule.audit.AuditBlock;
import dev.ampoule.audit.AuditBlocks.PutResult;
import dev.ampoule.audit.AuditSpool;
import dev.ampoule.audit.BlockKey;
import dev.ampoule.audit.ChainId;
import dev.ampoule.audit.Page;
import dev.ampoule.audit.StoredBlock;
import dev.ampoule.privacy.Redacted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * One block an object {@code blocks/{chain}/{seq}}, seq in twelve digits: its bytes, and its hash
 * as metadata.
 */
public final class S3AuditSpool implements AuditSpool {
  private static final String PREFIX = "blocks/";
  private static final String HASH = "hash";
  private static final int PRECONDITION_FAILED = 412;
  private static final Pattern SEQ = Pattern.compile("[0-9]{12}");

  /** A caller waits, and has waited for the store before. */
  private static final AwsRequestOverrideConfiguration BOUNDED =
      AwsRequestOverrideConfiguration.builder()
          .apiCallAttemptTimeout(Duration.ofSeconds(1))
          .apiCallTimeout(Duration.ofSeconds(2))
          .build();

  private final S3Client client;
  private final String bucket;

  public S3AuditSpool(S3Client client, String bucket) {
    this.client = requireNonNull(client, "client");
    this.bucket = requireNonNull(bucket, "bucket");
  }

  private static String folder(ChainId chain) {
    return PREFIX + chain + "/";
  }

  private static String key(BlockKey key) {
    return folder(key.chain()) + String.format(Locale.ROOT, "%012d", key.seq());
  }

  private static Optional<BlockKey> blockKey(String key) {
    String[] parts = key.substring(PREFIX.length()).split("/", -1);
    return parts.length == 2 && SEQ.matcher(parts[1]).matches()
        ? ChainId.parse(parts[0]).map(chain -> new BlockKey(chain, Long.parseLong(parts[1])))
        : Optional.empty();
  }

  @Override
  public PutResult putNew(AuditBlock block) {
    try {
      client.putObject(
          put ->
              put.bucket(bucket)
                  .key(key(block.key()))
                  .contentType("application/octet-stream")
                  .metadata(Map.of(HASH, block.hash().hex()))
                  .ifNoneMatch("*")
                  .overrideConfiguration(BOUNDED),
          RequestBody.fromBytes(block.bytes()));
      return new PutResult.Stored();
    } catch (S3Exception e) {
      if (e.statusCode() == PRECONDITION_FAILED) {
        // The SDK puts again where the answer was lost, and then meets the object of its first try.
        var existing = get(block.key()).orElseThrow(() -> e);
        return existing.intact().filter(block::equals).isPresent()
            ? new PutResult.Stored()
            : new PutResult.AlreadyThere(existing);
      }
      throw e;
    }
  }

  @Override
  public Optional<StoredBlock> get(BlockKey key) {
    try {
      var object =
          client.getObjectAsBytes(
              get -> get.bucket(bucket).key(key(key)).overrideConfiguration(BOUNDED));
      byte[] bytes = object.asByteArray();
      return Optional.of(
          new StoredBlock(
              key,
              bytes,
              object.response().metadata().getOrDefault(HASH, ""),
              // It has none of its own yet; this is the one that it will get.
              AuditBlock.decode(bytes).map(AuditBlock::index).orElse(Map.of())));
    } catch (NoSuchKeyException _) {
      return Optional.empty();
    }
  }

  @Override
  public Page<Spooled, BlockKey> list(
      Optional<ChainId> chain, Optional<BlockKey> after, int limit) {
    if (limit < 1 || limit > PAGE_MAX) {
      throw new IllegalArgumentException("limit " + limit + " is not within 1.." + PAGE_MAX);
    }
    String prefix = chain.map(S3AuditSpool::folder).orElse(PREFIX);
    List<Spooled> items = new ArrayList<>();
    List<Redacted> unreadable = new ArrayList<>();
    String startAfter = after.map(S3AuditSpool::key).orElse(prefix);
    while (true) {
      String from = startAfter;
      var page =
          client.listObjectsV2(list ->
              list.bucket(bucket)
                  .prefix(prefix)
                  .startAfter(from)
                  .maxKeys(limit)
                  .overrideConfiguration(BOUNDED));
      page.contents()
          .forEach(object ->
              blockKey(object.key())
                  .ifPresentOrElse(
                      key -> items.add(new Spooled(key, object.lastModified())),
                      () -> unreadable.add(Redacted.identifier(object.key()))));
      if (!Boolean.TRUE.equals(page.isTruncated()) || page.contents().isEmpty()) {
        return new Page<>(items, Optional.empty(), unreadable);
      }
      if (!items.isEmpty()) {
        return new Page<>(items, Optional.of(items.getLast().key()), unreadable);
      }
      startAfter = page.contents().getLast().key();
    }
  }

  @Override
  public void remove(BlockKey key) {
    client.deleteObject(delete -> delete.bucket(bucket).key(key(key)));
  }
}
