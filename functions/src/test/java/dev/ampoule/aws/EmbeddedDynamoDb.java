package dev.ampoule.aws;

import com.amazonaws.services.dynamodbv2.local.embedded.DynamoDBEmbedded;
import com.amazonaws.services.dynamodbv2.local.shared.access.AmazonDynamoDBLocal;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;

/** DynamoDB in this process, for the tests of one class. */
final class EmbeddedDynamoDb implements AutoCloseable {
  private static final AtomicInteger TABLES = new AtomicInteger();

  /** True disables its telemetry, which keeps an installation's id in the working directory. */
  private final AmazonDynamoDBLocal dynamoDb = DynamoDBEmbedded.create(true);

  private final DynamoDbClient client = dynamoDb.dynamoDbClient();

  DynamoDbClient client() {
    return client;
  }

  /** Makes an empty table with a name that no other has. */
  String newTable(Function<String, CreateTableRequest> schema) {
    var name = "Table" + TABLES.incrementAndGet();
    client.createTable(schema.apply(name));
    return name;
  }

  @Override
  public void close() {
    dynamoDb.shutdown();
  }
}
