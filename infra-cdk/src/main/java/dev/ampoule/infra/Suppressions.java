package dev.ampoule.infra;

import io.github.cdklabs.cdknag.NagPackSuppression;
import io.github.cdklabs.cdknag.NagSuppressions;
import io.github.cdklabs.cdknag.RegexAppliesTo;
import java.util.List;
import software.amazon.awscdk.Annotations;
import software.amazon.awscdk.Stack;

/**
 * Every finding of cdk-nag that we live with, where it is and why. A path that is not there fails
 * the synthesis.
 */
final class Suppressions {
  private static final List<String> FUNCTIONS =
      List.of(
          "Registration/Register",
          "Registration/Plugins",
          "Invocation/Invoke",
          "Audit/Audit",
          "Audit/Checkpoint",
          "Console/Pages",
          "Api/Authorizer",
          "Api/Health",
          "Realtime/WebSocketAuthorizer",
          "Realtime/WebSocket",
          "Realtime/WebSocketInvoke",
          "Realtime/Topics",
          "Realtime/FanOut",
          "Realtime/Derive",
          "Realtime/Sweep");

  private static final List<String> PUSHING =
      List.of("Realtime/WebSocket", "Realtime/FanOut", "Realtime/Sweep");

  private static final List<String> CALLED_SYNCHRONOUSLY =
      List.of(
          "Realtime/WebSocketAuthorizer",
          "Realtime/WebSocket",
          "Realtime/WebSocketInvoke",
          "Realtime/Topics",
          "Registration/Plugins",
          "Invocation/Invoke",
          "Audit/Audit",
          "Console/Pages",
          "Api/Authorizer",
          "Api/Health");

  private static final List<String> USING_OBJECTS =
      List.of(
          "Realtime/WebSocket",
          "Realtime/Topics",
          "Realtime/WebSocketInvoke",
          "Realtime/Derive",
          "Registration/Register",
          "Registration/Plugins",
          "Invocation/Invoke",
          "Audit/Audit",
          "Audit/Checkpoint",
          "Console/Pages",
          "Api/Health");

  private static final List<String> SLO_WINDOWS =
      List.of("FASTLong", "FASTShort", "MEDIUMLong", "MEDIUMShort", "SLOWLong", "SLOWShort");

  private final Stack stack;

  private Suppressions(Stack stack) {
    this.stack = stack;
  }

  static void apply(Stack stack) {
    var suppressions = new Suppressions(stack);
    suppressions.functions();
    suppressions.storage();
    suppressions.others();
  }

  private void functions() {
    for (String function : FUNCTIONS) {
      suppress(
          function + "/Function/Resource",
          "HIPAA.Security-LambdaInsideVPC",
          "The functions reach nothing inside a VPC: DynamoDB, S3, KMS and X-Ray are called over TLS"
              + " with IAM, and what a plugin may reach over HTTP is checked address by address in"
              + " the sandbox. A VPC would add NAT gateways and take away nothing.");
      suppress(
          function + "/Policy/Resource",
          "AwsSolutions-IAM5",
          "X-Ray's actions take no resource.",
          "Resource::*");
    }
    for (String function : USING_OBJECTS) {
      suppress(
          function + "/Policy/Resource",
          "AwsSolutions-IAM5",
          "Objects are named by plugin, digest, chain or time, which nobody knows beforehand; the"
              + " permission ends at one prefix of one bucket.",
          RegexAppliesTo.builder()
              .regex("/^Resource::[^*]+\\/(plugins|modules|compiled|checkpoints|blocks)\\/\\*$/")
              .build());
    }
    for (String function : PUSHING) {
      suppress(
          function + "/Policy/Resource",
          "AwsSolutions-IAM5",
          "Connections are named by API Gateway, beforehand nobody knows how; the permission ends at"
              + " one stage of one API.",
          RegexAppliesTo.builder()
              .regex("/^Resource::.+\\/live\\/(POST|GET|DELETE)\\/@connections\\/\\*$/")
              .build());
    }
    for (String function : CALLED_SYNCHRONOUSLY) {
      suppress(
          function + "/Function/Resource",
          "HIPAA.Security-LambdaDLQ",
          "API Gateway alone calls it, synchronously: the caller is told of a failure, and Lambda"
              + " would never put anything into a dead-letter queue.");
    }
    Annotations.of(stack)
        .acknowledgeWarning(
            "@aws-cdk/aws-lambda:snapStartRequirePublish",
            "Every function is published and called through its alias alone.");
  }

