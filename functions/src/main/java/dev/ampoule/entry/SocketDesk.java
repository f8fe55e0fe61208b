package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketResponse;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.RequestId;
import dev.ampoule.live.ConnectionId;
import dev.ampoule.live.LiveUnavailableException;
import dev.ampoule.policy.Principal;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every WebSocket message stands behind: nobody is served who is not authenticated, and
 * whatever breaks below is answered with an error frame.
 */
final class SocketDesk {
  private static final Logger LOG = LoggerFactory.getLogger(SocketDesk.class);
  private static final RequestId UNKNOWN = new RequestId("unknown");

  private SocketDesk() {}

  /** A message and who sent it. */
  record Message(
      ConnectionId connection, Principal principal, RequestId requestId, SocketFrame frame) {}

  /** Answers a message, where there is an answer. */
  @FunctionalInterface
  interface Served {
    Optional<ObjectNode> serve(Message message)
        throws AuditUnavailableException, SocketFrame.BadFrame;
  }

  /** The frame that answers the event's message. */
  static Optional<ObjectNode> serve(APIGatewayV2WebSocketEvent event, Served served) {
    Optional<String> id = Optional.empty();
    try {
      if (!(caller(event) instanceof ApiRequest.Caller.Authenticated(Principal principal))) {
        // It was not let in, so it cannot be here.
        return Optional.of(error(id, ProblemType.UNAUTHENTICATED, "Connect again with a token."));
      }
      var frame = SocketFrame.parse(event.getBody());
      id = frame.id();
      return served.serve(new Message(connection(event), principal, requestId(event), frame));
    } catch (SocketFrame.BadFrame e) {
      return Optional.of(error(id, e.type(), e.detail()));
    } catch (AuditUnavailableException e) {
      return Optional.of(unavailable(id, "audit store"));
    } catch (LiveUnavailableException e) {
      return Optional.of(unavailable(id, "store of events"));
    } catch (RuntimeException e) {
      // The class alone: a message could hold a part of the frame.
      LOG.error("{} broke: {}", event.getRequestContext().getRouteKey(), e.getClass().getName());
      return Optional.of(error(id, ProblemType.INTERNAL, "The frame could not be served."));
    }
  }

  static ApiRequest.Caller caller(APIGatewayV2WebSocketEvent event) {
    return ApiRequest.caller(event.getRequestContext().getAuthorizer());
  }

  static ConnectionId connection(APIGatewayV2WebSocketEvent event) {
    return new ConnectionId(event.getRequestContext().getConnectionId());
  }

  static RequestId requestId(APIGatewayV2WebSocketEvent event) {
    return Optional.ofNullable(event.getRequestContext().getRequestId())
        .flatMap(RequestId::parse)
        .orElse(UNKNOWN);
  }

  private static ObjectNode unavailable(Optional<String> id, String dependency) {
    return error(id, ProblemType.DEGRADED, "The " + dependency + " does not answer. Try again.");
  }

  static ObjectNode forbidden(Optional<String> id, String policyId) {
    return error(
        id,
        Responses.problemJson(
            ProblemType.FORBIDDEN,
            "Policy " + policyId + " does not permit this.",
            Json.object().put("policy", policyId)));
  }

  static ObjectNode error(Optional<String> id, ProblemType type, String detail) {
    return error(id, Responses.problemJson(type, detail, Json.object()));
  }

  static ObjectNode error(Optional<String> id, ObjectNode problem) {
    var frame = frame("error", id);
    frame.set("problem", problem);
    return frame;
  }

  static ObjectNode frame(String type, Optional<String> id) {
    var frame = Json.object().put("type", type);
    id.ifPresent(value -> frame.put("id", value));
    return frame;
  }

  /** What API Gateway sends to the client on a route with a response. */
  static APIGatewayV2WebSocketResponse response(Optional<ObjectNode> frame) {
    var response = response(200, Map.of());
    frame.map(Json::write).ifPresent(response::setBody);
    return response;
  }

  static APIGatewayV2WebSocketResponse response(int status, Map<String, String> headers) {
    var response = new APIGatewayV2WebSocketResponse();
    response.setStatusCode(status);
    response.setHeaders(headers);
    return response;
  }
}
