package dev.ampoule.local.template;

import java.util.Set;

/** What becomes of a resource of some kind on one machine. */
enum Kinds {
  /** It is read, and run. */
  RUN,

  /**
   * It guards, watches, encrypts or deploys; one machine has none of that, and nobody misses it.
   */
  LEFT_TO_AWS,

  /** Nothing is known about it; it is ignored, and said to be. */
  UNKNOWN;

  private static final Set<String> RUN_HERE =
      Set.of(
          "AWS::ApiGatewayV2::Api",
          "AWS::ApiGatewayV2::Authorizer",
          "AWS::ApiGatewayV2::Integration",
          "AWS::ApiGatewayV2::Route",
          "AWS::DynamoDB::Table",
          "AWS::Events::Rule",
          "AWS::Lambda::Alias",
          "AWS::Lambda::EventInvokeConfig",
          "AWS::Lambda::EventSourceMapping",
          "AWS::Lambda::Function",
          "AWS::Lambda::Version",
          "AWS::S3::Bucket",
          "AWS::SQS::Queue",
          "AWS::SecretsManager::Secret");

  private static final Set<String> KINDS_LEFT_TO_AWS =
      Set.of(
          "AWS::ApiGatewayV2::Deployment",
          "AWS::ApiGatewayV2::IntegrationResponse",
          "AWS::ApiGatewayV2::RouteResponse",
          "AWS::ApiGatewayV2::Stage",
          "AWS::CDK::Metadata",
          "AWS::Lambda::Permission",
          "AWS::Logs::LogGroup",
          "AWS::S3::BucketPolicy",
          "AWS::SQS::QueuePolicy",
          "AWS::SecretsManager::ResourcePolicy");

  private static final Set<String> SERVICES_LEFT_TO_AWS =
      Set.of("Backup", "CloudWatch", "CodeDeploy", "IAM", "KMS", "SNS", "WAFv2");

  static Kinds of(String type) {
    String[] parts = type.split("::", -1);
    if (RUN_HERE.contains(type)) {
      return RUN;
    }
    return KINDS_LEFT_TO_AWS.contains(type)
            || (parts.length == 3 && SERVICES_LEFT_TO_AWS.contains(parts[1]))
        ? LEFT_TO_AWS
        : UNKNOWN;
  }
}
