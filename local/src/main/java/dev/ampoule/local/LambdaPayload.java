package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketResponse;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The JSON between gateway and function: its size, and what a function's answer means. */
final class LambdaPayload {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
          .build();

  private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {};

  /** A JSON string takes at most 6 bytes per UTF-16 unit: \\u001F. */
  private static final int MAX_JSON_BYTES_PER_CHAR = 6;

  /** More than everything but the body can come to, within the gateway's limit on headers. */
  private static final int ENVELOPE_BYTES = 512 << 10;

  /** The server's own to set (RFC 9110 §7.6.1, §8.6). */
  private static final Set<String> NOT_THE_FUNCTIONS =
      Set.of("connection", "content-length", "keep-alive", "transfer-encoding", "upgrade");

  /** RFC 9110 §5.6.2. */
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  private LambdaPayload() {}

  static String toText(Object event) {
    try {
      return JSON.writeValueAsString(event);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the event's JSON is over the limit; written out only where it comes near. */
  static boolean exceeds(APIGatewayV2HTTPEvent event, int maxBytes) {
    String body = event.getBody();
    if (body == null
        || (long) body.length() * MAX_JSON_BYTES_PER_CHAR + ENVELOPE_BYTES <= maxBytes) {
      return false;
    }
    var counter = new CountingStream();
    try {
      JSON.writeValue(counter, event);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return counter.bytes > maxBytes;
  }

  /** Missing where the value is no bean, map, list or scalar. */
  static JsonNode toJson(@Nullable Object value) {
    try {
      return JSON.valueToTree(value);
    } catch (IllegalArgumentException e) {
      return MissingNode.getInstance();
    }
  }

  static Map<String, Object> toMap(JsonNode node) {
    return node.isObject() ? JSON.convertValue(node, MAP) : Map.of();
  }

  /**
   * The response a function's result stands for. A result without {@code statusCode} is the body of
   * a 200 in JSON, the inference of payload format 2.0.
   *
   * @return empty where the result is over {@code maxBytes} or no HTTP response can be made of it
   */
  static Optional<GatewayResponse> toResponse(@Nullable Object result, int maxBytes) {
    APIGatewayV2HTTPResponse response;
    if (result instanceof APIGatewayV2HTTPResponse given) {
      response = given;
    } else {
      JsonNode json = toJson(result);
      if (json.isMissingNode()) {
        return Optional.empty();
      }
      if (!json.isObject() || !json.has("statusCode")) {
        String body = json.isTextual() ? json.textValue() : json.toString();
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return bytes.length > maxBytes
            ? Optional.empty()
            : Optional.of(GatewayResponse.json(200, bytes));
      }
      try {
        response = JSON.treeToValue(json, APIGatewayV2HTTPResponse.class);
      } catch (JsonProcessingException e) {
        return Optional.empty();
      }
    }
    return mapped(response, maxBytes);
  }

  /**
   * The response of a WebSocket API's function, which must have a status: inferring one is for HTTP
   * APIs alone.
   *
   * @return empty as {@link #toResponse}
   */
  static Optional<GatewayResponse> toStatedResponse(@Nullable Object result, int maxBytes) {
    if (result instanceof APIGatewayV2WebSocketResponse given) {
      return mapped(
          APIGatewayV2HTTPResponse.builder()
              .withStatusCode(given.getStatusCode())
              .withHeaders(given.getHeaders())
              .withBody(given.getBody())
              .withIsBase64Encoded(given.isIsBase64Encoded())
              .build(),
          maxBytes);
    }
    return result instanceof APIGatewayV2HTTPResponse || toJson(result).has("statusCode")
        ? toResponse(result, maxBytes)
        : Optional.empty();
  }

  private static Optional<GatewayResponse> mapped(APIGatewayV2HTTPResponse response, int maxBytes) {
    int status = response.getStatusCode();
    if (status < 200 || status > 599) {
      return Optional.empty();
    }
    byte[] text =
        response.getBody() == null
            ? new byte[0]
            : response.getBody().getBytes(StandardCharsets.UTF_8);
    if (text.length > maxBytes) {
      return Optional.empty();
    }
    byte[] body;
    try {
      body = response.getIsBase64Encoded() ? Base64.getDecoder().decode(text) : text;
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    List<HttpHeader> headers = new ArrayList<>();
    if (response.getHeaders() != null) {
      response.getHeaders().forEach((name, value) -> add(headers, name, value));
    }
    if (response.getMultiValueHeaders() != null) {
      response
          .getMultiValueHeaders()
          .forEach((name, values) -> values.forEach(value -> add(headers, name, value)));
    }
    if (response.getCookies() != null) {
      response.getCookies().forEach(cookie -> add(headers, "set-cookie", cookie));
    }
    if (headers.stream().anyMatch(LambdaPayload::isMalformed)) {
      return Optional.empty();
    }
    if (body.length > 0
        && headers.stream().noneMatch(h -> h.name().equalsIgnoreCase("content-type"))) {
      headers.add(new HttpHeader("content-type", "text/plain;charset=UTF-8"));
    }
    return Optional.of(new GatewayResponse(status, headers, body));
  }

  private static void add(List<HttpHeader> headers, String name, @Nullable String value) {
    if (value != null && !NOT_THE_FUNCTIONS.contains(name.toLowerCase(Locale.ROOT))) {
      headers.add(new HttpHeader(name, value));
    }
  }

  /** RFC 9110 §5.1 and §5.5: a token, and no control characters, or it could start a new line. */
  private static boolean isMalformed(HttpHeader header) {
    return !TOKEN.matcher(header.name()).matches()
        || header.value().chars().anyMatch(c -> c > 0xFF || (c < 0x20 && c != '\t') || c == 0x7F);
  }

  private static final class CountingStream extends OutputStream {
    private long bytes;

    @Override
    public void write(int b) {
      bytes++;
    }

    @Override
    public void write(byte[] b, int off, int len) {
      bytes += len;
    }
  }
}
