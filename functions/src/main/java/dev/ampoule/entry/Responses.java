package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Renders answers in API Gateway's payload format 2.0. */
final class Responses {
  private static final Map<String, String> SAFE =
      Map.of(
          "Cache-Control", "no-store",
          "X-Content-Type-Options", "nosniff",
          "Strict-Transport-Security", "max-age=31536000; includeSubDomains");

  /**
   * Longer text goes in base64 as well: its callers see no difference, and written as a JSON string
   * it could grow sixfold, past Lambda's limit.
   */
  private static final int TEXT_BYTES_MAX = 64 * 1024;

  private Responses() {}

  static APIGatewayV2HTTPResponse json(int status, ObjectNode body) {
    return text(status, "application/json", Json.write(body));
  }

  static APIGatewayV2HTTPResponse text(int status, String mediaType, String body) {
    return APIGatewayV2HTTPResponse.builder()
        .withStatusCode(status)
        .withHeaders(headers(mediaType))
        .withBody(body)
        .build();
  }

  /** Text goes as it is, everything else in base64, as API Gateway wants it. */
  static APIGatewayV2HTTPResponse body(int status, String mediaType, byte[] body) {
    var response =
        APIGatewayV2HTTPResponse.builder().withStatusCode(status).withHeaders(headers(mediaType));
    if (isText(mediaType) && body.length <= TEXT_BYTES_MAX) {
      try {
        var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
        return response.withBody(text).build();
      } catch (CharacterCodingException e) {
        // Not UTF-8 after all: the bytes still have to arrive as they are.
      }
    }
    return response
        .withBody(Base64.getEncoder().encodeToString(body))
        .withIsBase64Encoded(true)
        .build();
  }

  static APIGatewayV2HTTPResponse problem(ProblemType type, String detail) {
    return problem(type, detail, Json.object());
  }

  /** A problem (RFC 9457) with further members. */
  static APIGatewayV2HTTPResponse problem(ProblemType type, String detail, ObjectNode members) {
    var body = Json.object();
    body.put("type", type.type().toString());
    body.put("title", type.title());
    body.put("status", type.status());
    body.put("detail", detail);
    body.setAll(members);
    var response = text(type.status(), "application/problem+json", Json.write(body));
    if (type == ProblemType.UNAUTHENTICATED) {
      response.getHeaders().put("WWW-Authenticate", "Bearer");
    }
    return response;
  }

  static APIGatewayV2HTTPResponse unavailable(String dependency, Duration retryAfter) {
    return retryAfter(
        problem(ProblemType.DEGRADED, "The " + dependency + " does not answer. Try again."),
        retryAfter);
  }

  /** Whole seconds, rounded up (RFC 9110 §10.2.3). */
  static APIGatewayV2HTTPResponse retryAfter(
      APIGatewayV2HTTPResponse response, Duration retryAfter) {
    response
        .getHeaders()
        .put("Retry-After", Long.toString(retryAfter.plusNanos(999_999_999).toSeconds()));
    return response;
  }

  private static Map<String, String> headers(String mediaType) {
    var headers = new HashMap<>(SAFE);
    headers.put("Content-Type", mediaType);
    return headers;
  }

  private static boolean isText(String mediaType) {
    var type = mediaType.toLowerCase(Locale.ROOT).split(";", 2)[0].strip();
    return type.startsWith("text/")
        || type.equals("application/json")
        || type.endsWith("+json")
        || type.equals("application/xml")
        || type.endsWith("+xml");
  }
}
