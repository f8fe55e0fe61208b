package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.events.APIGatewayCustomAuthorizerEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketEvent;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The events of a WebSocket API, as API Gateway sends them to a Lambda proxy integration. */
final class WebSocketEvent {
  private WebSocketEvent() {}

  /**
   * The request context of {@code $disconnect}: API Gateway's JSON has these two, and the class of
   * aws-lambda-java-events does not.
   */
  static final class DisconnectContext extends APIGatewayV2WebSocketEvent.RequestContext {
    private static final long serialVersionUID = 1;

    private final int disconnectStatusCode;
    private final String disconnectReason;

    DisconnectContext(int disconnectStatusCode, String disconnectReason) {
      this.disconnectStatusCode = disconnectStatusCode;
      this.disconnectReason = disconnectReason;
    }

    /** RFC 6455 §7.4; 1005 and 1006 where the peer sent none. */
    public int getDisconnectStatusCode() {
      return disconnectStatusCode;
    }

    public String getDisconnectReason() {
      return disconnectReason;
    }
  }

  static APIGatewayV2WebSocketEvent connect(
      Handshake handshake, String stage, WebSocketConnection connection, Instant now) {
    var event = event(new APIGatewayV2WebSocketEvent.RequestContext(), stage, connection, now);
    event.getRequestContext().setEventType("CONNECT");
    event.getRequestContext().setRouteKey(WebSocketRoutes.CONNECT);
    event.setHeaders(handshake.headers());
    event.setMultiValueHeaders(handshake.multiValueHeaders());
    if (!handshake.query().isEmpty()) {
      event.setQueryStringParameters(last(handshake.query()));
      event.setMultiValueQueryStringParameters(handshake.query());
    }
    return event;
  }

  static APIGatewayV2WebSocketEvent message(
      String routeKey, String stage, WebSocketConnection connection, String body, Instant now) {
    var event = event(new APIGatewayV2WebSocketEvent.RequestContext(), stage, connection, now);
    event.getRequestContext().setEventType("MESSAGE");
    event.getRequestContext().setRouteKey(routeKey);
    event.getRequestContext().setMessageId(WebSocketConnection.newId());
    event.setBody(body);
    return event;
  }

  static APIGatewayV2WebSocketEvent disconnect(
      String stage, WebSocketConnection connection, Closing closing, Instant now) {
    var event =
        event(new DisconnectContext(closing.code(), closing.reason()), stage, connection, now);
    event.getRequestContext().setEventType("DISCONNECT");
    event.getRequestContext().setRouteKey(WebSocketRoutes.DISCONNECT);
    event.setHeaders(
        Map.of("Host", connection.domainName(), "X-Forwarded-For", connection.sourceIp()));
    event.setMultiValueHeaders(
        Map.of(
            "Host",
            List.of(connection.domainName()),
            "X-Forwarded-For",
            List.of(connection.sourceIp())));
    return event;
  }

  /** Payload format 1.0, the only one that WebSocket APIs have. */
  static APIGatewayCustomAuthorizerEvent authorize(
      Handshake handshake, String stage, WebSocketConnection connection) {
    return APIGatewayCustomAuthorizerEvent.builder()
        .withType("REQUEST")
        .withMethodArn(connectArn(stage))
        .withHeaders(handshake.headers())
        .withQueryStringParameters(last(handshake.query()))
        .withRequestContext(
            APIGatewayCustomAuthorizerEvent.RequestContext.builder()
                .withAccountId(HttpApi.ACCOUNT_ID)
                .withApiId(WebSocketApi.API_ID)
                .withStage(stage)
                .withRequestId(WebSocketConnection.newId())
                .withIdentity(
                    APIGatewayCustomAuthorizerEvent.Identity.builder()
                        .withSourceIp(connection.sourceIp())
                        .build())
                .build())
        .build();
  }

  static String connectArn(String stage) {
    return "arn:aws:execute-api:%s:%s:%s/%s/%s"
        .formatted(
            AwsEdge.REGION,
            HttpApi.ACCOUNT_ID,
            WebSocketApi.API_ID,
            stage,
            WebSocketRoutes.CONNECT);
  }

  private static APIGatewayV2WebSocketEvent event(
      APIGatewayV2WebSocketEvent.RequestContext context,
      String stage,
      WebSocketConnection connection,
      Instant now) {
    var identity = new APIGatewayV2WebSocketEvent.RequestIdentity();
    identity.setSourceIp(connection.sourceIp());
    identity.setUserAgent(connection.userAgent());
    context.setApiId(WebSocketApi.API_ID);
    context.setAccountId(HttpApi.ACCOUNT_ID);
    context.setStage(stage);
    context.setDomainName(connection.domainName());
    context.setConnectionId(connection.id());
    context.setConnectedAt(connection.connectedAt().toEpochMilli());
    context.setRequestTime(HttpApiEvent.TIME.format(now));
    context.setRequestTimeEpoch(now.toEpochMilli());
    String requestId = WebSocketConnection.newId();
    context.setRequestId(requestId);
    context.setExtendedRequestId(requestId);
    context.setMessageDirection("IN");
    context.setIdentity(identity);
    if (connection.authorizer() != null) {
      context.setAuthorizer(new LinkedHashMap<>(connection.authorizer()));
    }
    var event = new APIGatewayV2WebSocketEvent();
    event.setRequestContext(context);
    event.setIsBase64Encoded(false);
    return event;
  }

  private static Map<String, String> last(Map<String, List<String>> values) {
    Map<String, String> last = new LinkedHashMap<>();
    values.forEach((name, all) -> last.put(name, all.getLast()));
    return last;
  }

  /** How a connection ended (RFC 6455 §7.4), in the words of API Gateway where it has some. */
  record Closing(int code, String reason) {
    static final Closing ABNORMAL = new Closing(1006, "Connection closed abnormally");
    static final Closing BY_API = new Closing(1000, "Connection Closed Normally");
    static final Closing GOING_AWAY = new Closing(1001, "Going away");
    static final Closing NO_STATUS =
        new Closing(1005, "Client-side close frame status code not set");
  }

  /**
   * The opening handshake's request.
   *
   * @param headers as the client wrote their names, the last of several
   * @param query decoded, each name's values in order
   */
  record Handshake(
      Map<String, String> headers,
      Map<String, List<String>> multiValueHeaders,
      Map<String, List<String>> query) {
    /** Empty where the query is malformed. */
    static Optional<Handshake> parse(GatewayRequest request) {
      int mark = request.target().indexOf('?');
      Optional<Map<String, List<String>>> query =
          HttpApiEvent.queryValues(mark < 0 ? "" : request.target().substring(mark + 1));
      if (query.isEmpty()) {
        return Optional.empty();
      }
      // Not the case-insensitive map: a function must not come to rely on it.
      Map<String, List<String>> headers =
          new LinkedHashMap<>(HttpApiEvent.webSocketHeaders(request));
      return Optional.of(new Handshake(last(headers), headers, query.get()));
    }

    @Nullable String header(String name) {
      for (Map.Entry<String, String> header : headers.entrySet()) {
        if (header.getKey().equalsIgnoreCase(name)) {
          return header.getValue();
        }
      }
      return null;
    }

    /** Whether each identity source has a value. */
    boolean has(List<String> identitySources) {
      return identitySources.stream()
          .allMatch(source -> {
            String value =
                source.startsWith(WebSocketAuthorizer.HEADER)
                    ? header(source.substring(WebSocketAuthorizer.HEADER.length()))
                    : last(query).get(source.substring(WebSocketAuthorizer.QUERY.length()));
            return value != null && !value.isBlank();
          });
    }
  }
}
