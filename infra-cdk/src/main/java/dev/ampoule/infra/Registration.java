package dev.ampoule.infra;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awscdk.Aws;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.services.lambda.CfnPermission;
import software.amazon.awscdk.services.s3.CfnBucket;
import software.constructs.Construct;

/** From an upload to a version that can be called: the module bucket's trigger, and management. */
final class Registration extends Construct {
  private final LambdaFunction register;
  private final LambdaFunction plugins;

  Registration(Construct scope, Platform platform, Storage storage, Parameters parameters) {
    super(scope, "Registration");
    register =
        new LambdaFunction(
            this,
            platform,
            new LambdaFunction.Spec(
                "Register",
                // The compiler's child process has a heap of 1 024 MiB and needs a CPU; 3 008 MB is
                // the most that a new account is given.
                3008,
                // A compilation may take 60 s, and the module is read and stored around it.
                Duration.minutes(3),
                // Uploads wait in Lambda's queue; a flood of them must not take calls' capacity.
                4,
                Map.of(
                    "AMPOULE_PLUGINS_TABLE", storage.pluginsTable(),
                    "AMPOULE_AUDIT_TABLE", storage.auditTable(),
                    "AMPOULE_SPOOL_BUCKET", storage.spoolBucket(),
                    "AMPOULE_MODULES_BUCKET", storage.modulesBucket(),
                    "AMPOULE_TRUSTED_KEYS", parameters.trustedKeys(),
                    "AMPOULE_REQUIRE_SIGNATURE", parameters.requireSignature(),
                    "AMPOULE_ARTIFACT_KEY", platform.keys().artifactKey()),
                List.of(
                    storage.onPlugins(
                        "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
                    storage.appendsAudit(),
                    storage.spoolsAudit(),
                    storage.listsSpool(),
                    storage.onModules(
                        List.of(Storage.UPLOADS), "s3:GetObject", "s3:GetObjectVersion"),
                    storage.onModules(List.of(Storage.MODULES, Storage.ARTIFACTS), "s3:PutObject"),
                    storage.listsModules(),
                    storage.usesContentKey(),
                    storage.usesAuditKey()),
                // S3 tells it once; Lambda's most are 2.
                Optional.of(2)));
    plugins =
        new LambdaFunction(
            this,
            platform,
            new LambdaFunction.Spec(
                "Plugins",
                // Reads and writes a few items; a third of a CPU keeps the TLS handshakes short.
                512,
                // A move reads, writes, is audited and told: six calls of at most 4 s each.
                Duration.seconds(30),
                // Management: people and pipelines, not patients.
                20,
                Map.of(
                    "AMPOULE_PLUGINS_TABLE", storage.pluginsTable(),
                    "AMPOULE_AUDIT_TABLE", storage.auditTable(),
                    "AMPOULE_EVENTS_TABLE", storage.eventsTable(),
                    "AMPOULE_SPOOL_BUCKET", storage.spoolBucket(),
                    "AMPOULE_MODULES_BUCKET", storage.modulesBucket()),
                List.of(
                    storage.onPlugins(
                        "dynamodb:GetItem",
                        "dynamodb:Query",
                        "dynamodb:PutItem",
                        "dynamodb:UpdateItem",
                        // Of the story's oldest move, when a new one is added.
                        "dynamodb:DeleteItem"),
                    storage.tellsOfPlugins(),
                    storage.appendsAudit(),
                    storage.spoolsAudit(),
                    storage.listsSpool(),
                    // Presigned PUTs carry this function's own rights.
                    storage.onModules(List.of(Storage.UPLOADS), "s3:PutObject"),
                    storage.usesContentKey(),
                    storage.usesAuditKey()),
                Optional.empty()));
    notifyOfUploads(storage);
  }

  /**
   * In the bucket's own properties. CDK's {@code addEventNotification} would bring a function of
   * its own that sets them afterwards.
   */
  private void notifyOfUploads(Storage storage) {
    var permission =
        CfnPermission.Builder.create(this, "FromModules")
            .action("lambda:InvokeFunction")
            .functionName(register.alias().getFunctionArn())
            .principal("s3.amazonaws.com")
            .sourceAccount(Aws.ACCOUNT_ID)
            .sourceArn(storage.modulesBucketArn())
            .build();
    if (!(storage.modules().getNode().getDefaultChild() instanceof CfnBucket bucket)) {
      throw new IllegalStateException("a bucket without its resource");
    }
    bucket.setNotificationConfiguration(
        CfnBucket.NotificationConfigurationProperty.builder()
            .lambdaConfigurations(
                List.of(
                    CfnBucket.LambdaConfigurationProperty.builder()
                        .event("s3:ObjectCreated:*")
                        .function(register.alias().getFunctionArn())
                        .filter(
                            CfnBucket.NotificationFilterProperty.builder()
                                .s3Key(
                                    CfnBucket.S3KeyFilterProperty.builder()
                                        .rules(
                                            List.of(
                                                rule("prefix", Storage.UPLOADS),
                                                rule("suffix", ".wasm")))
                                        .build())
                                .build())
                        .build()))
            .build());
    bucket.addResourceDependency(permission);
  }

  private static CfnBucket.FilterRuleProperty rule(String name, String value) {
    return CfnBucket.FilterRuleProperty.builder().name(name).value(value).build();
  }

  LambdaFunction register() {
    return register;
  }

  LambdaFunction plugins() {
    return plugins;
  }
}
