package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalIssuerTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  @TempDir private Path home;

  @Test
  void aTokenVerifiesAgainstThePublishedKeyAndSaysWhoAndHowLong() throws Exception {
    LocalIssuer issuer = LocalIssuer.open(home, Clock.fixed(NOW, ZoneOffset.UTC));
    SignedJWT token =
        SignedJWT.parse(issuer.issue("ana", List.of("author", "auditor"), Duration.ofHours(1)));
    ECKey key =
        (ECKey) JWKSet.parse(issuer.publicKeys()).getKeyByKeyId(token.getHeader().getKeyID());
    assertThat(token.verify(new ECDSAVerifier(key))).isTrue();
    assertThat(token.getHeader().getAlgorithm().getName()).isEqualTo("ES256");
    var claims = token.getJWTClaimsSet();
    assertThat(claims.getIssuer()).isEqualTo("https://issuer.ampoule.local");
    assertThat(claims.getAudience()).containsExactly("ampoule");
    assertThat(claims.getSubject()).isEqualTo("ana");
    assertThat(claims.getStringListClaim("roles")).containsExactly("author", "auditor");
    assertThat(claims.getIssueTime()).isEqualTo(Date.from(NOW));
    assertThat(claims.getExpirationTime()).isEqualTo(Date.from(NOW.plusSeconds(3600)));
    assertThat(claims.getJWTID()).hasSize(36);
  }

  @Test
  void thePrivateKeyIsNotPublished() throws Exception {
    LocalIssuer issuer = LocalIssuer.open(home);
    assertThat(JWKSet.parse(issuer.publicKeys()).getKeys())
        .hasSize(1)
        .noneMatch(k -> k.isPrivate());
    assertThat(issuer.publicKeys()).doesNotContain("\"d\"");
  }

  @Test
  void theKeyIsItsOwnersAlone() throws IOException {
    LocalIssuer.open(home.resolve("new"));
    Path file = home.resolve("new/issuer.jwk");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (var files = Files.list(home.resolve("new"))) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void processesThatStartAtOnceShareOneKey() throws Exception {
    Set<String> keys = new HashSet<>();
    try (var threads = Executors.newFixedThreadPool(8)) {
      Callable<String> open = () -> LocalIssuer.open(home).publicKeys();
      for (var result :
          threads.invokeAll(List.of(open, open, open, open, open, open, open, open))) {
        keys.add(result.get());
      }
    }
    assertThat(keys).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "ana, PT0S, 'expires: 1 s to 24 h, got 0 s'",
    "ana, PT24H1S, 'expires: 1 s to 24 h, got 86401 s'",
    "' ', PT1H, 'subject: at least 1 character, got 0'"
  })
  void aTokenOutOfBoundsIsRefused(String subject, Duration lifetime, String message)
      throws IOException {
    LocalIssuer issuer = LocalIssuer.open(home);
    assertThatThrownBy(() -> issuer.issue(subject, List.of("r"), lifetime))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void aKeyFileThatIsNoneIsNamedAndNotQuoted() throws IOException {
    Files.writeString(home.resolve("issuer.jwk"), "{\"secret\":1}");
    assertThatThrownBy(() -> LocalIssuer.open(home))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("issuer.jwk; delete it to have a new one made")
        .hasMessageNotContaining("secret");
  }
}
