package dev.ampoule.aws;

import dev.ampoule.live.Bindings;
import dev.ampoule.live.Connections;
import dev.ampoule.live.EventLog;
import dev.ampoule.live.LiveContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

final class DynamoDbLiveTest extends LiveContract {
  private static EmbeddedDynamoDb dynamoDb;
  private static EventLog log;
  private static Connections connections;
  private static Bindings bindings;

  @BeforeAll
  static void start() {
    dynamoDb = new EmbeddedDynamoDb();
    var events = dynamoDb.newTable(Tables::eventsTable);
    var table = dynamoDb.newTable(Tables::connectionsTable);
    log = new DynamoDbEventLog(dynamoDb.client(), events);
    connections = new DynamoDbConnections(dynamoDb.client(), table);
    bindings = new DynamoDbBindings(dynamoDb.client(), table);
  }

  @AfterAll
  static void stop() {
    dynamoDb.close();
  }

  @Override
  protected EventLog log() {
    return log;
  }

  @Override
  protected Connections connections() {
    return connections;
  }

  @Override
  protected Bindings bindings() {
    return bindings;
  }
}
