package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2CustomAuthorizerEvent;
import dev.ampoule.policy.Principal;
import dev.ampoule.policy.Role;
import dev.ampoule.policy.TokenCheck;
import dev.ampoule.policy.TokenVerifier;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Lambda authorizer of the HTTP API (payload 2.0, simple response). It says who calls or why that
 * is not known; {@link Gatekeeper} refuses the latter, because only a function can answer with a
 * problem and an audit entry (RATIONALE: "Why does the authorizer let refused tokens through?").
 */
public final class AuthorizerHandler
    extends ObservedHandler<APIGatewayV2CustomAuthorizerEvent, Map<String, Object>> {
  static final String SUBJECT = "subject";
  static final String ROLES = "roles";
  static final String REFUSED = "refused";

  /** A JWT with the claims of nobody: to refuse it, the issuer's keys must be fetched and tried. */
  private static final String SIGNED_BY_NOBODY =
      String.join(
          ".",
          base64Url("{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"nobody\"}"),
          base64Url("{}"),
          base64Url("not a signature"));

  private final TokenVerifier tokens;

  public AuthorizerHandler() {
    this(Wiring.ofProcess());
  }

  public AuthorizerHandler(Wiring wiring) {
    super(wiring);
    this.tokens = wiring.tokens();
  }

  @Override
  void prime() {
    prime(tokens);
  }

  static void prime(TokenVerifier tokens) {
    var _ = tokens.check("Bearer " + SIGNED_BY_NOBODY);
  }

  private static String base64Url(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  Map<String, Object> handle(APIGatewayV2CustomAuthorizerEvent event, Context context) {
    var headers = event.getHeaders();
    return Map.of(
        "isAuthorized",
        true,
        "context",
        context(tokens.check(headers == null ? null : headers.get("authorization"))));
  }

  /** What the functions are told. */
  static Map<String, String> context(TokenCheck check) {
    return switch (check) {
      case TokenCheck.Valid(Principal principal) ->
          Map.of(
              SUBJECT,
              principal.subject(),
              ROLES,
              principal.roles().stream().map(Role::claim).collect(Collectors.joining(" ")));
      case TokenCheck.Invalid(TokenCheck.Reason reason) -> Map.of(REFUSED, reason.name());
    };
  }
}
