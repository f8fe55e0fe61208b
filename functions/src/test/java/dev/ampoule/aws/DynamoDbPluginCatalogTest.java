package dev.ampoule.aws;

import dev.ampoule.registry.PluginCatalog;
import dev.ampoule.registry.PluginCatalogContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

final class DynamoDbPluginCatalogTest extends PluginCatalogContract {
  private static EmbeddedDynamoDb dynamoDb;
  private static DynamoDbPluginCatalog catalog;

  @BeforeAll
  static void start() {
    dynamoDb = new EmbeddedDynamoDb();
    catalog = new DynamoDbPluginCatalog(dynamoDb.client(), dynamoDb.newTable(Tables::pluginsTable));
  }

  @AfterAll
  static void stop() {
    dynamoDb.close();
  }

  @Override
  protected PluginCatalog catalog() {
    return catalog;
  }
}
