package dev.ampoule.aws;

import dev.ampoule.audit.AuditBlock;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/**
 * The tables as the adapters expect them. Tests make them from here, and hold the template to it;
 * no function ever makes one.
 */
public final class Tables {
  private Tables() {}

  /** Versions and aliases. */
  public static CreateTableRequest pluginsTable(String name) {
    return CreateTableRequest.builder()
        .tableName(name)
        .billingMode(BillingMode.PAY_PER_REQUEST)
        .attributeDefinitions(
            attribute("pk", ScalarAttributeType.S), attribute("sk", ScalarAttributeType.S))
        .keySchema(key("pk", KeyType.HASH), key("sk", KeyType.RANGE))
        .build();
  }

  /**
   * The audit table: pk {@code CHAIN#{writer}}, sk seq. Its indexes hold keys only: an append
   * writes each block once, and reviews, which are rare, read the blocks in a batch.
   */
  public static CreateTableRequest auditTable(String name) {
    return CreateTableRequest.builder()
        .tableName(name)
        .billingMode(BillingMode.PAY_PER_REQUEST)
        .attributeDefinitions(
            attribute(DynamoDbAuditBlocks.PK, ScalarAttributeType.S),
            attribute(DynamoDbAuditBlocks.SK, ScalarAttributeType.N),
            attribute(AuditBlock.DAY, ScalarAttributeType.S),
            attribute(AuditBlock.PLACE, ScalarAttributeType.S),
            attribute(AuditBlock.CHAINS, ScalarAttributeType.S))
        .keySchema(
            key(DynamoDbAuditBlocks.PK, KeyType.HASH), key(DynamoDbAuditBlocks.SK, KeyType.RANGE))
        .globalSecondaryIndexes(
            keysOnly(DynamoDbAuditBlocks.BY_DAY, AuditBlock.DAY, AuditBlock.PLACE),
            keysOnly(DynamoDbAuditBlocks.CHAINS, AuditBlock.CHAINS, AuditBlock.PLACE))
        .build();
  }

  private static GlobalSecondaryIndex keysOnly(String name, String hash, String range) {
    return GlobalSecondaryIndex.builder()
        .indexName(name)
        .keySchema(key(hash, KeyType.HASH), key(range, KeyType.RANGE))
        .projection(p -> p.projectionType(ProjectionType.KEYS_ONLY))
        .build();
  }

  private static AttributeDefinition attribute(String name, ScalarAttributeType type) {
    return AttributeDefinition.builder().attributeName(name).attributeType(type).build();
  }

  private static KeySchemaElement key(String name, KeyType type) {
    return KeySchemaElement.builder().attributeName(name).keyType(type).build();
  }
}
