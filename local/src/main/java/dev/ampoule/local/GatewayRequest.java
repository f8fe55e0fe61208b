package dev.ampoule.local;

import java.util.List;
import java.util.Objects;

/**
 * An HTTP request as it came off the wire.
 *
 * @param protocol {@code HTTP/1.1} for one
 * @param target path and query, still percent-encoded (RFC 9112 §3.2.1, origin form)
 * @param body the whole of it; not copied, so the caller gives it away
 * @param sourceIp of the client
 * @param port the client connected to
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody, and megabytes are not copied
record GatewayRequest(
    String method,
    String protocol,
    String target,
    List<HttpHeader> headers,
    byte[] body,
    String sourceIp,
    int port) {
  GatewayRequest {
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(protocol, "protocol");
    Objects.requireNonNull(target, "target");
    headers = List.copyOf(headers);
    Objects.requireNonNull(body, "body");
    Objects.requireNonNull(sourceIp, "sourceIp");
  }
}
