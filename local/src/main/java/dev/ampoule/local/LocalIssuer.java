package dev.ampoule.local;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The token issuer of the local run, in place of the identity provider a deployment has: ES256
 * tokens (RFC 7519, RFC 7518 §3.4) signed with a key that stays in the user's own folder, so that a
 * token outlives a restart.
 */
public final class LocalIssuer {
  public static final String ISSUER = "https://issuer.ampoule.local";
  public static final String AUDIENCE = "ampoule";

  /** Where the gateway publishes {@link #publicKeys()}. */
  public static final String JWKS_PATH = "/.well-known/jwks.json";

  public static final Duration MAX_LIFETIME = Duration.ofHours(24);

  private static final String KEY_FILE = "issuer.jwk";

  private final ECKey key;
  private final Clock clock;

  private LocalIssuer(ECKey key, Clock clock) {
    this.key = key;
    this.clock = clock;
  }

  /** {@code $AMPOULE_HOME}, or {@code ~/.ampoule} where that is not set. */
  public static Path defaultHome() {
    String home = System.getenv("AMPOULE_HOME");
    return home == null || home.isBlank()
        ? Path.of(System.getProperty("user.home"), ".ampoule")
        : Path.of(home);
  }

  /**
   * Reads the key of {@code home}, or makes one there, readable by its owner only. Two processes
   * that start at once end up with the same key.
   *
   * @throws IOException where the folder cannot be written, or the file holds no EC private key
   */
  public static LocalIssuer open(Path home) throws IOException {
    return open(home, Clock.systemUTC());
  }

  static LocalIssuer open(Path home, Clock clock) throws IOException {
    Path file = home.resolve(KEY_FILE);
    String stored = SecretFile.readOrCreate(file, LocalIssuer::newKey);
    try {
      ECKey key = ECKey.parse(stored);
      if (!key.isPrivate()) {
        throw new IOException("no private key in " + file + "; delete it to have a new one made");
      }
      return new LocalIssuer(key, clock);
    } catch (ParseException e) {
      // Not as the cause: its message quotes the file.
      throw new IOException("no EC key in " + file + "; delete it to have a new one made");
    }
  }

  private static String newKey() {
    try {
      return new ECKeyGenerator(Curve.P_256)
          .keyUse(KeyUse.SIGNATURE)
          .algorithm(JWSAlgorithm.ES256)
          .keyIDFromThumbprint(true)
          .generate()
          .toJSONString();
    } catch (JOSEException e) {
      throw new IllegalStateException("no ES256 in this JDK", e);
    }
  }

  /**
   * A signed token.
   *
   * @param subject 1 character or more, who the token is for
   * @param roles the {@code roles} claim
   * @param lifetime 1 s to 24 h
   * @throws IllegalArgumentException naming the argument, its limit and its value
   */
  public String issue(String subject, List<String> roles, Duration lifetime) {
    if (subject.isBlank()) {
      throw new IllegalArgumentException("subject: at least 1 character, got 0");
    }
    if (lifetime.compareTo(Duration.ofSeconds(1)) < 0 || lifetime.compareTo(MAX_LIFETIME) > 0) {
      throw new IllegalArgumentException(
          "expires: 1 s to %d h, got %d s".formatted(MAX_LIFETIME.toHours(), lifetime.toSeconds()));
    }
    Instant now = clock.instant();
    var claims =
        new JWTClaimsSet.Builder()
            .issuer(ISSUER)
            .audience(AUDIENCE)
            .subject(subject)
            .claim("roles", List.copyOf(roles))
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plus(lifetime)))
            .jwtID(UUID.randomUUID().toString())
            .build();
    var token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256)
                .keyID(key.getKeyID())
                .type(JOSEObjectType.JWT)
                .build(),
            claims);
    try {
      token.sign(new ECDSASigner(key));
    } catch (JOSEException e) {
      throw new IllegalStateException("signing failed", e);
    }
    return token.serialize();
  }

  /** The JSON Web Key Set (RFC 7517 §5) that verifies the tokens: the public key alone. */
  public String publicKeys() {
    return new JWKSet(key).toString(true);
  }

  /** The same as a document for {@link HttpApi}. */
  Map<String, byte[]> documents() {
    return Map.of(JWKS_PATH, publicKeys().getBytes(StandardCharsets.UTF_8));
  }
}
