package dev.ampoule.policy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.BadJWSException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.jwt.proc.ExpiredJWTException;
import java.net.MalformedURLException;
import java.net.URI;
import java.text.ParseException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Verifies bearer tokens: JWTs (RFC 7519) signed RS256 or ES256 (RFC 7518) by a key of the issuer's
 * JWK set, with the issuer and audience that this deployment expects, not expired, with a subject
 * and a list of roles in the claim {@code roles}.
 */
public final class TokenVerifier {
  /** Longer tokens are not looked at; API Gateway takes headers of 10 240 bytes in total. */
  public static final int TOKEN_CHARS_MAX = 8 * 1024;

  private static final int CONNECT_MILLIS_MAX = 2_000;
  private static final int READ_MILLIS_MAX = 2_000;
  private static final int JWKS_BYTES_MAX = 256 * 1024;
  private static final int CLOCK_SKEW_SECONDS_MAX = 30;

  private final DefaultJWTProcessor<SecurityContext> processor;

  private TokenVerifier(JWKSource<SecurityContext> keys, String issuer, String audience) {
    processor = new DefaultJWTProcessor<>();
    processor.setJWSTypeVerifier(
        new DefaultJOSEObjectTypeVerifier<>(
            JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
    processor.setJWSKeySelector(
        new JWSVerificationKeySelector<>(Set.of(JWSAlgorithm.RS256, JWSAlgorithm.ES256), keys));
    var claims =
        new DefaultJWTClaimsVerifier<SecurityContext>(
            audience,
            new JWTClaimsSet.Builder().issuer(issuer).build(),
            Set.of("sub", "exp", "iat"));
    claims.setMaxClockSkew(CLOCK_SKEW_SECONDS_MAX);
    processor.setJWTClaimsSetVerifier(claims);
  }

  /**
   * Verifies with keys that are fetched from {@code jwks} and cached; a new key is found by its id.
   */
  public static TokenVerifier ofJwks(URI jwks, String issuer, String audience) {
    try {
      return new TokenVerifier(
          JWKSourceBuilder.create(
                  jwks.toURL(),
                  new DefaultResourceRetriever(CONNECT_MILLIS_MAX, READ_MILLIS_MAX, JWKS_BYTES_MAX))
              .retrying(true)
              .build(),
          issuer,
          audience);
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException("the JWK set's address is not a URL", e);
    }
  }

  static TokenVerifier ofKeys(JWKSource<SecurityContext> keys, String issuer, String audience) {
    return new TokenVerifier(keys, issuer, audience);
  }

  /**
   * Checks a request's token.
   *
   * @param authorization the {@code Authorization} header's value, {@code Bearer …} (RFC 6750 §2.1)
   */
  public TokenCheck check(@Nullable String authorization) {
    if (authorization == null || authorization.isBlank()) {
      return new TokenCheck.Invalid(TokenCheck.Reason.MISSING);
    }
    if (authorization.length() > TOKEN_CHARS_MAX
        || !authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return new TokenCheck.Invalid(TokenCheck.Reason.MALFORMED);
    }
    try {
      return principal(processor.process(authorization.substring(7).strip(), null))
          .<TokenCheck>map(TokenCheck.Valid::new)
          .orElse(new TokenCheck.Invalid(TokenCheck.Reason.BAD_CLAIMS));
    } catch (ParseException e) {
      return new TokenCheck.Invalid(TokenCheck.Reason.MALFORMED);
    } catch (ExpiredJWTException e) {
      return new TokenCheck.Invalid(TokenCheck.Reason.EXPIRED);
    } catch (BadJWSException e) {
      return new TokenCheck.Invalid(TokenCheck.Reason.BAD_SIGNATURE);
    } catch (com.nimbusds.jwt.proc.BadJWTException e) {
      return new TokenCheck.Invalid(TokenCheck.Reason.BAD_CLAIMS);
    } catch (BadJOSEException e) {
      return new TokenCheck.Invalid(TokenCheck.Reason.BAD_SIGNATURE);
    } catch (KeySourceException e) {
      return new TokenCheck.Invalid(TokenCheck.Reason.KEYS_UNAVAILABLE);
    } catch (JOSEException e) {
      return new TokenCheck.Invalid(TokenCheck.Reason.MALFORMED);
    }
  }

  /** Unknown roles give nothing, so that an issuer may carry roles of other services too. */
  private static Optional<Principal> principal(JWTClaimsSet claims) {
    var subject = claims.getSubject();
    List<String> roles;
    try {
      var listed = claims.getStringListClaim("roles");
      roles = listed == null ? List.of() : listed;
    } catch (ParseException e) {
      return Optional.empty();
    }
    return subject == null || !Principal.isSubject(subject)
        ? Optional.empty()
        : Optional.of(
            new Principal(
                subject,
                roles.stream()
                    .flatMap(role -> Role.ofClaim(role).stream())
                    .collect(Collectors.toSet())));
  }
}
