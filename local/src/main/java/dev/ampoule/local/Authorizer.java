package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2CustomAuthorizerEvent;
import java.util.List;
import java.util.Objects;

/**
 * A Lambda authorizer with payload format 2.0 and simple responses: {@code {"isAuthorized": true,
 * "context": {…}}}, as a map or as a bean of that shape. Results are not cached.
 *
 * @param identityHeaders the identity sources; where one is missing from the request the answer is
 *     401 and the function is not called. Empty: the function decides alone
 */
public record Authorizer(
    LambdaFunction<APIGatewayV2CustomAuthorizerEvent, ?> function, List<String> identityHeaders) {
  public Authorizer {
    Objects.requireNonNull(function, "function");
    identityHeaders = List.copyOf(identityHeaders);
  }
}
