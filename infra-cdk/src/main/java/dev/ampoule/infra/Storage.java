package dev.ampoule.infra;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awscdk.Aws;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.services.dynamodb.Attribute;
import software.amazon.awscdk.services.dynamodb.AttributeType;
import software.amazon.awscdk.services.dynamodb.BillingMode;
import software.amazon.awscdk.services.dynamodb.GlobalSecondaryIndexProps;
import software.amazon.awscdk.services.dynamodb.PointInTimeRecoverySpecification;
import software.amazon.awscdk.services.dynamodb.ProjectionType;
import software.amazon.awscdk.services.dynamodb.StreamViewType;
import software.amazon.awscdk.services.dynamodb.Table;
import software.amazon.awscdk.services.dynamodb.TableEncryption;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.kms.IKey;
import software.amazon.awscdk.services.s3.BlockPublicAccess;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.BucketEncryption;
import software.amazon.awscdk.services.s3.LifecycleRule;
import software.amazon.awscdk.services.s3.ObjectLockRetention;
import software.amazon.awscdk.services.s3.ObjectOwnership;
import software.constructs.Construct;

/**
 * Tables and buckets, and what a function has to be allowed to use them.
 *
 * <p>Buckets are named here and not by CloudFormation: the module bucket notifies the function that
 * registers, which is told the bucket, and only a name breaks that circle.
 */
final class Storage extends Construct {
  static final String UPLOADS = "plugins/";
  static final String MODULES = "modules/";
  static final String ARTIFACTS = "compiled/";
  static final String CHECKPOINTS = "checkpoints/";

  /** What an upload that was never registered, or was overwritten, is worth keeping for. */
  private static final Duration OLD_VERSIONS_KEPT = Duration.days(90);

  private static final Duration ACCESS_LOGS_KEPT = Duration.days(365);
  static final Duration SIX_YEARS = Duration.days(6 * 365 + 2);

  /** What DynamoDB and S3 do with a key on behalf of whoever calls them. */
  private static final List<String> KEY_USE =
      List.of(
          "kms:Encrypt",
          "kms:Decrypt",
          "kms:ReEncryptFrom",
          "kms:ReEncryptTo",
          "kms:GenerateDataKey",
          "kms:GenerateDataKeyWithoutPlaintext",
          "kms:DescribeKey");

  private final StageConfig stage;
  private final Keys keys;
  private final Table plugins;
  private final Table audit;
  private final Table connections;
  private final Table events;
  private final Bucket accessLogs;
  private final Bucket modules;
  private final Bucket checkpoints;

  Storage(Construct scope, StageConfig stage, Keys keys) {
    super(scope, "Storage");
    this.stage = stage;
    this.keys = keys;
    plugins = table("Plugins", keys.content(), AttributeType.STRING);
    audit = table("Audit", keys.audit(), AttributeType.NUMBER);
    audit.addGlobalSecondaryIndex(keysOnly("byDay", "day"));
    audit.addGlobalSecondaryIndex(keysOnly("chains", "chains"));
    connections = passing("Connections", AttributeType.STRING, null);
    connections.addGlobalSecondaryIndex(
        GlobalSecondaryIndexProps.builder()
            .indexName("bySilence")
            .partitionKey(attribute("lease", AttributeType.STRING))
            .sortKey(attribute("silentAt", AttributeType.NUMBER))
            .projectionType(ProjectionType.KEYS_ONLY)
            .build());
    events = passing("Events", AttributeType.NUMBER, StreamViewType.NEW_IMAGE);
    accessLogs =
        bucket("AccessLogs")
            // Log delivery cannot write under a customer's key.
            .encryption(BucketEncryption.S3_MANAGED)
            .lifecycleRules(
                List.of(
                    LifecycleRule.builder()
                        .expiration(ACCESS_LOGS_KEPT)
                        .noncurrentVersionExpiration(Duration.days(1))
                        .build()))
            .build();
    modules =
        bucket("Modules")
            .encryption(BucketEncryption.KMS)
            .encryptionKey(keys.content())
            .bucketKeyEnabled(true)
            .serverAccessLogsBucket(accessLogs)
            .serverAccessLogsPrefix("modules/")
            .lifecycleRules(
                List.of(
                    LifecycleRule.builder()
                        .noncurrentVersionExpiration(OLD_VERSIONS_KEPT)
                        .abortIncompleteMultipartUploadAfter(Duration.days(1))
                        .build()))
            .build();
    checkpoints =
        bucket("Checkpoints")
            .encryption(BucketEncryption.KMS)
            .encryptionKey(keys.audit())
            .bucketKeyEnabled(true)
            .serverAccessLogsBucket(accessLogs)
            .serverAccessLogsPrefix("checkpoints/")
            .objectLockEnabled(true)
            .objectLockDefaultRetention(
                switch (stage.checkpointsKept()) {
                  case ONE_DAY_GOVERNANCE -> ObjectLockRetention.governance(Duration.days(1));
                  case SIX_YEARS_COMPLIANCE -> ObjectLockRetention.compliance(SIX_YEARS);
                })
            .build();
  }

  /** What DynamoDB deletes by itself once it is old. */
  private Table passing(String id, AttributeType sk, @Nullable StreamViewType stream) {
    return tableBuilder(id, keys.content(), sk).timeToLiveAttribute("expires").stream(stream)
        .build();
  }

  private Table table(String id, IKey key, AttributeType sk) {
    return tableBuilder(id, key, sk).build();
  }

