package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.RecordingAuditLog;
import dev.ampoule.policy.Action;
import dev.ampoule.policy.PolicyGate;
import dev.ampoule.registry.CatalogUnavailableException;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class GatekeeperTest {
  private final RecordingAuditLog audit = new RecordingAuditLog();
  private final Gatekeeper gatekeeper = new Gatekeeper(new PolicyGate(), audit, Clock.systemUTC());

  @Test
  void aPermittedPrincipalIsServed() {
    var response = permit(event(Map.of("subject", "ana", "roles", "operator")));
    assertThat(response.getStatusCode()).isEqualTo(200);
    assertThat(response.getBody()).isEqualTo("served ana");
    assertThat(audit.entries()).isEmpty();
  }

  @Test
  void aForbiddenPrincipalIsRefusedAndAudited() {
    var response = permit(event(Map.of("subject", "ana", "roles", "auditor")));
    assertThat(response.getStatusCode()).isEqualTo(403);
    assertThat(response.getBody()).contains("\"policy\":\"default-deny\"");
    var entry = audit.entries().getFirst();
    assertThat(entry.outcome()).isEqualTo(AuditOutcome.FORBIDDEN);
    assertThat(entry.actor()).isEqualTo(Actor.ofSubject("ana").orElseThrow());
    assertThat(audit.entries()).hasSize(1);
  }

  @Test
  void whoIsNotAuthenticatedIsRefusedAndAudited() {
    for (var context :
        new Map<?, ?>[] {
          Map.of("refused", "EXPIRED"), Map.of(), Map.of("subject", "ana"), Map.of("roles", "admin")
        }) {
      var response = permit(event(context));
      assertThat(response.getStatusCode()).isEqualTo(401);
      assertThat(response.getHeaders()).containsEntry("WWW-Authenticate", "Bearer");
    }
    assertThat(permit(event(null)).getStatusCode()).isEqualTo(401);
    assertThat(audit.entries()).hasSize(5);
    assertThat(audit.entries().getFirst().detail().toString()).isEqualTo("EXPIRED");
    assertThat(audit.entries())
        .allSatisfy(entry -> {
          assertThat(entry.outcome()).isEqualTo(AuditOutcome.UNAUTHENTICATED);
          assertThat(entry.actor()).isEqualTo(Actor.ANONYMOUS);
        });
  }

  @Test
  void aRefusalThatCannotBeAuditedIsStillARefusal() {
    audit.down(true);
    assertThat(permit(event(Map.of("subject", "ana", "roles", "auditor"))).getStatusCode())
        .isEqualTo(503);
  }

  @Test
  void whatBreaksBelowIsAnsweredWithoutItsMessage() {
    var broken =
        gatekeeper.permit(
            event(Map.of("subject", "ana", "roles", "admin")),
            Action.READ_PLUGIN,
            AuditAction.READ_PLUGINS,
            (request, principal) -> {
              throw new IllegalStateException("Maria da Silva");
            });
    assertThat(broken.getStatusCode()).isEqualTo(500);
    assertThat(audit.entries())
        .singleElement()
        .satisfies(entry -> assertThat(entry.outcome()).isEqualTo(AuditOutcome.INTERNAL_ERROR));
    assertThat(broken.getBody()).doesNotContain("Maria");
    var down =
        gatekeeper.permit(
            event(Map.of("subject", "ana", "roles", "admin")),
            Action.READ_PLUGIN,
            AuditAction.READ_PLUGINS,
            (request, principal) -> {
              throw new CatalogUnavailableException(new IllegalStateException());
            });
    assertThat(down.getStatusCode()).isEqualTo(503);
    assertThat(down.getHeaders()).containsEntry("Retry-After", "2");
    assertThat(audit.entries())
        .extracting(AuditEntry::outcome)
        .containsExactly(AuditOutcome.INTERNAL_ERROR, AuditOutcome.UNAVAILABLE);
  }

  private APIGatewayV2HTTPResponse permit(APIGatewayV2HTTPEvent event) {
    return gatekeeper.permit(
        event,
        Action.MOVE_VERSION,
        AuditAction.ACTIVATE,
        (request, principal) -> Responses.text(200, "text/plain", "served " + principal.subject()));
  }

  @SuppressWarnings("unchecked")
  private static APIGatewayV2HTTPEvent event(@org.jspecify.annotations.Nullable Map<?, ?> context) {
    var authorizer =
        Optional.ofNullable(context)
            .map(lambda ->
                APIGatewayV2HTTPEvent.RequestContext.Authorizer.builder()
                    .withLambda((Map<String, Object>) lambda)
                    .build())
            .orElse(null);
    return APIGatewayV2HTTPEvent.builder()
        .withRouteKey("POST /v1/plugins/{name}/versions/{version}/activate")
        .withRequestContext(
            APIGatewayV2HTTPEvent.RequestContext.builder()
                .withRequestId("request-1")
                .withAuthorizer(authorizer)
                .build())
        .build();
  }
}
