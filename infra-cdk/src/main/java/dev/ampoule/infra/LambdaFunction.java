package dev.ampoule.infra;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.services.cloudwatch.Alarm;
import software.amazon.awscdk.services.cloudwatch.ComparisonOperator;
import software.amazon.awscdk.services.cloudwatch.MetricOptions;
import software.amazon.awscdk.services.cloudwatch.Stats;
import software.amazon.awscdk.services.cloudwatch.TreatMissingData;
import software.amazon.awscdk.services.cloudwatch.actions.SnsAction;
import software.amazon.awscdk.services.codedeploy.AutoRollbackConfig;
import software.amazon.awscdk.services.codedeploy.LambdaDeploymentConfig;
import software.amazon.awscdk.services.codedeploy.LambdaDeploymentGroup;
import software.amazon.awscdk.services.iam.ManagedPolicy;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.lambda.Alias;
import software.amazon.awscdk.services.lambda.Architecture;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.Runtime;
import software.amazon.awscdk.services.lambda.SnapStartConf;
import software.amazon.awscdk.services.lambda.Tracing;
import software.amazon.awscdk.services.lambda.VersionOptions;
import software.amazon.awscdk.services.logs.LogGroup;
import software.amazon.awscdk.services.logs.RetentionDays;
import software.amazon.awscdk.services.sqs.Queue;
import software.amazon.awscdk.services.sqs.QueueEncryption;
import software.constructs.Construct;

/**
 * One function as every one of ours is: java25 on arm64, a snapshot of each published version,
 * calls only through the alias {@code live}, which CodeDeploy moves and moves back when calls fail;
 * its own role, log group and, where calls are asynchronous, dead-letter queue.
 */
final class LambdaFunction extends Construct {
  private static final String LIVE = "live";
  private static final String HANDLERS = "dev.ampoule.entry.";

  /**
   * What is special about one.
   *
   * @param id construct id; {@code {id}Handler} of {@code dev.ampoule.entry} is its class
   * @param memoryMebibytes also decides its share of a CPU: 1 769 MB are one
   * @param reservedConcurrency calls at once, neither more nor fewer: what keeps one function from
   *     starving another
   * @param environment variables, exactly those that the handler reads
   * @param permissions beside logs, traces and its dead-letter queue
   * @param retries of an asynchronous call, each after a minute or two; empty when calls are
   *     synchronous, and then there is no dead-letter queue
   */
  record Spec(
      String id,
      int memoryMebibytes,
      Duration timeout,
      int reservedConcurrency,
      Map<String, String> environment,
      List<PolicyStatement> permissions,
      Optional<Integer> retries) {
    Spec {
      requireNonNull(timeout, "timeout");
      // In one order: Map.of has another in every process, and each would be a new version.
      environment = Collections.unmodifiableMap(new TreeMap<>(environment));
      permissions = List.copyOf(permissions);
    }
  }

  private final Alias alias;
  private final Optional<Queue> deadLetters;

  LambdaFunction(Construct scope, Platform platform, Spec spec) {
    super(scope, spec.id());
    var keys = platform.keys();
    deadLetters = spec.retries().map(_ -> deadLetterQueue());
    var log =
        LogGroup.Builder.create(this, "Log")
            .retention(RetentionDays.ONE_YEAR)
            .encryptionKey(keys.logs())
            .removalPolicy(platform.stage().removal())
            .build();
    var statements = new ArrayList<>(spec.permissions());
    statements.add(allow(log.getLogGroupArn(), "logs:CreateLogStream", "logs:PutLogEvents"));
    statements.add(allow(keys.functions().getKeyArn(), "kms:Decrypt"));
    // X-Ray knows no resources.
    statements.add(allow("*", "xray:PutTraceSegments", "xray:PutTelemetryRecords"));
    deadLetters.ifPresent(queue -> statements.add(allow(queue.getQueueArn(), "sqs:SendMessage")));
    var role =
        Role.Builder.create(this, "Role")
            .assumedBy(new ServicePrincipal("lambda.amazonaws.com"))
            .managedPolicies(
                List.of(
                    ManagedPolicy.Builder.create(this, "Policy").statements(statements).build()))
            .build();
    var builder =
        Function.Builder.create(this, "Function")
            .runtime(Runtime.JAVA_25)
            .architecture(Architecture.ARM_64)
            .code(platform.code())
            .handler(HANDLERS + spec.id() + "Handler")
            // RATIONALE: "Why does the template have a parameter named Release?"
            .description("Release " + platform.release())
            .currentVersionOptions(
                VersionOptions.builder().description("Release " + platform.release()).build())
            .memorySize(spec.memoryMebibytes())
            .timeout(spec.timeout())
            .reservedConcurrentExecutions(spec.reservedConcurrency())
            .snapStart(SnapStartConf.ON_PUBLISHED_VERSIONS)
            .tracing(Tracing.ACTIVE)
            .environment(spec.environment())
            .environmentEncryption(keys.functions())
            .logGroup(log)
            // Nothing adds to it behind our back; the policy above is all there is.
            .role(role.withoutPolicyUpdates());
    deadLetters.ifPresent(builder::deadLetterQueue);
    var aliasBuilder = Alias.Builder.create(this, "Alias").aliasName(LIVE);
    spec.retries()
        .ifPresent(retries -> aliasBuilder.retryAttempts(retries).maxEventAge(Duration.hours(6)));
    alias = aliasBuilder.version(builder.build().getCurrentVersion()).build();
    deploy(platform);
  }

  private static PolicyStatement allow(String resource, String... actions) {
    return PolicyStatement.Builder.create()
        .actions(List.of(actions))
        .resources(List.of(resource))
        .build();
  }

  private Queue deadLetterQueue() {
    return Queue.Builder.create(this, "DeadLetters")
        // Names of objects, no content: SQS's own key will do.
        .encryption(QueueEncryption.SQS_MANAGED)
        .enforceSsl(true)
        .retentionPeriod(Duration.days(14))
        .build();
  }

  private void deploy(Platform platform) {
    var failing =
        Alarm.Builder.create(this, "Failing")
            .alarmDescription("Calls fail: a deployment under way is rolled back")
            .metric(
                alias.metricErrors(
                    MetricOptions.builder()
                        .period(Duration.minutes(1))
                        .statistic(Stats.SUM)
                        .build()))
            .comparisonOperator(ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD)
            .threshold(3)
            .evaluationPeriods(1)
            .treatMissingData(TreatMissingData.NOT_BREACHING)
            .build();
    failing.addAlarmAction(new SnsAction(platform.alarms()));
    LambdaDeploymentGroup.Builder.create(this, "Deployment")
        .application(platform.deployments())
        .role(platform.deployer())
        .alias(alias)
        .deploymentConfig(
            platform.stage().shiftsTraffic()
                ? LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES
                : LambdaDeploymentConfig.ALL_AT_ONCE)
        .alarms(List.of(failing))
        .autoRollback(
            AutoRollbackConfig.builder()
                .failedDeployment(true)
                .stoppedDeployment(true)
                .deploymentInAlarm(true)
                .build())
        .build();
  }

  /** What triggers call. */
  Alias alias() {
    return alias;
  }

  Optional<Queue> deadLetters() {
    return deadLetters;
  }
}
