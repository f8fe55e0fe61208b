package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import dev.ampoule.audit.Actor;
import dev.ampoule.audit.RequestId;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.policy.Principal;
import dev.ampoule.policy.Role;
import dev.ampoule.policy.TokenCheck;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An HTTP API request as the handlers read it. */
@SuppressWarnings("ArrayRecordComponent") // the body itself; never compared
record ApiRequest(
    String route,
    Caller caller,
    Map<String, String> path,
    Map<String, String> query,
    Map<String, String> headers,
    byte[] body,
    RequestId requestId) {

  private static final RequestId UNKNOWN = new RequestId("unknown");
  static final String PLUGIN_FORM =
      "name: must be lower-case words joined by hyphens, at most "
          + PluginName.MAX_CHARS
          + " characters";
  static final String VERSION_FORM =
      "version: must be a SemVer version without build metadata, at most "
          + PluginVersion.MAX_CHARS
          + " characters";

  /** Who calls, as the authorizer found. */
  sealed interface Caller {
    record Authenticated(Principal principal) implements Caller {}

    record Unauthenticated(TokenCheck.Reason reason) implements Caller {}
  }

  static ApiRequest of(APIGatewayV2HTTPEvent event) {
    var context = event.getRequestContext();
    return new ApiRequest(
        event.getRouteKey(),
        caller(context),
        orEmpty(event.getPathParameters()),
        orEmpty(event.getQueryStringParameters()),
        orEmpty(event.getHeaders()),
        body(event),
        RequestId.parse(context.getRequestId()).orElse(UNKNOWN));
  }

  Optional<PluginName> plugin() {
    return Optional.ofNullable(path.get("name")).flatMap(PluginName::parse);
  }

  Optional<PluginVersion> version() {
    return Optional.ofNullable(path.get("version")).flatMap(PluginVersion::parse);
  }

  /** Whether the caller asks for this media type by name. */
  boolean accepts(String mediaType) {
    return header("accept").orElse("").contains(mediaType);
  }

  /** A header by its name in lower case. */
  Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name));
  }

  Optional<String> query(String name) {
    return Optional.ofNullable(query.get(name));
  }

  /** As the audit names a principal. */
  static Actor actor(Principal principal) {
    return Actor.ofSubject(principal.subject()).orElseThrow();
  }

  private static byte[] body(APIGatewayV2HTTPEvent event) {
    var body = event.getBody();
    if (body == null) {
      return new byte[0];
    }
    return event.getIsBase64Encoded()
        ? Base64.getDecoder().decode(body)
        : body.getBytes(StandardCharsets.UTF_8);
  }

  private static Caller caller(APIGatewayV2HTTPEvent.RequestContext context) {
    var authorizer = context.getAuthorizer();
    var lambda = authorizer == null ? null : authorizer.getLambda();
    if (lambda == null) {
      return new Caller.Unauthenticated(TokenCheck.Reason.MISSING);
    }
    if (lambda.get(AuthorizerHandler.SUBJECT) instanceof String subject
        && lambda.get(AuthorizerHandler.ROLES) instanceof String roles) {
      return new Caller.Authenticated(
          new Principal(
              subject,
              Arrays.stream(roles.split(" "))
                  .flatMap(role -> Role.ofClaim(role).stream())
                  .collect(Collectors.toSet())));
    }
    return new Caller.Unauthenticated(
        lambda.get(AuthorizerHandler.REFUSED) instanceof String reason
            ? TokenCheck.Reason.valueOf(reason)
            : TokenCheck.Reason.MISSING);
  }

  private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : map;
  }

  @Override
  public String toString() {
    return "ApiRequest[" + route + ", " + body.length + " bytes, " + requestId + "]";
  }
}
