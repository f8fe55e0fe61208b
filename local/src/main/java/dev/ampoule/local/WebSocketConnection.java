package dev.ampoule.local;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What each event of a connection says of it.
 *
 * @param id 15 characters of URL-safe Base64 and an equals sign, as API Gateway's
 * @param domainName the host that the client asked for
 * @param authorizer what the authorizer found out, or null where there is none
 */
record WebSocketConnection(
    String id,
    Instant connectedAt,
    String sourceIp,
    String userAgent,
    String domainName,
    @Nullable Map<String, Object> authorizer) {
  private static final SecureRandom RANDOM = new SecureRandom();

  WebSocketConnection {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(connectedAt, "connectedAt");
    Objects.requireNonNull(sourceIp, "sourceIp");
    Objects.requireNonNull(userAgent, "userAgent");
    Objects.requireNonNull(domainName, "domainName");
    authorizer = authorizer == null ? null : Map.copyOf(authorizer);
  }

  WebSocketConnection authorized(Map<String, Object> context) {
    return new WebSocketConnection(id, connectedAt, sourceIp, userAgent, domainName, context);
  }

  /** Unguessable, and unique in the life of any laptop: 88 bits. */
  static String newId() {
    byte[] random = new byte[11];
    RANDOM.nextBytes(random);
    return Base64.getUrlEncoder().encodeToString(random);
  }
}
