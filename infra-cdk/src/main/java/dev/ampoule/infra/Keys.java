package dev.ampoule.infra;

import java.util.List;
import java.util.Map;
import software.amazon.awscdk.Aws;
import software.amazon.awscdk.SecretValue;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.kms.Key;
import software.amazon.awscdk.services.secretsmanager.Secret;
import software.amazon.awscdk.services.secretsmanager.SecretStringGenerator;
import software.constructs.Construct;

/**
 * The KMS keys, and the two secrets that functions sign with.
 *
 * <p>Secrets reach a function as {@code {{resolve:secretsmanager:…}}} in its environment: neither
 * the template nor CDK's output holds a value, no function may read a secret (so none can read
 * another's), and a start needs no further call. The price: a changed secret counts from the next
 * deployment that publishes a version, and whoever may read a function's configuration and use
 * {@link #functions()} sees it. SSM's {@code ssm-secure} references are not resolved in Lambda
 * environments at all.
 */
final class Keys extends Construct {
  private final Key content;
  private final Key audit;
  private final Key functions;
  private final Key logs;
  private final Secret artifactKey;
  private final SecretValue checkpointKey;

  Keys(Construct scope, StageConfig stage) {
    super(scope, "Keys");
    content = key("Content", "plugins, modules and the catalogue", stage);
    // Its own, so that who may read plugins cannot read who called them for whom.
    audit = key("Audit", "audit blocks and checkpoints", stage);
    functions = key("Functions", "environments and snapshots of the functions", stage);
    logs = key("Logs", "logs and alarms", stage);
    logs.addToResourcePolicy(
        PolicyStatement.Builder.create()
            .principals(
                List.of(
                    ServicePrincipal.Builder.create("logs." + Aws.REGION + ".amazonaws.com")
                        .build()))
            .actions(
                List.of(
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                    "kms:GenerateDataKey",
                    "kms:GenerateDataKeyWithoutPlaintext",
                    "kms:DescribeKey"))
            .resources(List.of("*"))
            .conditions(
                Map.of(
                    "ArnLike",
                    Map.of(
                        "kms:EncryptionContext:aws:logs:arn",
                        "arn:"
                            + Aws.PARTITION
                            + ":logs:"
                            + Aws.REGION
                            + ":"
                            + Aws.ACCOUNT_ID
                            + ":*")))
            .build());
    logs.addToResourcePolicy(
        PolicyStatement.Builder.create()
            .principals(List.of(new ServicePrincipal("cloudwatch.amazonaws.com")))
            .actions(List.of("kms:Decrypt", "kms:GenerateDataKey"))
            .resources(List.of("*"))
            .conditions(Map.of("StringEquals", Map.of("aws:SourceAccount", Aws.ACCOUNT_ID)))
            .build());
    artifactKey =
        Secret.Builder.create(this, "ArtifactKey")
            .description("Key that compiled modules are signed with, base64")
            .encryptionKey(functions)
            .removalPolicy(stage.removal())
            // 64 letters and digits are base64 as they stand: 48 bytes with 381 bits of entropy.
            .generateSecretString(
                SecretStringGenerator.builder().passwordLength(64).excludePunctuation(true).build())
            .build();
    // A pair of keys cannot be generated here: store one before the first deployment, made as
    // CheckpointSigner says.
    checkpointKey = SecretValue.secretsManager("ampoule/" + stage.name() + "/checkpoint-key");
  }

  private Key key(String id, String what, StageConfig stage) {
    return Key.Builder.create(this, id)
        .description("Ampoule " + stage.name() + ": " + what)
        .enableKeyRotation(true)
        .removalPolicy(stage.removal())
        .build();
  }

  Key content() {
    return content;
  }

  Key audit() {
    return audit;
  }

  Key functions() {
    return functions;
  }

  Key logs() {
    return logs;
  }

  String artifactKey() {
    return artifactKey.getSecretValue().unsafeUnwrap();
  }

  String checkpointKey() {
    return checkpointKey.unsafeUnwrap();
  }
}
