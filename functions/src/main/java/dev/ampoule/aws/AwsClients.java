package dev.ampoule.aws;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.apigatewaymanagementapi.ApiGatewayManagementApiClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/**
 * Makes the clients of the AWS SDK. Every call has a deadline well inside that of the function, so
 * that a store which hangs is answered for and not waited for.
 */
public final class AwsClients {
  private static final Duration CONNECT_MAX = Duration.ofSeconds(1);
  private static final Duration DYNAMODB_ATTEMPT_MAX = Duration.ofSeconds(1);
  private static final Duration DYNAMODB_CALL_MAX = Duration.ofSeconds(4);
  private static final Duration S3_ATTEMPT_MAX = Duration.ofSeconds(10);
  private static final Duration S3_CALL_MAX = Duration.ofSeconds(20);

  /** A connection that takes no frame for so long is too slow. */
  private static final Duration PUSH_MAX = Duration.ofSeconds(2);

  /**
   * What the JDK's pool keeps open of one host's connections; 5 otherwise, and a fan-out pushes
   * many frames at once. Read by the JDK when it first keeps one.
   */
  private static final String KEPT_CONNECTIONS_MAX = "64";

  static {
    if (System.getProperty("http.maxConnections") == null) {
      System.setProperty("http.maxConnections", KEPT_CONNECTIONS_MAX);
    }
  }

  /** Where AWS is and who calls it; what is empty is found as the SDK always does. */
  public record Location(
      String region,
      Optional<URI> dynamoDbEndpoint,
      Optional<URI> s3Endpoint,
      Optional<Credentials> credentials) {}

  public record Credentials(String accessKeyId, String secretAccessKey, Optional<String> session) {
    @Override
    public String toString() {
      return "Credentials[" + accessKeyId + "]";
    }
  }

  private final Location location;
  private final Region region;
  private final AwsCredentialsProvider credentials;
  private final ClosingHttpClient http;

  public AwsClients(Location location) {
    this.location = location;
    this.region = Region.of(location.region());
    this.credentials =
        location
            .credentials()
            .<AwsCredentialsProvider>map(keys ->
                StaticCredentialsProvider.create(
                    keys.session().isPresent()
                        ? AwsSessionCredentials.create(
                            keys.accessKeyId(), keys.secretAccessKey(), keys.session().get())
                        : AwsBasicCredentials.create(keys.accessKeyId(), keys.secretAccessKey())))
            .orElseGet(() -> DefaultCredentialsProvider.builder().build());
    this.http =
        new ClosingHttpClient(
            UrlConnectionHttpClient.builder()
                .connectionTimeout(CONNECT_MAX)
                .socketTimeout(S3_ATTEMPT_MAX)
                .build());
  }

  /**
   * Whether connections are kept for the next call, as they are at first. While a snapshot is being
   * prepared they must not be: the other end forgets them before it is restored.
   */
  public void keepConnections(boolean keep) {
    http.keepConnections(keep);
  }

  public DynamoDbClient dynamoDb() {
    return dynamoDb(DYNAMODB_CALL_MAX);
  }

  /** One that gives a call up earlier, retries included. */
  public DynamoDbClient dynamoDb(Duration callMax) {
    var builder =
        DynamoDbClient.builder()
            .region(region)
            .credentialsProvider(credentials)
            .httpClient(http)
            .overrideConfiguration(within(DYNAMODB_ATTEMPT_MAX, callMax));
    location.dynamoDbEndpoint().ifPresent(builder::endpointOverride);
    return builder.build();
  }

  public S3Client s3() {
    return s3(S3_CALL_MAX);
  }

  /** One that gives a call up earlier, retries included. */
  public S3Client s3(Duration callMax) {
    var builder =
        S3Client.builder()
            .region(region)
            .credentialsProvider(credentials)
            .httpClient(http)
            .forcePathStyle(location.s3Endpoint().isPresent())
            .overrideConfiguration(within(S3_ATTEMPT_MAX, callMax));
    location.s3Endpoint().ifPresent(builder::endpointOverride);
    return builder.build();
  }

  public S3Presigner presigner() {
    var builder =
        S3Presigner.builder()
            .region(region)
            .credentialsProvider(credentials)
            .serviceConfiguration(
                S3Configuration.builder()
                    .pathStyleAccessEnabled(location.s3Endpoint().isPresent())
                    .build());
    location.s3Endpoint().ifPresent(builder::endpointOverride);
    return builder.build();
  }

  /**
   * For pushes to WebSocket connections; none is tried again here.
   *
   * @param connections where the WebSocket API's stage is
   */
  public ApiGatewayManagementApiClient connections(URI connections) {
    return ApiGatewayManagementApiClient.builder()
        .region(region)
        .credentialsProvider(credentials)
        .httpClient(http)
        .endpointOverride(connections)
        .overrideConfiguration(
            ClientOverrideConfiguration.builder()
                .retryStrategy(DefaultRetryStrategy.doNotRetry())
                .apiCallTimeout(PUSH_MAX)
                .build())
        .build();
  }

  private static ClientOverrideConfiguration within(Duration attempt, Duration call) {
    return ClientOverrideConfiguration.builder()
        .apiCallAttemptTimeout(attempt)
        .apiCallTimeout(call)
        .build();
  }
}
