package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2CustomAuthorizerEvent;
import dev.ampoule.policy.Principal;
import dev.ampoule.policy.Role;
import dev.ampoule.policy.TokenCheck;
import dev.ampoule.policy.TokenVerifier;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Lambda authorizer of the HTTP API (payload 2.0, simple response). It says who calls or why that
 * is not known; {@link Gatekeeper} refuses the latter, because only a function can answer with a
 * problem and an audit entry (RATIONALE: "Why does the authorizer let refused tokens through?").
 */
public final class AuthorizerHandler
    implements RequestHandler<APIGatewayV2CustomAuthorizerEvent, Map<String, Object>> {
  static final String SUBJECT = "subject";
  static final String ROLES = "roles";
  static final String REFUSED = "refused";

  private final TokenVerifier tokens;

  public AuthorizerHandler() {
    this(Wiring.ofProcess());
  }

  public AuthorizerHandler(Wiring wiring) {
    this.tokens = wiring.tokens();
  }

  @Override
  public Map<String, Object> handleRequest(
      APIGatewayV2CustomAuthorizerEvent event, Context context) {
    var headers = event.getHeaders();
    return Map.of(
        "isAuthorized",
        true,
        "context",
        switch (tokens.check(headers == null ? null : headers.get("authorization"))) {
          case TokenCheck.Valid(Principal principal) ->
              Map.of(
                  SUBJECT,
                  principal.subject(),
                  ROLES,
                  principal.roles().stream().map(Role::claim).collect(Collectors.joining(" ")));
          case TokenCheck.Invalid(TokenCheck.Reason reason) -> Map.of(REFUSED, reason.name());
        });
  }
}
