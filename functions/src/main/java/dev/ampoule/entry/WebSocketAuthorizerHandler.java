package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayCustomAuthorizerEvent;
import dev.ampoule.policy.Principal;
import dev.ampoule.policy.TokenCheck;
import dev.ampoule.policy.TokenVerifier;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lambda authorizer of the WebSocket API. As {@link AuthorizerHandler} it says who connects or why
 * that is not known; {@link WebSocketHandler} refuses the latter. A browser cannot set headers of a
 * WebSocket, so the token comes as the second of the protocols that it offers, or in the query.
 */
public final class WebSocketAuthorizerHandler
    extends ObservedHandler<APIGatewayCustomAuthorizerEvent, Map<String, Object>> {
  private static final String PROTOCOLS = "Sec-WebSocket-Protocol";
  private static final String QUERY = "token";

  private final TokenVerifier tokens;

  public WebSocketAuthorizerHandler() {
    this(Wiring.ofProcess());
  }

  public WebSocketAuthorizerHandler(Wiring wiring) {
    super(wiring);
    this.tokens = wiring.tokens();
  }

  @Override
  void prime() {
    AuthorizerHandler.prime(tokens);
  }

  @Override
  Map<String, Object> handle(APIGatewayCustomAuthorizerEvent event, Context context) {
    var check = tokens.check(token(event).map(token -> "Bearer " + token).orElse(null));
    return Map.of(
        "principalId",
        switch (check) {
          case TokenCheck.Valid(Principal principal) -> principal.subject();
          case TokenCheck.Invalid _ -> "anonymous";
        },
        "policyDocument",
        Map.of(
            "Version",
            "2012-10-17",
            "Statement",
            List.of(
                Map.of(
                    "Action", "execute-api:Invoke",
                    "Effect", "Allow",
                    "Resource", event.getMethodArn()))),
        "context",
        AuthorizerHandler.context(check));
  }

  private static Optional<String> token(APIGatewayCustomAuthorizerEvent event) {
    return header(event.getHeaders(), PROTOCOLS)
        .flatMap(WebSocketAuthorizerHandler::offered)
        .or(() ->
            Optional.ofNullable(event.getQueryStringParameters()).map(query -> query.get(QUERY)));
  }

  /** {@code ampoule.v1, TOKEN}. */
  private static Optional<String> offered(String protocols) {
    var offered = protocols.split(",", -1);
    return offered.length == 2 && offered[0].strip().equals(WebSocketHandler.PROTOCOL)
        ? Optional.of(offered[1].strip())
        : Optional.empty();
  }

  /** Of any case, as HTTP has it (RFC 9110 §5.1). */
  static Optional<String> header(@Nullable Map<String, String> headers, String name) {
    return headers == null
        ? Optional.empty()
        : headers.entrySet().stream()
            .filter(header -> header.getKey().equalsIgnoreCase(name))
            .map(Map.Entry::getValue)
            .findFirst();
  }
}
