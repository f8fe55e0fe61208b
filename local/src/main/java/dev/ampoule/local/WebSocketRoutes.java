package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketEvent;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A WebSocket API as the template declares it.
 *
 * @param stage 1 to 128 characters of {@code [A-Za-z0-9_-]}; here the API's path too: clients
 *     connect to {@code ws://host/{stage}}, and {@code @connections} is below it
 * @param routeSelectionExpression {@code $request.body.NAME}, the member of a message that names
 *     its route
 * @param functions by route key; {@code $connect}, {@code $disconnect} and {@code $default} are the
 *     API's own, and each of them may be missing
 * @param authorizer asked before {@code $connect}
 * @param withRouteResponse the routes whose function's body is sent back to the client
 */
public record WebSocketRoutes(
    String stage,
    String routeSelectionExpression,
    Map<String, LambdaFunction<APIGatewayV2WebSocketEvent, ?>> functions,
    Optional<WebSocketAuthorizer> authorizer,
    Set<String> withRouteResponse) {
  static final String CONNECT = "$connect";
  static final String DISCONNECT = "$disconnect";
  static final String DEFAULT = "$default";

  private static final Pattern STAGE = Pattern.compile("[A-Za-z0-9_-]{1,128}");
  private static final Pattern SELECTION =
      Pattern.compile(
          "\\$(?:request\\.body\\.([A-Za-z0-9_-]+)|\\{request\\.body\\.([A-Za-z0-9_-]+)\\})");

  public WebSocketRoutes {
    Objects.requireNonNull(authorizer, "authorizer");
    functions = Map.copyOf(functions);
    withRouteResponse = Set.copyOf(withRouteResponse);
    if (!STAGE.matcher(stage).matches()) {
      throw new IllegalArgumentException("stage: " + STAGE + ", got " + stage);
    }
    if (!SELECTION.matcher(routeSelectionExpression).matches()) {
      throw new IllegalArgumentException(
          "route selection expression: $request.body.NAME, got " + routeSelectionExpression);
    }
    if (!functions.keySet().containsAll(withRouteResponse)) {
      throw new IllegalArgumentException("route response: of a route that is not there");
    }
  }

  /** The member of a message that names its route. */
  String selector() {
    var matcher = SELECTION.matcher(routeSelectionExpression);
    if (!matcher.matches()) {
      throw new IllegalStateException(routeSelectionExpression);
    }
    return matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
  }
}
