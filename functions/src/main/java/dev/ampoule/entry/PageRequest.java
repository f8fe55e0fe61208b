package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import dev.ampoule.audit.RequestId;
import dev.ampoule.dashboard.Language;
import dev.ampoule.live.Topic;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A browser's request as the page handler reads it.
 *
 * @param token of the session cookie
 * @param form what a form sent, in names and values; empty where it cannot be read
 * @param fragment whether htmx asks, to swap a part of the answer into the page it has
 * @param sameOrigin whether a page of this very host sent it, as far as the browser tells
 */
record PageRequest(
    String route,
    String path,
    Map<String, String> pathParameters,
    Map<String, String> query,
    Map<String, String> form,
    Optional<String> token,
    Language language,
    boolean sameOrigin,
    boolean loopback,
    boolean fragment,
    RequestId requestId) {
  static final String SESSION = "ampoule-session";
  static final String LANGUAGE = "ampoule-lang";
  private static final RequestId UNKNOWN = new RequestId("unknown");
  private static final int FORM_BYTES_MAX = 16 * 1024;
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  PageRequest {
    pathParameters = Map.copyOf(pathParameters);
    query = Map.copyOf(query);
    form = Map.copyOf(form);
  }

  static PageRequest of(APIGatewayV2HTTPEvent event) {
    var headers = orEmpty(event.getHeaders());
    var query = orEmpty(event.getQueryStringParameters());
    var cookies = cookies(event.getCookies());
    return new PageRequest(
        event.getRouteKey(),
        event.getRawPath(),
        orEmpty(event.getPathParameters()),
        query,
        form(event),
        Optional.ofNullable(cookies.get(SESSION)).filter(token -> !token.isEmpty()),
        Optional.ofNullable(query.get("lang"))
            .or(() -> Optional.ofNullable(cookies.get(LANGUAGE)))
            .flatMap(Language::ofTag)
            .orElseGet(() -> Language.preferred(headers.getOrDefault("accept-language", ""))),
        sameOrigin(headers),
        LOOPBACK.contains(hostName(headers.getOrDefault("host", ""))),
        headers.containsKey("hx-request"),
        RequestId.parse(event.getRequestContext().getRequestId()).orElse(UNKNOWN));
  }

  Optional<Topic> topic(String before, String after) {
    return Topic.parse(before + pathParameters.getOrDefault("id", "") + after)
        // An id with a slash in it would be another topic.
        .filter(_ -> !pathParameters.getOrDefault("id", "").contains("/"));
  }

  Optional<PluginName> plugin() {
    return Optional.ofNullable(pathParameters.get("name")).flatMap(PluginName::parse);
  }

  Optional<PluginVersion> version() {
    return Optional.ofNullable(pathParameters.get("version")).flatMap(PluginVersion::parse);
  }

  Optional<String> query(String name) {
    return Optional.ofNullable(query.get(name));
  }

  /**
   * A page of ours to go on to: a path from the root, no other host ({@code //host}, {@code
   * /\host}).
   */
  static String ownPath(String text) {
    return text.matches("/(?:[A-Za-z0-9._~-][A-Za-z0-9/._~-]*)?") ? text : "/";
  }

  /**
   * Browsers send {@code Origin} with every form; one that does not says where it comes from in
   * {@code Sec-Fetch-Site}. Who says neither is no browser, and has no cookie that others could
   * misuse.
   */
  private static boolean sameOrigin(Map<String, String> headers) {
    var origin = headers.get("origin");
    var site = headers.get("sec-fetch-site");
    if (origin == null) {
      return site != null && site.equals("same-origin");
    }
    try {
      var authority = URI.create(origin).getRawAuthority();
      return authority != null && authority.equalsIgnoreCase(headers.get("host"));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String hostName(String host) {
    int colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
  }

  private static Map<String, String> cookies(@Nullable List<String> given) {
    Map<String, String> cookies = new HashMap<>();
    if (given != null) {
      for (String cookie : given) {
        int equals = cookie.indexOf('=');
        if (equals > 0) {
          cookies.putIfAbsent(cookie.substring(0, equals).strip(), cookie.substring(equals + 1));
        }
      }
    }
    return cookies;
  }

  private static Map<String, String> form(APIGatewayV2HTTPEvent event) {
    var body = ApiRequest.body(event);
    Map<String, String> form = new HashMap<>();
    if (body.length > FORM_BYTES_MAX) {
      return form;
    }
    for (String pair : new String(body, StandardCharsets.US_ASCII).split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        try {
          form.put(decoded(pair.substring(0, equals)), decoded(pair.substring(equals + 1)));
        } catch (IllegalArgumentException e) {
          return Map.of(); // an incomplete escape
        }
      }
    }
    return form;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : map;
  }

  @Override
  public String toString() {
    return "PageRequest[" + route + ", " + requestId + "]";
  }
}
