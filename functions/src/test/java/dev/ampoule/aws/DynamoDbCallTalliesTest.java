package dev.ampoule.aws;

import dev.ampoule.invocation.CallTallies;
import dev.ampoule.invocation.CallTalliesContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

final class DynamoDbCallTalliesTest extends CallTalliesContract {
  private static EmbeddedDynamoDb dynamoDb;
  private static DynamoDbCallTallies tallies;

  @BeforeAll
  static void start() {
    dynamoDb = new EmbeddedDynamoDb();
    tallies = new DynamoDbCallTallies(dynamoDb.client(), dynamoDb.newTable(Tables::pluginsTable));
  }

  @AfterAll
  static void stop() {
    dynamoDb.close();
  }

  @Override
  protected CallTallies tallies() {
    return tallies;
  }
}
