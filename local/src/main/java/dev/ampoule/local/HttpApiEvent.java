package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2CustomAuthorizerEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A request in the terms of payload format 2.0 (API Gateway Developer Guide, "Create AWS Lambda
 * proxy integrations for HTTP APIs").
 *
 * @param path decoded, as the service gives it in {@code rawPath} too, whatever that name says
 * @param segments of the path, decoded
 */
record HttpApiEvent(
    GatewayRequest request,
    String path,
    List<String> segments,
    String rawQueryString,
    Map<String, String> query,
    Map<String, String> headers,
    List<String> cookies) {
  static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  /** RFC 9110 §7.6.1, and what the server has already dealt with. */
  private static final Set<String> HOP_BY_HOP =
      Set.of(
          "connection",
          "expect",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private static final SecureRandom RANDOM = new SecureRandom();

  /** Empty where path or query are malformed. */
  static Optional<HttpApiEvent> parse(GatewayRequest request) {
    int mark = request.target().indexOf('?');
    String rawPath = mark < 0 ? request.target() : request.target().substring(0, mark);
    String rawQuery = mark < 0 ? "" : request.target().substring(mark + 1);
    Optional<List<String>> segments = RouteKey.decodedSegments(rawPath);
    Optional<Map<String, String>> query = query(rawQuery);
    if (segments.isEmpty() || query.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new HttpApiEvent(
            request,
            "/" + String.join("/", segments.get()),
            segments.get(),
            rawQuery,
            query.get(),
            headers(request),
            cookies(request)));
  }

  Routed routed(RouteKey key, Map<String, String> pathParameters, Clock clock) {
    return new Routed(this, key.text(), pathParameters, clock.instant(), gatewayRequestId());
  }

  private static Optional<Map<String, String>> query(String rawQuery) {
    return queryValues(rawQuery)
        .map(values -> {
          Map<String, String> query = new LinkedHashMap<>();
          values.forEach((name, all) -> query.put(name, String.join(",", all)));
          return query;
        });
  }

  /** Each name's values in order; empty where an escape is incomplete. */
  static Optional<Map<String, List<String>>> queryValues(String rawQuery) {
    Map<String, List<String>> query = new LinkedHashMap<>();
    for (String pair : rawQuery.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      try {
        String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
        query.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
      } catch (IllegalArgumentException e) {
        return Optional.empty(); // an incomplete % escape
      }
    }
    return Optional.of(query);
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  /** Lower case, repeated ones joined with commas; with those that API Gateway itself adds. */
  private static Map<String, String> headers(GatewayRequest request) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (HttpHeader header : request.headers()) {
      String name = header.name().toLowerCase(Locale.ROOT);
      if (!HOP_BY_HOP.contains(name) && !name.equals("cookie")) {
        headers.merge(name, header.value(), (first, next) -> first + "," + next);
      }
    }
    headers.put("content-length", String.valueOf(request.body().length));
    headers.putIfAbsent("x-amzn-trace-id", traceId());
    headers.merge("x-forwarded-for", request.sourceIp(), (first, next) -> first + ", " + next);
    headers.put("x-forwarded-port", String.valueOf(request.port()));
    headers.put("x-forwarded-proto", "http");
    return headers;
  }

  /** As the client wrote them, which WebSocket APIs do not change, with those of the gateway. */
  static Map<String, List<String>> webSocketHeaders(GatewayRequest request) {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (HttpHeader header : request.headers()) {
      if (!HOP_BY_HOP.contains(header.name().toLowerCase(Locale.ROOT))) {
        headers.computeIfAbsent(header.name(), _ -> new ArrayList<>()).add(header.value());
      }
    }
    headers.putIfAbsent("X-Amzn-Trace-Id", List.of(traceId()));
    headers.put("X-Forwarded-For", List.of(request.sourceIp()));
    headers.put("X-Forwarded-Port", List.of(String.valueOf(request.port())));
    headers.put("X-Forwarded-Proto", List.of("http"));
    return headers;
  }

  private static List<String> cookies(GatewayRequest request) {
    List<String> cookies = new ArrayList<>();
    for (HttpHeader header : request.headers()) {
      if (header.name().equalsIgnoreCase("cookie")) {
        for (String cookie : header.value().split(";", -1)) {
          if (!cookie.isBlank()) {
            cookies.add(cookie.strip());
          }
        }
      }
    }
    return cookies;
  }

  /** {@code Root=1-<seconds, 8 hex>-<96 bits of random>}, AWS X-Ray's form. */
  private static String traceId() {
    byte[] random = new byte[12];
    RANDOM.nextBytes(random);
    return "Root=1-%08x-%s"
        .formatted(Instant.now().getEpochSecond(), HexFormat.of().formatHex(random));
  }

  /** API Gateway's extended request id: 15 characters of Base64 and an equals sign. */
  private static String gatewayRequestId() {
    byte[] random = new byte[11];
    RANDOM.nextBytes(random);
    return Base64.getUrlEncoder().encodeToString(random);
  }

  /**
   * Whether a body of this type is passed as text. The service's own list, seen on AWS and in no
   * document: everything else is Base64, JSON's structured suffixes, forms and bodies without a
   * type included.
   */
  static boolean isText(@Nullable String contentType) {
    if (contentType == null) {
      return false;
    }
    int semicolon = contentType.indexOf(';');
    String mediaType =
        (semicolon < 0 ? contentType : contentType.substring(0, semicolon))
            .strip()
            .toLowerCase(Locale.ROOT);
    return mediaType.startsWith("text/")
        || mediaType.equals("application/json")
        || mediaType.equals("application/javascript")
        || mediaType.equals("application/xml");
  }

  /** A {@code Host} header without its port. */
  static String hostName(String host) {
    int colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
  }

  /** A request whose route is known. */
  record Routed(
      HttpApiEvent event,
      String routeKey,
      Map<String, String> pathParameters,
      Instant time,
      String requestId) {

    /** The identity sources' values; empty where one is missing. */
    Optional<List<String>> identity(List<String> headerNames) {
      List<String> values = new ArrayList<>();
      for (String name : headerNames) {
        String value = event.headers().get(name.toLowerCase(Locale.ROOT));
        if (value == null || value.isBlank()) {
          return Optional.empty();
        }
        values.add(value);
      }
      return Optional.of(values);
    }

    APIGatewayV2HTTPEvent payload(@Nullable Map<String, Object> authorizerContext) {
      GatewayRequest request = event.request();
      var context =
          APIGatewayV2HTTPEvent.RequestContext.builder()
              .withAccountId(HttpApi.ACCOUNT_ID)
              .withApiId(HttpApi.API_ID)
              .withDomainName(domainName())
              .withDomainPrefix(domainPrefix())
              .withHttp(
                  APIGatewayV2HTTPEvent.RequestContext.Http.builder()
                      .withMethod(request.method())
                      .withPath(event.path())
                      .withProtocol(request.protocol())
                      .withSourceIp(request.sourceIp())
                      .withUserAgent(event.headers().getOrDefault("user-agent", ""))
                      .build())
              .withRequestId(requestId)
              .withRouteKey(routeKey)
              .withStage(HttpApi.STAGE)
              .withTime(TIME.format(time))
              .withTimeEpoch(time.toEpochMilli());
      if (authorizerContext != null) {
        context.withAuthorizer(
            APIGatewayV2HTTPEvent.RequestContext.Authorizer.builder()
                .withLambda(authorizerContext)
                .build());
      }
      boolean text = isText(event.headers().get("content-type"));
      var payload =
          APIGatewayV2HTTPEvent.builder()
              .withVersion("2.0")
              .withRouteKey(routeKey)
              .withRawPath(event.path())
              .withRawQueryString(event.rawQueryString())
              .withHeaders(event.headers())
              .withRequestContext(context.build());
      if (!event.cookies().isEmpty()) {
        payload.withCookies(event.cookies());
      }
      if (!event.query().isEmpty()) {
        payload.withQueryStringParameters(event.query());
      }
      if (!pathParameters.isEmpty()) {
        payload.withPathParameters(pathParameters);
      }
      if (request.body().length > 0) {
        payload.withBody(
            text
                ? new String(request.body(), StandardCharsets.UTF_8)
                : Base64.getEncoder().encodeToString(request.body()));
        payload.withIsBase64Encoded(!text);
      }
      return payload.build();
    }

    APIGatewayV2CustomAuthorizerEvent authorizerPayload(List<String> identity) {
      GatewayRequest request = event.request();
      var context =
          APIGatewayV2CustomAuthorizerEvent.RequestContext.builder()
              .withAccountId(HttpApi.ACCOUNT_ID)
              .withApiId(HttpApi.API_ID)
              .withDomainName(domainName())
              .withDomainPrefix(domainPrefix())
              .withHttp(
                  APIGatewayV2CustomAuthorizerEvent.Http.builder()
                      .withMethod(request.method())
                      .withPath(event.path())
                      .withProtocol(request.protocol())
                      .withSourceIp(request.sourceIp())
                      .withUserAgent(event.headers().getOrDefault("user-agent", ""))
                      .build())
              .withRequestId(requestId)
              .withRouteKey(routeKey)
              .withStage(HttpApi.STAGE)
              .withTime(TIME.format(time))
              .withTimeEpoch(time.toEpochMilli())
              .build();
      var payload =
          APIGatewayV2CustomAuthorizerEvent.builder()
              .withVersion("2.0")
              .withType("REQUEST")
              .withRouteArn(
                  "arn:aws:execute-api:%s:%s:%s/%s/%s%s"
                      .formatted(
                          AwsEdge.REGION,
                          HttpApi.ACCOUNT_ID,
                          HttpApi.API_ID,
                          HttpApi.STAGE,
                          request.method(),
                          event.path()))
              .withIdentitySource(identity)
              .withRouteKey(routeKey)
              .withRawPath(event.path())
              .withRawQueryString(event.rawQueryString())
              .withHeaders(event.headers())
              .withRequestContext(context);
      if (!event.cookies().isEmpty()) {
        payload.withCookies(event.cookies());
      }
      if (!event.query().isEmpty()) {
        payload.withQueryStringParameters(event.query());
      }
      if (!pathParameters.isEmpty()) {
        payload.withPathParameters(pathParameters);
      }
      return payload.build();
    }

    private String domainName() {
      return hostName(event.headers().getOrDefault("host", "localhost"));
    }

    private String domainPrefix() {
      String name = domainName();
      int dot = name.indexOf('.');
      return dot < 0 ? name : name.substring(0, dot);
    }
  }
}
