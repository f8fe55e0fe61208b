package dev.ampoule.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class TokenVerifierTest {
  private static final String ISSUER = "https://issuer.example.org";
  private static ECKey ec;
  private static ECKey otherEc;
  private static RSAKey rsa;
  private static TokenVerifier verifier;

  @BeforeAll
  static void keys() throws Exception {
    ec = new ECKeyGenerator(Curve.P_256).keyID("ec").generate();
    otherEc = new ECKeyGenerator(Curve.P_256).keyID("ec").generate();
    rsa = new RSAKeyGenerator(2048).keyID("rsa").generate();
    verifier =
        TokenVerifier.ofKeys(
            new ImmutableJWKSet<>(new JWKSet(List.of(ec.toPublicJWK(), rsa.toPublicJWK()))),
            ISSUER,
            "ampoule");
  }

  @Test
  void es256AndRs256TokensNameThePrincipalAndItsKnownRoles() throws Exception {
    var expected =
        new TokenCheck.Valid(new Principal("lab-engine", Set.of(Role.INTEGRATION, Role.AUDITOR)));
    assertThat(check(sign(JWSAlgorithm.ES256, "ec", new ECDSASigner(ec), c -> c)))
        .isEqualTo(expected);
    assertThat(check(sign(JWSAlgorithm.RS256, "rsa", new RSASSASigner(rsa), c -> c)))
        .isEqualTo(expected);
  }

  @Test
  void aTokenOfAnotherKeyIsRefused() throws Exception {
    assertThat(check(sign(JWSAlgorithm.ES256, "ec", new ECDSASigner(otherEc), c -> c)))
        .isEqualTo(new TokenCheck.Invalid(TokenCheck.Reason.BAD_SIGNATURE));
  }

  @Test
  void anUnsignedTokenIsRefused() {
    assertThat(check(new PlainJWT(claims().build()).serialize()))
        .isEqualTo(new TokenCheck.Invalid(TokenCheck.Reason.BAD_SIGNATURE));
  }

  @Test
  void aPublicKeyUsedAsAnHmacSecretIsRefused() throws Exception {
    var signer = new MACSigner(rsa.toRSAPublicKey().getEncoded());
    assertThat(check(sign(JWSAlgorithm.HS256, "rsa", signer, c -> c)))
        .isEqualTo(new TokenCheck.Invalid(TokenCheck.Reason.BAD_SIGNATURE));
  }

  @Test
  void anExpiredTokenIsRefused() throws Exception {
    assertThat(check(ec(c -> c.expirationTime(Date.from(Instant.now().minusSeconds(60))))))
        .isEqualTo(new TokenCheck.Invalid(TokenCheck.Reason.EXPIRED));
  }

  @Test
  void claimsThatAreMissingOrOthersAreRefused() throws Exception {
    var bad = new TokenCheck.Invalid(TokenCheck.Reason.BAD_CLAIMS);
    assertThat(check(ec(c -> c.issuer("https://evil.example.org")))).isEqualTo(bad);
    assertThat(check(ec(c -> c.audience("other")))).isEqualTo(bad);
    assertThat(check(ec(c -> c.subject(null)))).isEqualTo(bad);
    assertThat(check(ec(c -> c.subject("with space")))).isEqualTo(bad);
    assertThat(check(ec(c -> c.expirationTime(null)))).isEqualTo(bad);
    assertThat(check(ec(c -> c.claim("roles", "admin")))).isEqualTo(bad);
  }

  @Test
  void whatIsNoBearerTokenIsRefused() {
    assertThat(verifier.check(null)).isEqualTo(new TokenCheck.Invalid(TokenCheck.Reason.MISSING));
    assertThat(verifier.check("Basic dTpw"))
        .isEqualTo(new TokenCheck.Invalid(TokenCheck.Reason.MALFORMED));
    assertThat(check("not.a.token")).isEqualTo(new TokenCheck.Invalid(TokenCheck.Reason.MALFORMED));
    assertThat(check("x".repeat(9000)))
        .isEqualTo(new TokenCheck.Invalid(TokenCheck.Reason.MALFORMED));
  }

  @Test
  void keysThatCannotBeHadAreNoReasonToTrust() throws Exception {
    var unreachable =
        TokenVerifier.ofJwks(URI.create("http://127.0.0.1:9/jwks.json"), ISSUER, "ampoule");
    assertThat(unreachable.check("Bearer " + ec(c -> c)))
        .isEqualTo(new TokenCheck.Invalid(TokenCheck.Reason.KEYS_UNAVAILABLE));
  }

  private static TokenCheck check(String token) {
    return verifier.check("Bearer " + token);
  }

  private static String ec(UnaryOperator<JWTClaimsSet.Builder> change) throws Exception {
    return sign(JWSAlgorithm.ES256, "ec", new ECDSASigner(ec), change);
  }

  private static String sign(
      JWSAlgorithm algorithm,
      String keyId,
      JWSSigner signer,
      UnaryOperator<JWTClaimsSet.Builder> change)
      throws Exception {
    var jwt =
        new SignedJWT(
            new JWSHeader.Builder(algorithm).keyID(keyId).type(JOSEObjectType.JWT).build(),
            change.apply(claims()).build());
    jwt.sign(signer);
    return jwt.serialize();
  }

  private static JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer(ISSUER)
        .audience("ampoule")
        .subject("lab-engine")
        .claim("roles", List.of("integration", "auditor", "of-another-service"))
        .issueTime(Date.from(Instant.now()))
        .expirationTime(Date.from(Instant.now().plusSeconds(600)));
  }
}
