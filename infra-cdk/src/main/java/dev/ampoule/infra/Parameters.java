package dev.ampoule.infra;

import software.amazon.awscdk.CfnParameter;
import software.constructs.Construct;

/**
 * What only the deployer knows. Parameters and not CDK context, so that the template is the same
 * for everyone and can be deployed without CDK.
 */
final class Parameters extends Construct {
  private final CfnParameter jwksUrl;
  private final CfnParameter tokenIssuer;
  private final CfnParameter tokenAudience;
  private final CfnParameter checkpointPublicKey;
  private final CfnParameter httpAlsoReachable;
  private final CfnParameter catalogStaleSeconds;
  private final CfnParameter trustedKeys;
  private final CfnParameter requireSignature;
  private final CfnParameter release;

  Parameters(Construct scope) {
    super(scope, "Parameters");
    jwksUrl = parameter("JwksUrl", "Where the token issuer's JWK set is", "https://.+");
    tokenIssuer = parameter("TokenIssuer", "The iss that tokens must have", ".+");
    tokenAudience = parameter("TokenAudience", "The aud that tokens must have", ".+");
    checkpointPublicKey =
        parameter(
            "CheckpointPublicKey",
            "Public key of the checkpoints: Ed25519, X.509 SubjectPublicKeyInfo in base64",
            "MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=");
    httpAlsoReachable =
        parameter(
            "HttpAlsoReachable",
            "Private ranges (CIDR, separated by commas) that plugins may reach; none if empty",
            "[0-9a-fA-F.:/, ]*");
    httpAlsoReachable.setDefaultValue("");
    catalogStaleSeconds =
        parameter(
            "CatalogStaleSeconds",
            "How long known plugins run while their table fails, 0 to 86400",
            "[0-9]{1,5}");
    catalogStaleSeconds.setDefaultValue("900");
    trustedKeys =
        parameter(
            "TrustedKeys",
            "Keys whose signatures of modules count: Ed25519, X.509 SubjectPublicKeyInfo in base64,"
                + " separated by commas; none if empty",
            "[A-Za-z0-9+/=, ]*");
    trustedKeys.setDefaultValue("");
    requireSignature =
        parameter(
            "RequireSignature",
            "Whether only modules that one of TrustedKeys signed are taken",
            "true|false");
    requireSignature.setDefaultValue("false");
    release =
        parameter(
            "Release",
            "Another value publishes all functions anew: for deployments without CDK, and secrets",
            "[A-Za-z0-9._-]{1,64}");
    release.setDefaultValue("1");
  }

  private CfnParameter parameter(String name, String description, String pattern) {
    var parameter =
        CfnParameter.Builder.create(this, name)
            .type("String")
            .description(description)
            .allowedPattern(pattern)
            .build();
    parameter.overrideLogicalId(name);
    return parameter;
  }

  String jwksUrl() {
    return jwksUrl.getValueAsString();
  }

  String tokenIssuer() {
    return tokenIssuer.getValueAsString();
  }

  String tokenAudience() {
    return tokenAudience.getValueAsString();
  }

  String checkpointPublicKey() {
    return checkpointPublicKey.getValueAsString();
  }

  String httpAlsoReachable() {
    return httpAlsoReachable.getValueAsString();
  }

  String catalogStaleSeconds() {
    return catalogStaleSeconds.getValueAsString();
  }

  String trustedKeys() {
    return trustedKeys.getValueAsString();
  }

  String requireSignature() {
    return requireSignature.getValueAsString();
  }

  String release() {
    return release.getValueAsString();
  }
}
