package dev.ampoule.local;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * What goes back over the wire.
 *
 * @param status 100 to 599
 * @param body not copied, so the maker gives it away
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody, and megabytes are not copied
record GatewayResponse(int status, List<HttpHeader> headers, byte[] body) {
  GatewayResponse {
    headers = List.copyOf(headers);
    Objects.requireNonNull(body, "body");
  }

  /** API Gateway's own errors: {@code {"message":"Forbidden"}}. The message is a constant. */
  static GatewayResponse error(int status, String message) {
    return json(status, ("{\"message\":\"" + message + "\"}").getBytes(StandardCharsets.UTF_8));
  }

  static GatewayResponse json(int status, byte[] json) {
    return new GatewayResponse(
        status, List.of(new HttpHeader("content-type", "application/json")), json);
  }
}
