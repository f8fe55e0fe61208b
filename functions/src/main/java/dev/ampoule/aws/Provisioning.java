package dev.ampoule.aws;

import java.time.Duration;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketAlreadyOwnedByYouException;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;

/** Makes what is not there yet; what is there is left as it is. */
public final class Provisioning {
  /** No caller waits for it, and the first call of a cold process on a busy machine is slow. */
  private static final Duration CREATE_MAX = Duration.ofSeconds(60);

  private final DynamoDbClient dynamoDb;
  private final S3Client s3;

  public Provisioning(DynamoDbClient dynamoDb, S3Client s3) {
    this.dynamoDb = dynamoDb;
    this.s3 = s3;
  }

  public void pluginsTable(String name) {
    create(Tables.pluginsTable(name));
  }

  public void auditTable(String name) {
    create(Tables.auditTable(name));
  }

  private void create(CreateTableRequest table) {
    try {
      dynamoDb.createTable(
          table.toBuilder()
              .overrideConfiguration(
                  call -> call.apiCallAttemptTimeout(CREATE_MAX).apiCallTimeout(CREATE_MAX))
              .build());
    } catch (ResourceInUseException e) {
      return; // it is there
    }
    try (var waiter = dynamoDb.waiter()) {
      waiter.waitUntilTableExists(b -> b.tableName(table.tableName()));
    }
  }

  public void bucket(String name) {
    try {
      s3.headBucket(b -> b.bucket(name));
    } catch (NoSuchBucketException missing) {
      try {
        s3.createBucket(b -> b.bucket(name));
      } catch (BucketAlreadyOwnedByYouException e) {
        // another process was first
      }
    }
  }
}
