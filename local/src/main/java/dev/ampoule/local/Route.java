package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import java.util.Objects;

/**
 * A route of the HTTP API and the function it calls.
 *
 * @param authorized whether the API's authorizer is asked first
 */
public record Route(
    RouteKey key, LambdaFunction<APIGatewayV2HTTPEvent, ?> function, boolean authorized) {
  public Route {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(function, "function");
  }
}