  private Table.Builder tableBuilder(String id, IKey key, AttributeType sk) {
    return Table.Builder.create(this, id)
        .partitionKey(attribute("pk", AttributeType.STRING))
        .sortKey(attribute("sk", sk))
        .billingMode(BillingMode.PAY_PER_REQUEST)
        .encryption(TableEncryption.CUSTOMER_MANAGED)
        .encryptionKey(key)
        .pointInTimeRecoverySpecification(
            PointInTimeRecoverySpecification.builder().pointInTimeRecoveryEnabled(true).build())
        .deletionProtection(stage.keepsData())
        .removalPolicy(stage.removal());
  }

  /** An append writes each block once; reviews, which are rare, read the blocks in a batch. */
  private static GlobalSecondaryIndexProps keysOnly(String name, String hash) {
    return GlobalSecondaryIndexProps.builder()
        .indexName(name)
        .partitionKey(attribute(hash, AttributeType.STRING))
        .sortKey(attribute("place", AttributeType.STRING))
        .projectionType(ProjectionType.KEYS_ONLY)
        .build();
  }

  private static Attribute attribute(String name, AttributeType type) {
    return Attribute.builder().name(name).type(type).build();
  }

  private Bucket.Builder bucket(String id) {
    return Bucket.Builder.create(this, id)
        .bucketName(bucketName(id))
        .versioned(true)
        .enforceSsl(true)
        .minimumTlsVersion(1.2)
        .blockPublicAccess(BlockPublicAccess.BLOCK_ALL)
        .objectOwnership(ObjectOwnership.BUCKET_OWNER_ENFORCED)
        .removalPolicy(stage.removal());
  }

  private String bucketName(String id) {
    return String.join(
        "-", "ampoule", stage.name(), id.toLowerCase(Locale.ROOT), Aws.ACCOUNT_ID, Aws.REGION);
  }

  private static String arn(String bucketName) {
    return "arn:" + Aws.PARTITION + ":s3:::" + bucketName;
  }

  String pluginsTable() {
    return plugins.getTableName();
  }

  Table audit() {
    return audit;
  }

  Table plugins() {
    return plugins;
  }

  Table connections() {
    return connections;
  }

  String connectionsTable() {
    return connections.getTableName();
  }

  Table events() {
    return events;
  }

  String eventsTable() {
    return events.getTableName();
  }

  String eventStreamArn() {
    return requireNonNull(events.getTableStreamArn());
  }

  String auditTable() {
    return audit.getTableName();
  }

  String modulesBucket() {
    return bucketName("Modules");
  }

  String modulesBucketArn() {
    return arn(modulesBucket());
  }

  Bucket modules() {
    return modules;
  }

  String checkpointsBucket() {
    return checkpoints.getBucketName();
  }

  /** Actions on the table of versions and aliases. */
  PolicyStatement onPlugins(String... actions) {
    return allow(List.of(plugins.getTableArn()), actions);
  }

  /** Actions on connections, subscriptions and bindings. */
  PolicyStatement onConnections(String... actions) {
    return allow(List.of(connections.getTableArn()), actions);
  }

  /** Actions on the index of connections that have been silent. */
  PolicyStatement readsSilent(String... actions) {
    return allow(List.of(connections.getTableArn() + "/index/bySilence"), actions);
  }

  /** Actions on events. */
  PolicyStatement onEvents(String... actions) {
    return allow(List.of(events.getTableArn()), actions);
  }

  /** Appends to {@code platform/plugins}: the head is read, then head and event are written. */
  PolicyStatement tellsOfPlugins() {
    return onEvents(
        "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem");
  }

  PolicyStatement readsEventStream() {
    return allow(
        List.of(eventStreamArn()),
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams");
  }

  /** Appends to a chain: a block is put, and read back when the answer was lost. */
  PolicyStatement appendsAudit() {
    return allow(List.of(audit.getTableArn()), "dynamodb:PutItem", "dynamodb:GetItem");
  }

  /** Actions on the audit table and both its indexes. */
  PolicyStatement readsAudit(String... actions) {
    return allow(
        List.of(
            audit.getTableArn(),
            audit.getTableArn() + "/index/byDay",
            audit.getTableArn() + "/index/chains"),
        actions);
  }

  /** Actions on the objects under prefixes of the module bucket. */
  PolicyStatement onModules(List<String> prefixes, String... actions) {
    return allow(
        prefixes.stream().map(prefix -> modulesBucketArn() + "/" + prefix + "*").toList(), actions);
  }

  /**
   * Without it S3 answers 403 for an object that is not there, and not the 404 that readers need.
   */
  PolicyStatement listsModules() {
    return allow(List.of(modulesBucketArn()), "s3:ListBucket");
  }

  PolicyStatement onCheckpoints(String... actions) {
    return allow(List.of(checkpoints.getBucketArn() + "/" + CHECKPOINTS + "*"), actions);
  }

  PolicyStatement listsCheckpoints() {
    return allow(List.of(checkpoints.getBucketArn()), "s3:ListBucket");
  }

  PolicyStatement usesContentKey() {
    return usesKey(keys.content());
  }

  PolicyStatement usesAuditKey() {
    return usesKey(keys.audit());
  }

  private static PolicyStatement usesKey(IKey key) {
    var statement = allow(List.of(key.getKeyArn()), KEY_USE.toArray(String[]::new));
    // Only through the two services, never by a call to KMS itself.
    statement.addCondition(
        "StringEquals",
        Map.of(
            "kms:ViaService",
            List.of(
                "dynamodb." + Aws.REGION + ".amazonaws.com",
                "s3." + Aws.REGION + ".amazonaws.com")));
    return statement;
  }

  private static PolicyStatement allow(List<String> resources, String... actions) {
    return PolicyStatement.Builder.create().actions(List.of(actions)).resources(resources).build();
  }
}
