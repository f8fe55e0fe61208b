package dev.ampoule.local;

import dev.ampoule.local.template.StackPlan;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndexDescription;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketAlreadyOwnedByYouException;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;

/** Makes the tables and buckets of a plan that are not there yet; what is there stays as it is. */
final class LocalResources {
  /** No caller waits for it, and the first call of a cold process on a busy machine is slow. */
  private static final Duration CREATE_MAX = Duration.ofSeconds(60);

  private static final Logger LOG = LoggerFactory.getLogger(LocalResources.class);

  private LocalResources() {}

  static void create(StackPlan plan, LocalEnvironment environment) {
    try (DynamoDbClient dynamoDb = dynamoDb(environment.dynamoDbEndpoint());
        S3Client s3 = SamplePlugins.s3(environment)) {
      plan.tables().forEach(table -> create(table, dynamoDb));
      plan.buckets().forEach(bucket -> create(bucket, s3));
    }
  }

  private static void create(StackPlan.Table table, DynamoDbClient dynamoDb) {
    try {
      dynamoDb.createTable(
          request(table).toBuilder()
              .overrideConfiguration(
                  call -> call.apiCallAttemptTimeout(CREATE_MAX).apiCallTimeout(CREATE_MAX))
              .build());
    } catch (ResourceInUseException e) {
      warnIfOther(table, dynamoDb.describeTable(b -> b.tableName(table.name())).table());
      return;
    }
    try (var waiter = dynamoDb.waiter()) {
      waiter.waitUntilTableExists(b -> b.tableName(table.name()));
    }
    table
        .ttlAttribute()
        .ifPresent(attribute ->
            dynamoDb.updateTimeToLive(b ->
                b.tableName(table.name())
                    .timeToLiveSpecification(ttl -> ttl.attributeName(attribute).enabled(true))));
  }

  static CreateTableRequest request(StackPlan.Table table) {
    var request =
        CreateTableRequest.builder()
            .tableName(table.name())
            .billingMode(BillingMode.PAY_PER_REQUEST)
            .attributeDefinitions(
                table.attributes().stream()
                    .map(a ->
                        AttributeDefinition.builder()
                            .attributeName(a.name())
                            .attributeType(a.type())
                            .build())
                    .toList())
            .keySchema(keys(table.keys()));
    if (!table.indexes().isEmpty()) {
      request.globalSecondaryIndexes(table.indexes().stream().map(LocalResources::index).toList());
    }
    table
        .streamView()
        .ifPresent(
            view -> request.streamSpecification(s -> s.streamEnabled(true).streamViewType(view)));
    return request.build();
  }

  private static GlobalSecondaryIndex index(StackPlan.Index index) {
    return GlobalSecondaryIndex.builder()
        .indexName(index.name())
        .keySchema(keys(index.keys()))
        .projection(projection -> {
          projection.projectionType(index.projection());
          if (!index.projected().isEmpty()) {
            projection.nonKeyAttributes(index.projected());
          }
        })
        .build();
  }

  private static List<KeySchemaElement> keys(List<StackPlan.Key> keys) {
    return keys.stream()
        .map(key ->
            KeySchemaElement.builder().attributeName(key.attribute()).keyType(key.type()).build())
        .toList();
  }

  /** A data folder of an older template; nothing here migrates it. */
  private static void warnIfOther(StackPlan.Table table, TableDescription there) {
    CreateTableRequest wanted = request(table);
    Set<String> indexes =
        there.globalSecondaryIndexes().stream()
            .map(GlobalSecondaryIndexDescription::indexName)
            .collect(Collectors.toSet());
    boolean same =
        wanted.keySchema().equals(there.keySchema())
            && table.indexes().stream()
                .map(StackPlan.Index::name)
                .collect(Collectors.toSet())
                .equals(indexes)
            && table.streamView().isPresent() == (there.latestStreamArn() != null);
    if (!same) {
      LOG.warn(
          "table {} is older than the template and stays as it is; start with another data folder"
              + " for the new one",
          table.name());
    }
  }

  private static void create(StackPlan.Bucket bucket, S3Client s3) {
    try {
      s3.headBucket(b -> b.bucket(bucket.name()));
    } catch (NoSuchBucketException missing) {
      try {
        s3.createBucket(b -> b.bucket(bucket.name()));
      } catch (BucketAlreadyOwnedByYouException e) {
        // another process was first
      }
    }
  }

  static DynamoDbClient dynamoDb(URI endpoint) {
    return DynamoDbClient.builder()
        .endpointOverride(endpoint)
        .region(Region.of(AwsEdge.REGION))
        .credentialsProvider(credentials())
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }

  static DynamoDbStreamsClient streams(URI endpoint) {
    return DynamoDbStreamsClient.builder()
        .endpointOverride(endpoint)
        .region(Region.of(AwsEdge.REGION))
        .credentialsProvider(credentials())
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }

  private static StaticCredentialsProvider credentials() {
    return StaticCredentialsProvider.create(
        AwsBasicCredentials.create(AwsEdge.ACCESS_KEY_ID, AwsEdge.SECRET_ACCESS_KEY));
  }
}
