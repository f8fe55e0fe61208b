package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.PolicyId;
import dev.ampoule.dashboard.Frame;
import dev.ampoule.dashboard.Pages;
import dev.ampoule.dashboard.Text;
import dev.ampoule.live.LiveUnavailableException;
import dev.ampoule.policy.Action;
import dev.ampoule.policy.Decision;
import dev.ampoule.policy.PolicyGate;
import dev.ampoule.policy.Principal;
import dev.ampoule.policy.TokenCheck;
import dev.ampoule.policy.TokenVerifier;
import dev.ampoule.registry.CatalogUnavailableException;
import java.time.Clock;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@link Gatekeeper} is to REST calls this is to pages: who has no session is asked to sign
 * in, every refusal is audited, and whatever breaks below is answered with a page.
 */
final class PageGate {
  private static final Logger LOG = LoggerFactory.getLogger(PageGate.class);

  private final TokenVerifier tokens;
  private final PolicyGate gate;
  private final AuditLog audit;
  private final Clock clock;
  private final Pages pages;

  PageGate(TokenVerifier tokens, PolicyGate gate, AuditLog audit, Clock clock, Pages pages) {
    this.tokens = tokens;
    this.gate = gate;
    this.audit = audit;
    this.clock = clock;
    this.pages = pages;
  }

  /** Serves who is permitted. */
  @FunctionalInterface
  interface Permitted {
    APIGatewayV2HTTPResponse serve(PageRequest request, Principal principal)
        throws AuditUnavailableException;
  }

  /** Serves anyone. */
  @FunctionalInterface
  interface Open {
    APIGatewayV2HTTPResponse serve(PageRequest request) throws AuditUnavailableException;
  }

  TokenCheck check(String token) {
    return tokens.check("Bearer " + token);
  }

  APIGatewayV2HTTPResponse open(APIGatewayV2HTTPEvent event, Open open) {
    var request = PageRequest.of(event);
    try {
      return isForm(request) && !request.sameOrigin() ? foreign(request) : open.serve(request);
    } catch (AuditUnavailableException | CatalogUnavailableException | LiveUnavailableException e) {
      return problem(request, 503, Text.UNAVAILABLE, say(request, Text.UNAVAILABLE_DETAIL));
    } catch (RuntimeException e) {
      // The class alone: a message could hold a part of the request.
      LOG.error("{} broke: {}", request.route(), e.getClass().getName());
      return problem(request, 500, Text.UNAVAILABLE, say(request, Text.UNAVAILABLE_DETAIL));
    }
  }

  APIGatewayV2HTTPResponse signedIn(APIGatewayV2HTTPEvent event, Permitted permitted) {
    return open(
        event,
        request ->
            switch (request.token().map(this::check).orElse(NO_TOKEN)) {
              case TokenCheck.Valid(Principal principal) -> permitted.serve(request, principal);
              case TokenCheck.Invalid _ when request.fragment() ->
                  // A redirect would end with the form to sign in within the page.
                  PageResponses.leaveFor("/session?next=" + PageRequest.ownPath(request.path()));
              case TokenCheck.Invalid _ ->
                  PageResponses.seeOther("/session?next=" + PageRequest.ownPath(request.path()));
            });
  }

  APIGatewayV2HTTPResponse permit(
      APIGatewayV2HTTPEvent event, Action action, AuditAction audited, Permitted permitted) {
    return signedIn(
        event,
        (request, principal) ->
            switch (gate.decide(principal, action)) {
              case Decision.Permit _ -> {
                try {
                  yield permitted.serve(request, principal);
                } catch (CatalogUnavailableException | LiveUnavailableException e) {
                  audit.append(
                      AuditEntry.of(
                              clock.instant(),
                              audited,
                              ApiRequest.actor(principal),
                              AuditOutcome.UNAVAILABLE)
                          .request(request.requestId())
                          .build());
                  throw e;
                }
              }
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
                yield problem(
                    request,
                    403,
                    Text.FORBIDDEN,
                    say(request, Text.FORBIDDEN_DETAIL, policyId),
                    Optional.of(principal));
              }
            });
  }

  APIGatewayV2HTTPResponse problem(
      PageRequest request, int status, Text title, String detail, Optional<Principal> principal) {
    var frame =
        new Frame(
            request.language(),
            Frame.Section.NONE,
            say(request, title),
            PageRequest.ownPath(request.path()),
            principal.map(Principal::subject),
            Optional.empty(),
            clock.instant());
    return PageResponses.html(status, pages.problem(frame, detail), "");
  }

  private APIGatewayV2HTTPResponse problem(
      PageRequest request, int status, Text title, String detail) {
    return problem(request, status, title, detail, Optional.empty());
  }

  private APIGatewayV2HTTPResponse foreign(PageRequest request) {
    return problem(request, 403, Text.FORBIDDEN, say(request, Text.FROM_ANOTHER_SITE));
  }

  private static boolean isForm(PageRequest request) {
    return request.route().startsWith("POST ");
  }

  private static String say(PageRequest request, Text text, Object... filledIn) {
    return text.in(request.language(), filledIn);
  }

  private static final TokenCheck NO_TOKEN = new TokenCheck.Invalid(TokenCheck.Reason.MISSING);
}
