package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code --data} keeps. */
final class RestartTest {
  @TempDir private Path home;
  @TempDir private Path data;

  @Test
  void pluginsAuditAndTokensOutliveARestart() throws Exception {
    var input =
        Files.readAllBytes(Stack.ROOT.resolve("plugins/news2/testdata/input/sepsis-high.json"));
    String id;
    String token;
    try (var stack = new Stack(home, Optional.of(data))) {
      stack.upload("news2", "news2", "1.0.0");
      stack.registered("news2", "1.0.0");
      var response = stack.invoke("news2/invoke", input);
      assertThat(response.statusCode()).isEqualTo(200);
      id = response.headers().firstValue("Ampoule-Audit-Id").orElseThrow();
      token = stack.token("auditor");
    }
    try (var stack = new Stack(home, Optional.of(data))) {
      var response = stack.invoke("news2/invoke", input);
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(Stack.json(response).path("score").asInt()).isEqualTo(14);
      assertThat(Stack.json(stack.get("/v1/audit/" + id, token)).path("outcome").asText())
          .isEqualTo("SUCCESS");
      var verification = Stack.json(stack.get("/v1/audit/verification", token));
      assertThat(verification.path("ok").asBoolean()).as(verification.toString()).isTrue();
      assertThat(verification.path("chains").asInt()).isEqualTo(2);
      assertThat(verification.path("checkpoints").asInt()).isPositive();
    }
  }
}
