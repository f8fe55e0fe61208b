package dev.ampoule.infra;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.aws.Tables;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import software.amazon.awscdk.assertions.Match;
import software.amazon.awscdk.assertions.Template;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;

class StorageTest {
  private static final Template TEMPLATE = Templates.of(StageConfig.PROD).template();
  private static final Resources PROD = Templates.of(StageConfig.PROD).resources();
  private static final Resources DEV = Templates.of(StageConfig.DEV).resources();

  @Test
  void tablesHaveTheKeysAndIndexesOfThoseThatTheLocalStackMakes() {
    assertThat(shape(PROD.properties("AWS::DynamoDB::Table", "StoragePlugins")))
        .isEqualTo(shape(Tables.pluginsTable("any")));
    assertThat(shape(PROD.properties("AWS::DynamoDB::Table", "StorageAudit")))
        .isEqualTo(shape(Tables.auditTable("any")));
  }

  /** Keys, index by index, and the types of their attributes. */
  private static Map<String, Object> shape(CreateTableRequest table) {
    var shape = new TreeMap<String, Object>();
    shape.put("key", keys(table.keySchema()));
    table
        .attributeDefinitions()
        .forEach(a -> shape.put("attribute " + a.attributeName(), a.attributeTypeAsString()));
    table
        .globalSecondaryIndexes()
        .forEach(index ->
            shape.put(
                "index " + index.indexName(),
                keys(index.keySchema()) + index.projection().projectionTypeAsString()));
    return shape;
  }

  private static String keys(List<KeySchemaElement> keys) {
    return keys.stream()
        .map(key -> key.keyTypeAsString() + " " + key.attributeName())
        .collect(Collectors.joining(", "));
  }

  private static Map<String, Object> shape(Node table) {
    var shape = new TreeMap<String, Object>();
    shape.put("key", keys(table));
    table
        .list("AttributeDefinitions")
        .forEach(a -> shape.put("attribute " + a.text("AttributeName"), a.text("AttributeType")));
    if (table.keys().contains("GlobalSecondaryIndexes")) {
      table
          .list("GlobalSecondaryIndexes")
          .forEach(index ->
              shape.put(
                  "index " + index.text("IndexName"),
                  keys(index) + index.text("Projection", "ProjectionType")));
    }
    return shape;
  }

  private static String keys(Node table) {
    return table.list("KeySchema").stream()
        .map(key -> key.text("KeyType") + " " + key.text("AttributeName"))
        .collect(Collectors.joining(", "));
  }

  @Test
  void tablesAreOnDemandEncryptedWithOurKeysRecoverableAndProtectedInProduction() {
    TEMPLATE.resourceCountIs("AWS::DynamoDB::Table", 4);
    TEMPLATE.allResourcesProperties(
        "AWS::DynamoDB::Table",
        Map.of(
            "BillingMode",
            "PAY_PER_REQUEST",
            "DeletionProtectionEnabled",
            true,
            "PointInTimeRecoverySpecification",
            Map.of("PointInTimeRecoveryEnabled", true),
            "SSESpecification",
            Map.of("SSEEnabled", true, "SSEType", "KMS", "KMSMasterKeyId", Match.anyValue())));
    Templates.of(StageConfig.DEV)
        .template()
        .allResourcesProperties("AWS::DynamoDB::Table", Map.of("DeletionProtectionEnabled", false));
  }

  @Test
  void eventsAndConnectionsAreDeletedByThemselvesAndChangesOfEventsAreTold() {
    for (String table : List.of("StorageConnections", "StorageEvents")) {
      assertThat(
              PROD.properties("AWS::DynamoDB::Table", table)
                  .text("TimeToLiveSpecification", "AttributeName"))
          .isEqualTo("expires");
    }
    assertThat(
            PROD.properties("AWS::DynamoDB::Table", "StorageEvents")
                .text("StreamSpecification", "StreamViewType"))
        .isEqualTo("NEW_IMAGE");
    for (String table : List.of("StoragePlugins", "StorageAudit")) {
      assertThat(PROD.properties("AWS::DynamoDB::Table", table).keys())
          .doesNotContain("TimeToLiveSpecification", "StreamSpecification");
    }
  }

  @Test
  void productionKeepsItsDataWhenTheStackIsDeletedAndATrialDoesNot() {
    for (String type : List.of("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key")) {
      assertThat(PROD.ofType(type))
          .allSatisfy(r -> assertThat(r.text("DeletionPolicy")).isEqualTo("RetainExceptOnCreate"));
      assertThat(DEV.ofType(type))
          .allSatisfy(r -> assertThat(r.text("DeletionPolicy")).isEqualTo("Delete"));
    }
  }

