package dev.ampoule.entry;

import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a function is told by its environment. Whatever is missing or malformed is named at once.
 */
public final class Settings {
  private final Map<String, String> environment;

  public Settings(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /** Every variable that is read, in one place. */
  public enum Variable {
    /** Table of versions and aliases. */
    AMPOULE_PLUGINS_TABLE,
    /** Table of audit blocks. */
    AMPOULE_AUDIT_TABLE,
    /** Table of WebSocket connections and their subscriptions. */
    AMPOULE_CONNECTIONS_TABLE,
    /** Table of events. */
    AMPOULE_EVENTS_TABLE,
    /** Where the WebSocket API's stage takes pushes, {@code https://…/live}. */
    AMPOULE_CONNECTIONS_URL,
    /** Where browsers reach the WebSocket API, {@code wss://…/live}. */
    AMPOULE_LIVE_URL,
    /** Bucket of uploads, modules and artifacts. */
    AMPOULE_MODULES_BUCKET,
    /** Bucket of audit checkpoints, under Object Lock. */
    AMPOULE_AUDIT_BUCKET,
    /** Bucket where audit blocks wait while their table fails. */
    AMPOULE_SPOOL_BUCKET,
    /**
     * How long plugins run from what was last known of them while their table fails, 0 to 86400;
     * 900 if absent.
     */
    AMPOULE_CATALOG_STALE_SECONDS,
    /** Key that artifacts are signed with, at least 32 bytes in base64. */
    AMPOULE_ARTIFACT_KEY,
    /**
     * Public keys whose signatures of modules count: Ed25519, X.509 SubjectPublicKeyInfo in base64,
     * separated by commas; none if absent.
     */
    AMPOULE_TRUSTED_KEYS,
    /** Whether only modules that one of them signed are taken, true or false; false if absent. */
    AMPOULE_REQUIRE_SIGNATURE,
    /** Private key that checkpoints are signed with: Ed25519, PKCS#8 in base64. */
    AMPOULE_CHECKPOINT_KEY,
    /** Its public key: X.509 SubjectPublicKeyInfo in base64. */
    AMPOULE_CHECKPOINT_PUBLIC_KEY,
    /** Where the token issuer's JWK set is. */
    AMPOULE_JWKS_URL,
    /** The {@code iss} that tokens must have. */
    AMPOULE_TOKEN_ISSUER,
    /** The {@code aud} that tokens must have. */
    AMPOULE_TOKEN_AUDIENCE,
    /**
     * Ranges of addresses (CIDR, RFC 4632, separated by commas) that plugins may reach although
     * they are private, loopback or link-local; none if absent.
     */
    AMPOULE_HTTP_ALSO_REACHABLE,
    /** Another endpoint for DynamoDB and S3; AWS's own if absent. */
    AWS_ENDPOINT_URL,
    /** Another endpoint for DynamoDB alone. */
    AWS_ENDPOINT_URL_DYNAMODB,
    AWS_REGION,
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN
  }

  String text(Variable variable) {
    return optional(variable)
        .orElseThrow(() -> new IllegalStateException(variable + " is not set"));
  }

  Optional<String> optional(Variable variable) {
    @Nullable String value = environment.get(variable.name());
    return Optional.ofNullable(value).filter(text -> !text.isBlank());
  }

  byte[] base64(Variable variable) {
    var text = text(variable);
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          variable + " is not base64, " + text.length() + " characters");
    }
  }

  /** A whole number of seconds, {@code absent} where there is none. */
  Duration seconds(Variable variable, Duration absent, Duration max) {
    var text = optional(variable);
    if (text.isEmpty()) {
      return absent;
    }
    if (!text.get().matches("[0-9]{1,9}") || Long.parseLong(text.get()) > max.toSeconds()) {
      throw new IllegalStateException(
          variable + " is not a number of seconds from 0 to " + max.toSeconds());
    }
    return Duration.ofSeconds(Long.parseLong(text.get()));
  }

  /** False where it is absent. */
  boolean isTrue(Variable variable) {
    return switch (optional(variable).orElse("false")) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalStateException(variable + " is neither true nor false");
    };
  }

  URI uri(Variable variable) {
    return URI.create(text(variable));
  }

  List<String> list(Variable variable) {
    return optional(variable)
        .map(text -> Arrays.stream(text.split(",")).map(String::strip).toList())
        .orElse(List.of());
  }

  /** The names of the variables that are set; never their values. */
  @Override
  public String toString() {
    return "Settings"
        + Arrays.stream(Variable.values()).filter(v -> optional(v).isPresent()).toList();
  }
}