  private void storage() {
    for (String bucket : List.of("Modules", "Checkpoints", "Spool", "AccessLogs")) {
      suppress(
          "Storage/" + bucket + "/Resource",
          "HIPAA.Security-S3BucketReplicationEnabled",
          "One stack lives in one region, so that data stays where its operator must keep it (LGPD"
              + " Art. 33). Versions and Object Lock hold against deletion; modules can be pushed"
              + " again, and a chain can be verified without older checkpoints.");
    }
    for (String table : List.of("Connections", "Events")) {
      suppress(
          "Storage/" + table + "/Resource",
          "HIPAA.Security-DynamoDBInBackupPlan",
          "It holds what passes: connections for two hours and events for one day, which DynamoDB"
              + " then deletes. Point-in-time recovery covers longer than that; what must be kept is"
              + " in the audit.");
    }
    suppress(
        "Storage/AccessLogs/Resource",
        "HIPAA.Security-S3DefaultEncryptionKMS",
        "S3 cannot deliver access logs to a bucket whose default is a KMS key; it is encrypted with"
            + " S3's own. The logs name objects, which are plugins and times, never patients.");
    suppress(
        "Backups/Plan/Tables/Role/Resource",
        "AwsSolutions-IAM4",
        "The policy that AWS keeps for AWS Backup; only backup.amazonaws.com can assume the role.",
        "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup");
  }

  private void others() {
    var rotation =
        "It changes with a deployment and not on a schedule: the new value invalidates every"
            + " signature, and a function is told it only when a version is published. Artifacts"
            + " are then compiled and signed anew as they are called.";
    suppress("Keys/ArtifactKey/Resource", "AwsSolutions-SMG4", rotation);
    suppress("Keys/ArtifactKey/Resource", "HIPAA.Security-SecretsManagerRotationEnabled", rotation);
    suppress(
        "DeploymentRole/Resource",
        "AwsSolutions-IAM4",
        "The policy that AWS keeps for CodeDeploy on Lambda, in its limited form; only"
            + " codedeploy.amazonaws.com can assume the role.",
        "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited");
    suppress(
        "Api/Http/GET--health/Resource",
        "AwsSolutions-APIG4",
        "Load balancers and monitors have no token. It tells which dependency is up and nothing"
            + " else, is throttled, and its function has five executions at most.");
    suppress(
        "Api/Http/GET--openapi.json/Resource",
        "AwsSolutions-APIG4",
        "The description of the API is the same for everyone and holds nothing of a deployment; it"
            + " is throttled, and its function has five executions at most.");
    pages("GET", Api.PAGES);
    pages("POST", Api.FORMS);
    suppress(
        "Api/Http/GET--asyncapi.json/Resource",
        "AwsSolutions-APIG4",
        "The description of the WebSocket API is the same for everyone and holds nothing of a"
            + " deployment; it is throttled, and its function has five executions at most.");
    for (String route :
        List.of("disconnect", "subscribe", "unsubscribe", "publish", "ping", "default", "invoke")) {
      suppress(
          "Realtime/Api/"
              + (route.equals("disconnect") || route.equals("default") ? "$" : "")
              + route
              + "-Route/Resource",
          "AwsSolutions-APIG4",
          "A WebSocket is authorised once, when it is opened: $connect has the authorizer, and no"
              + " other route can be reached without it. API Gateway takes one there alone.");
    }
    for (String window : SLO_WINDOWS) {
      suppress(
          "Observability/Slo" + window + "/Resource",
          "HIPAA.Security-CloudWatchAlarmAction",
          "One window of a burn rate says nothing by itself; the composite alarm over both acts.");
    }
  }

  private void pages(String method, List<String> paths) {
    for (String path : paths) {
      // As the constructs library writes a slash in an id.
      suppress(
          "Api/Http/" + method + path.replace("/", "--") + "/Resource",
          "AwsSolutions-APIG4",
          "Browsers come with a cookie, which the function checks with the authorizer's own verifier"
              + " before it shows anything but the form to sign in and the assets.");
    }
  }

  private void suppress(String path, String rule, String reason, Object... appliesTo) {
    var suppression = NagPackSuppression.builder().id(rule).reason(reason);
    if (appliesTo.length > 0) {
      suppression.appliesTo(List.of(appliesTo));
    }
    NagSuppressions.addResourceSuppressionsByPath(
        stack, "/" + stack.getNode().getPath() + "/" + path, List.of(suppression.build()));
  }
}