  @Test
  void noBucketIsPublicAndAllAreVersioned() {
    TEMPLATE.resourceCountIs("AWS::S3::Bucket", 4);
    TEMPLATE.allResourcesProperties(
        "AWS::S3::Bucket",
        Map.of(
            "PublicAccessBlockConfiguration",
            Map.of(
                "BlockPublicAcls", true,
                "BlockPublicPolicy", true,
                "IgnorePublicAcls", true,
                "RestrictPublicBuckets", true),
            "VersioningConfiguration",
            Map.of("Status", "Enabled")));
  }

  @Test
  void everyBucketRefusesPlainHttp() {
    var policies = PROD.ofType("AWS::S3::BucketPolicy");
    assertThat(policies).hasSize(4);
    assertThat(policies)
        .allSatisfy(policy ->
            assertThat(policy.list("Properties", "PolicyDocument", "Statement"))
                .anySatisfy(statement -> {
                  assertThat(statement.text("Effect")).isEqualTo("Deny");
                  assertThat(statement.text("Action")).isEqualTo("s3:*");
                  assertThat(statement.text("Condition", "Bool"))
                      .isEqualTo("{aws:SecureTransport=false}");
                }));
  }

  @Test
  void modulesAndCheckpointsAreEncryptedWithDifferentKeysOfOurs() {
    var keys = new HashMap<String, String>();
    for (String bucket : List.of("StorageModules", "StorageCheckpoints")) {
      var rule =
          PROD.properties("AWS::S3::Bucket", bucket)
              .list("BucketEncryption", "ServerSideEncryptionConfiguration")
              .getFirst()
              .at("ServerSideEncryptionByDefault");
      assertThat(rule.text("SSEAlgorithm")).isEqualTo("aws:kms");
      keys.put(rule.text("KMSMasterKeyID"), bucket);
    }
    assertThat(keys).hasSize(2);
    TEMPLATE.allResourcesProperties("AWS::KMS::Key", Map.of("EnableKeyRotation", true));
  }

  @Test
  void theSpoolIsEncryptedAsTheTableIsAndKeepsWhatWasDrainedForAMonth() {
    var spool = PROD.properties("AWS::S3::Bucket", "StorageSpool");
    assertThat(
            spool
                .list("BucketEncryption", "ServerSideEncryptionConfiguration")
                .getFirst()
                .text("ServerSideEncryptionByDefault", "KMSMasterKeyID"))
        .isEqualTo(
            PROD.properties("AWS::S3::Bucket", "StorageCheckpoints")
                .list("BucketEncryption", "ServerSideEncryptionConfiguration")
                .getFirst()
                .text("ServerSideEncryptionByDefault", "KMSMasterKeyID"));
    assertThat(spool.list("LifecycleConfiguration", "Rules").stream().map(Node::text))
        .noneMatch(rule -> rule.contains("ExpirationInDays"))
        .anyMatch(rule -> rule.contains("NoncurrentDays=30"));
  }

  @Test
  void aModuleThatIsUploadedCallsTheLiveAliasOfRegister() {
    var notification =
        PROD.properties("AWS::S3::Bucket", "StorageModules")
            .list("NotificationConfiguration", "LambdaConfigurations");
    assertThat(notification).hasSize(1);
    var lambda = notification.getFirst();
    assertThat(lambda.text("Event")).isEqualTo("s3:ObjectCreated:*");
    assertThat(
            lambda.list("Filter", "S3Key", "Rules").stream()
                .map(rule -> rule.text("Name") + "=" + rule.text("Value")))
        .containsExactly("prefix=plugins/", "suffix=.wasm");
    assertThat(lambda.text("Function")).startsWith("{Ref=RegistrationRegisterAlias");
    assertThat(PROD.get("AWS::S3::Bucket", "StorageModules").text("DependsOn"))
        .contains("RegistrationFromModules");
  }

  @Test
  void nobodyCanDeleteACheckpointForSixYearsInProduction() {
    assertThat(retention(PROD)).isEqualTo("{Days=2192, Mode=COMPLIANCE}");
    assertThat(retention(DEV)).isEqualTo("{Days=1, Mode=GOVERNANCE}");
  }

  private static String retention(Resources resources) {
    var lock =
        resources.properties("AWS::S3::Bucket", "StorageCheckpoints").at("ObjectLockConfiguration");
    assertThat(lock.text("ObjectLockEnabled")).isEqualTo("Enabled");
    return lock.text("Rule", "DefaultRetention");
  }

  @Test
  void bothTablesAreBackedUpForSixYearsInProduction() {
    var rules =
        PROD.ofType("AWS::Backup::BackupPlan")
            .getFirst()
            .list("Properties", "BackupPlan", "BackupPlanRule");
    assertThat(rules.stream().map(rule -> rule.text("RuleName") + rule.text("Lifecycle")))
        .containsExactly("daily{DeleteAfterDays=35}", "monthly{DeleteAfterDays=2192}");
    assertThat(
            PROD.ofType("AWS::Backup::BackupSelection")
                .getFirst()
                .list("Properties", "BackupSelection", "Resources"))
        .hasSize(2);
  }
}
