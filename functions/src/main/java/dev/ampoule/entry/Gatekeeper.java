package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.PolicyId;
import dev.ampoule.live.LiveUnavailableException;
import dev.ampoule.policy.Action;
import dev.ampoule.policy.Decision;
import dev.ampoule.policy.PolicyGate;
import dev.ampoule.policy.Principal;
import dev.ampoule.policy.TokenCheck;
import dev.ampoule.privacy.Redacted;
import dev.ampoule.registry.CatalogUnavailableException;
import dev.ampoule.registry.ModuleStoreUnavailableException;
import java.time.Clock;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every REST handler stands behind: nobody is served who is not authenticated and permitted,
 * every refusal is audited, and whatever breaks below is answered with a problem.
 */
final class Gatekeeper {
  private static final Logger LOG = LoggerFactory.getLogger(Gatekeeper.class);
  static final Duration RETRY_AFTER = Duration.ofSeconds(2);

  private final PolicyGate gate;
  private final AuditLog audit;
  private final Clock clock;

  Gatekeeper(PolicyGate gate, AuditLog audit, Clock clock) {
    this.gate = gate;
    this.audit = audit;
    this.clock = clock;
  }

  /** Serves a permitted principal. */
  @FunctionalInterface
  interface Permitted {
    APIGatewayV2HTTPResponse serve(ApiRequest request, Principal principal)
        throws AuditUnavailableException;
  }

  /** For handlers whose use case does not decide itself. */
  APIGatewayV2HTTPResponse permit(
      APIGatewayV2HTTPEvent event, Action action, AuditAction audited, Permitted permitted) {
    return authenticate(
        event,
        audited,
        (request, principal) ->
            switch (gate.decide(principal, action)) {
              case Decision.Permit _ -> permitted.serve(request, principal);
              case Decision.Forbid(String policyId) -> {
                audit.append(
                    AuditEntry.of(
                            clock.instant(),
                            audited,
                            ApiRequest.actor(principal),
                            AuditOutcome.FORBIDDEN)
                        .policy(new PolicyId(policyId))
                        .request(request.requestId())
                        .build());
                yield forbidden(policyId);
              }
            });
  }

  /** For the use case that decides itself. */
  APIGatewayV2HTTPResponse authenticate(
      APIGatewayV2HTTPEvent event, AuditAction audited, Permitted permitted) {
    try {
      var request = ApiRequest.of(event);
      return switch (request.caller()) {
        case ApiRequest.Caller.Authenticated(Principal principal) ->
            serve(request, principal, audited, permitted);
        case ApiRequest.Caller.Unauthenticated(TokenCheck.Reason reason) -> {
          audit.append(
              AuditEntry.of(clock.instant(), audited, Actor.ANONYMOUS, AuditOutcome.UNAUTHENTICATED)
                  .detail(Redacted.of(reason))
                  .request(request.requestId())
                  .build());
          yield unauthenticated(reason);
        }
      };
    } catch (AuditUnavailableException e) {
      return Responses.unavailable("audit store", RETRY_AFTER);
    } catch (RuntimeException e) {
      // The class alone: a message could hold a part of the request.
      LOG.error("{} broke: {}", event.getRouteKey(), e.getClass().getName());
      return Responses.problem(ProblemType.INTERNAL, "The request could not be served.");
    }
  }

  /** A use case whose stores fail has not come to its own entry yet. */
  private APIGatewayV2HTTPResponse serve(
      ApiRequest request, Principal principal, AuditAction audited, Permitted permitted)
      throws AuditUnavailableException {
    try {
      return permitted.serve(request, principal);
    } catch (CatalogUnavailableException e) {
      return unavailable(request, principal, audited, "plugin catalogue");
    } catch (ModuleStoreUnavailableException e) {
      return unavailable(request, principal, audited, "module store");
    } catch (LiveUnavailableException e) {
      return unavailable(request, principal, audited, "store of events");
    } catch (RuntimeException e) {
      // A bug, or a store that nothing stands in for: what came of the call is written all the
      // same.
      append(request, principal, audited, AuditOutcome.INTERNAL_ERROR);
      throw e;
    }
  }

  private APIGatewayV2HTTPResponse unavailable(
      ApiRequest request, Principal principal, AuditAction audited, String dependency)
      throws AuditUnavailableException {
    append(request, principal, audited, AuditOutcome.UNAVAILABLE);
    return Responses.unavailable(dependency, RETRY_AFTER);
  }

  /** A request that cannot be understood; {@code detail} names the field, never its value. */
  APIGatewayV2HTTPResponse badRequest(
      ApiRequest request, Principal principal, AuditAction audited, String detail)
      throws AuditUnavailableException {
    append(request, principal, audited, AuditOutcome.BAD_REQUEST);
    return Responses.problem(ProblemType.BAD_REQUEST, detail);
  }

  /** The entry of a call of which nothing but its outcome is to be said. */
  void append(ApiRequest request, Principal principal, AuditAction audited, AuditOutcome outcome)
      throws AuditUnavailableException {
    audit.append(
        AuditEntry.of(clock.instant(), audited, ApiRequest.actor(principal), outcome)
            .request(request.requestId())
            .build());
  }

  static APIGatewayV2HTTPResponse forbidden(String policyId) {
    return Responses.problem(
        ProblemType.FORBIDDEN,
        "Policy " + policyId + " does not permit this.",
        Json.object().put("policy", policyId));
  }

  static APIGatewayV2HTTPResponse unauthenticated(TokenCheck.Reason reason) {
    return switch (reason) {
      case MISSING -> unauthenticated("Send a token: Authorization: Bearer …");
      case MALFORMED -> unauthenticated("The token is not a JWT signed RS256 or ES256.");
      case BAD_SIGNATURE -> unauthenticated("No key of the issuer verifies the token.");
      case EXPIRED -> unauthenticated("The token has expired.");
      case BAD_CLAIMS ->
          unauthenticated("The token's issuer, audience, subject or roles are not as required.");
      case KEYS_UNAVAILABLE -> Responses.unavailable("token issuer's key set", RETRY_AFTER);
    };
  }

  private static APIGatewayV2HTTPResponse unauthenticated(String detail) {
    return Responses.problem(ProblemType.UNAUTHENTICATED, detail);
  }
}
