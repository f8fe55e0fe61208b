package dev.ampoule.local;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What the functions of a local run are told about it.
 *
 * @param awsEndpoint S3's, and DynamoDB's unless another was asked for
 * @param gatewayUrl where the gateway will answer once the functions are wired
 * @param secrets a folder for {@link SecretFile}s that go with the data: the data folder, or the
 *     user's own where the data is in memory
 * @param httpAlsoReachable ranges (CIDR) that plugins may reach although they are not public
 * @param signatures which modules are taken
 */
public record LocalEnvironment(
    URI awsEndpoint,
    URI dynamoDbEndpoint,
    URI gatewayUrl,
    Path secrets,
    List<String> httpAlsoReachable,
    Signatures signatures) {
  /**
   * Whose signatures of modules count.
   *
   * @param trustedKeys X.509 SubjectPublicKeyInfo in base64, each
   * @param required whether other modules are refused
   */
  public record Signatures(List<String> trustedKeys, boolean required) {
    /** Nobody's, and none is needed. */
    public static final Signatures NONE = new Signatures(List.of(), false);

    public Signatures {
      trustedKeys = List.copyOf(trustedKeys);
    }
  }

  public LocalEnvironment {
    Objects.requireNonNull(awsEndpoint, "awsEndpoint");
    Objects.requireNonNull(dynamoDbEndpoint, "dynamoDbEndpoint");
    Objects.requireNonNull(gatewayUrl, "gatewayUrl");
    Objects.requireNonNull(secrets, "secrets");
    httpAlsoReachable = List.copyOf(httpAlsoReachable);
    Objects.requireNonNull(signatures, "signatures");
  }

  /** One where no signature counts. */
  public LocalEnvironment(
      URI awsEndpoint,
      URI dynamoDbEndpoint,
      URI gatewayUrl,
      Path secrets,
      List<String> httpAlsoReachable) {
    this(awsEndpoint, dynamoDbEndpoint, gatewayUrl, secrets, httpAlsoReachable, Signatures.NONE);
  }

  /** Where the token issuer's keys are published. */
  public URI jwksUrl() {
    return gatewayUrl.resolve(LocalIssuer.JWKS_PATH);
  }

  /** The standard variables of the AWS SDKs, for the functions' own to be added to. */
  public Map<String, String> awsVariables() {
    return Map.of(
        "AWS_ENDPOINT_URL",
        awsEndpoint.toString(),
        "AWS_ENDPOINT_URL_DYNAMODB",
        dynamoDbEndpoint.toString(),
        "AWS_REGION",
        AwsEdge.REGION,
        "AWS_ACCESS_KEY_ID",
        AwsEdge.ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY",
        AwsEdge.SECRET_ACCESS_KEY);
  }
}
