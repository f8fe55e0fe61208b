package dev.ampoule.local.template;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ampoule.local.template.Template.Resource;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What a resource is called once it exists: its name where the template gives one, else its logical
 * id. Never random, so that {@code --data} finds it again.
 */
final class PhysicalNames {
  static final String PARTITION = "aws";
  static final String URL_SUFFIX = "amazonaws.com";

  private static final String VERSION = "1";
  private static final String STREAM_SUFFIX = "/stream/local";

  private final Surroundings surroundings;

  PhysicalNames(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /** What {@code Ref} gives, by the return values of the resource's reference page. */
  String ref(Resource resource, UnaryOperator<JsonNode> resolve) {
    return switch (resource.type()) {
      case "AWS::Lambda::Version" -> versionArn(resource, resolve);
      case "AWS::Lambda::Alias" -> aliasArn(resource, resolve);
      case "AWS::SQS::Queue" -> queueUrl(name(resource, "QueueName", resolve));
      case "AWS::SecretsManager::Secret", "AWS::SNS::Topic" -> arn(resource, resolve);
      default -> name(resource, resolve);
    };
  }

  /** What {@code Fn::GetAtt} gives; empty where one machine has no such value. */
  Optional<String> attribute(Resource resource, String attribute, UnaryOperator<JsonNode> resolve) {
    if (attribute.equals("Arn")) {
      return Optional.of(arn(resource, resolve));
    }
    return switch (resource.type() + "." + attribute) {
      case "AWS::Lambda::Version.Version" -> Optional.of(VERSION);
      case "AWS::DynamoDB::Table.StreamArn" -> Optional.of(arn(resource, resolve) + STREAM_SUFFIX);
      case "AWS::SQS::Queue.QueueName" -> Optional.of(name(resource, "QueueName", resolve));
      case "AWS::SQS::Queue.QueueUrl" -> Optional.of(ref(resource, resolve));
      case "AWS::ApiGatewayV2::Api.ApiEndpoint" ->
          Optional.of(
              (isWebSocket(resource) ? "wss://" : "https://") + apiHost(name(resource, resolve)));
      case "AWS::ApiGatewayV2::Api.ApiId" -> Optional.of(name(resource, resolve));
      default ->
          // Of what is left to AWS nothing is looked into; a name is as good as another.
          Kinds.of(resource.type()) == Kinds.RUN
              ? Optional.empty()
              : Optional.of(resource.id() + "." + attribute);
    };
  }

  static boolean isWebSocket(Resource api) {
    return api.properties().path("ProtocolType").asText().equals("WEBSOCKET");
  }

  /** As API Gateway's own; {@link StackPlan} puts the gateway in its place. */
  String apiHost(String apiId) {
    return "%s.execute-api.%s.%s".formatted(apiId, surroundings.region(), URL_SUFFIX);
  }

  String name(Resource resource, UnaryOperator<JsonNode> resolve) {
    return switch (resource.type()) {
      case "AWS::Lambda::Function" -> name(resource, "FunctionName", resolve);
      case "AWS::DynamoDB::Table" -> name(resource, "TableName", resolve);
      // Bucket names have no capitals.
      case "AWS::S3::Bucket" ->
          resource.properties().has("BucketName")
              ? name(resource, "BucketName", resolve)
              : resource.id().toLowerCase(Locale.ROOT);
      case "AWS::SQS::Queue" -> name(resource, "QueueName", resolve);
      case "AWS::ApiGatewayV2::Stage" -> name(resource, "StageName", resolve);
      default -> resource.id();
    };
  }

  private static String name(Resource resource, String property, UnaryOperator<JsonNode> resolve) {
    JsonNode given = resolve.apply(resource.properties().path(property));
    return given.isMissingNode() ? resource.id() : given.asText();
  }

  private String queueUrl(String name) {
    return surroundings
        .awsEndpoint()
        .resolve("/" + surroundings.accountId() + "/" + name)
        .toString();
  }

  private String arn(Resource resource, UnaryOperator<JsonNode> resolve) {
    String name = name(resource, resolve);
    return switch (resource.type()) {
      case "AWS::Lambda::Function" -> functionArn(name);
      case "AWS::DynamoDB::Table" -> arn("dynamodb", "table/" + name);
      case "AWS::S3::Bucket" -> "arn:%s:s3:::%s".formatted(PARTITION, name);
      case "AWS::SQS::Queue" -> arn("sqs", name);
      case "AWS::SNS::Topic" -> arn("sns", name);
      case "AWS::SecretsManager::Secret" -> arn("secretsmanager", "secret:" + name);
      case "AWS::Events::Rule" -> arn("events", "rule/" + name);
      default -> arn(service(resource.type()), name);
    };
  }

  private String arn(String service, String rest) {
    return "arn:%s:%s:%s:%s:%s"
        .formatted(PARTITION, service, surroundings.region(), surroundings.accountId(), rest);
  }

  /** {@code AWS::KMS::Key}: kms. */
  private static String service(String type) {
    String[] parts = type.split("::", -1);
    return parts[parts.length > 1 ? 1 : 0].toLowerCase(Locale.ROOT);
  }

  private String functionArn(String function) {
    return arn("lambda", "function:" + function);
  }

  private String versionArn(Resource version, UnaryOperator<JsonNode> resolve) {
    return functionArn(functionName(version, resolve)) + ":" + VERSION;
  }

  private String aliasArn(Resource alias, UnaryOperator<JsonNode> resolve) {
    return functionArn(functionName(alias, resolve))
        + ":"
        + resolve.apply(alias.properties().path("Name")).asText();
  }

  /** A version or an alias says its function by name or by ARN. */
  private static String functionName(Resource resource, UnaryOperator<JsonNode> resolve) {
    return FunctionArn.functionName(
        resolve.apply(resource.properties().path("FunctionName")).asText());
  }
}
