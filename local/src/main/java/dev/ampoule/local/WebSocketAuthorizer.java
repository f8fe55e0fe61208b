package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.events.APIGatewayCustomAuthorizerEvent;
import java.util.List;
import java.util.Objects;

/**
 * A Lambda authorizer of type REQUEST on {@code $connect}, which answers with an IAM policy: {@code
 * {"principalId": …, "policyDocument": {…}, "context": {…}}}, as a map or as a bean of that shape.
 *
 * @param identitySources {@code route.request.header.NAME} or {@code
 *     route.request.querystring.NAME}; where one is missing from the request the answer is 401 and
 *     the function is not called. Empty: the function decides alone
 */
public record WebSocketAuthorizer(
    LambdaFunction<APIGatewayCustomAuthorizerEvent, ?> function, List<String> identitySources) {
  static final String HEADER = "route.request.header.";
  static final String QUERY = "route.request.querystring.";

  public WebSocketAuthorizer {
    Objects.requireNonNull(function, "function");
    identitySources = List.copyOf(identitySources);
    for (String source : identitySources) {
      if (!source.startsWith(HEADER) && !source.startsWith(QUERY)) {
        throw new IllegalArgumentException(
            "identity source: %sNAME or %sNAME, got %s".formatted(HEADER, QUERY, source));
      }
    }
  }
}
