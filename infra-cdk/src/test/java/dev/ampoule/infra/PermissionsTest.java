package dev.ampoule.infra;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PermissionsTest {
  private static final Resources PROD = Templates.of(StageConfig.PROD).resources();

  private static final Set<String> EVERYONE =
      Set.of(
          "logs:CreateLogStream",
          "logs:PutLogEvents",
          "xray:PutTelemetryRecords",
          "xray:PutTraceSegments");

  @Test
  void everyFunctionMayDoWhatItsHandlerDoesAndNothingElse() {
    var actions = new TreeMap<String, Set<String>>();
    for (Node policy : PROD.ofType("AWS::IAM::ManagedPolicy")) {
      var own = new TreeSet<String>();
      for (Node statement : policy.list("Properties", "PolicyDocument", "Statement")) {
        statement.list("Action").forEach(action -> own.add(String.valueOf(action.value())));
      }
      own.removeAll(EVERYONE);
      own.removeIf(action -> action.startsWith("kms:"));
      actions.put(policy.id().replaceAll("Policy\\w+$", ""), own);
    }
    assertThat(actions)
        .isEqualTo(
            Map.of(
                "InvocationInvoke",
                Set.of(
                    "dynamodb:GetItem",
                    "dynamodb:Query",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem",
                    "s3:GetObject",
                    "s3:PutObject",
                    "s3:ListBucket"),
                "RegistrationPlugins",
                Set.of(
                    "dynamodb:GetItem",
                    "dynamodb:Query",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem",
                    "s3:GetObject",
                    "s3:PutObject",
                    "s3:ListBucket"),
                "RegistrationRegister",
                Set.of(
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "s3:GetObject",
                    "s3:GetObjectVersion",
                    "s3:PutObject",
                    "s3:ListBucket",
                    "sqs:SendMessage"),
                "Audit", // CDK writes Audit/Audit once
                Set.of(
                    "dynamodb:GetItem",
                    "dynamodb:BatchGetItem",
                    "dynamodb:Query",
                    "dynamodb:PutItem",
                    "s3:GetObject",
                    "s3:PutObject",
                    "s3:ListBucket"),
                "AuditCheckpoint",
                Set.of(
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:Query",
                    "s3:DeleteObject",
                    "s3:GetObject",
                    "s3:ListBucket",
                    "s3:PutObject",
                    "sqs:SendMessage"),
                "ApiHealth",
                Set.of("dynamodb:Query", "s3:GetObject", "s3:ListBucket"),
                "ApiAuthorizer",
                Set.of()));
  }

  @Test
  void noActionIsAWildcardAndXRayAloneHasNoResource() {
    for (Node policy : PROD.ofType("AWS::IAM::ManagedPolicy")) {
      for (Node statement : policy.list("Properties", "PolicyDocument", "Statement")) {
        var actions =
            statement.list("Action").stream()
                .map(action -> String.valueOf(action.value()))
                .toList();
        assertThat(actions).noneMatch(action -> action.contains("*"));
        if (statement.text("Resource").equals("*")) {
          assertThat(actions)
              .containsExactlyInAnyOrder("xray:PutTraceSegments", "xray:PutTelemetryRecords");
        }
      }
    }
  }

  @Test
  void nobodyMayChangeOrDeleteAnAuditBlockOrACheckpoint() {
    for (Node policy : PROD.ofType("AWS::IAM::ManagedPolicy")) {
      for (Node statement : policy.list("Properties", "PolicyDocument", "Statement")) {
        if (statement.text("Resource").matches(".*Storage(Audit|Checkpoints).*")) {
          assertThat(
                  statement.list("Action").stream().map(action -> String.valueOf(action.value())))
              .doesNotContain(
                  "dynamodb:UpdateItem",
                  "dynamodb:DeleteItem",
                  "dynamodb:BatchWriteItem",
                  "s3:DeleteObject",
                  "s3:DeleteObjectVersion",
                  "s3:BypassGovernanceRetention",
                  "s3:PutObjectRetention");
        }
      }
    }
  }

  @Test
  void onlyWhoDrainsMayDeleteASpooledBlockAndNobodyItsVersions() {
    var deleting = new TreeSet<String>();
    for (Node policy : PROD.ofType("AWS::IAM::ManagedPolicy")) {
      for (Node statement : policy.list("Properties", "PolicyDocument", "Statement")) {
        assertThat(statement.text("Action")).doesNotContain("s3:DeleteObjectVersion");
        if (statement.text("Action").contains("s3:DeleteObject")) {
          assertThat(statement.text("Resource")).contains("StorageSpool");
          deleting.add(policy.id().replaceAll("Policy\\w+$", ""));
        }
      }
    }
    assertThat(deleting).containsExactly("AuditCheckpoint");
  }

  @Test
  void noFunctionMayReadASecret() {
    assertThat(PROD.ofType("AWS::IAM::ManagedPolicy"))
        .allSatisfy(
            policy -> assertThat(policy.text("Properties")).doesNotContain("secretsmanager:"));
    // All there is stands in managed policies.
    assertThat(PROD.ofType("AWS::IAM::Policy")).isEqualTo(List.of());
  }
}
