package dev.ampoule.sandbox;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.sandbox.RunOutcome.DeniedCapability;
import dev.ampoule.sandbox.RunOutcome.Limit;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * {@code http_request} of one call: Extism's request JSON in, the last answer of the redirect chain
 * out. Every hop is held to the hosts that the manifest grants, and loses its credentials when it
 * leaves the host they were meant for (RFC 9110 §15.4).
 */
final class HttpRequests {
  /** What Extism's {@code HttpRequest} JSON may have in bytes; a URL and headers are far less. */
  private static final int REQUEST_JSON_BYTES_MAX = 64 * 1024;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}");
  private static final Pattern FIELD_VALUE = Pattern.compile("[\\t\\x20-\\x7e\\x80-\\xff]*");

  /** Fields that belong to the connection: a plugin must not smuggle with them. */
  private static final Set<String> OWNED_BY_CONNECTION =
      Set.of(
          "connection",
          "content-length",
          "expect",
          "host",
          "keep-alive",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private static final Set<String> CREDENTIALS = Set.of("authorization", "cookie");
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  /** The answer the plugin gets; header names in lower case, the first value of each. */
  @SuppressWarnings("ArrayRecordComponent") // the body itself; never compared
  record Answer(int status, Map<String, String> headers, byte[] body) {
    Answer {
      headers = Map.copyOf(headers);
    }
  }

  private final HttpAccess access;
  private final Optional<List<String>> hosts;
  private final RunBudget budget;

  HttpRequests(HttpAccess access, Optional<List<String>> hosts, RunBudget budget) {
    this.access = access;
    this.hosts = hosts.map(List::copyOf);
    this.budget = budget;
  }

  Answer send(byte[] requestJson, byte[] body) {
    var request = parse(requestJson);
    for (int redirects = 0; ; redirects++) {
      requireGranted(request.uri());
      var reply =
          exchange(
              new HttpAccess.Exchange(
                  request.uri(),
                  request.method(),
                  request.headers(),
                  request.keepsBody() ? body : new byte[0],
                  budget.remaining(),
                  budget.limits().httpResponseBytes()));
      var answered =
          switch (reply) {
            case HttpAccess.Answered a -> a;
            case HttpAccess.AddressRefused _ -> throw denied();
            case HttpAccess.BodyTooLong _ ->
                throw RunStopped.limit(
                    Limit.HTTP_RESPONSE_BYTES, budget.limits().httpResponseBytes());
            case HttpAccess.TimeRanOut _ -> throw new Interrupted();
            case HttpAccess.Failed f ->
                throw failed(
                    switch (f.failure()) {
                      case UNKNOWN_HOST -> "the host has no address";
                      case NO_CONNECTION -> "no connection";
                      case TLS -> "no trusted TLS connection";
                      case BROKEN_ANSWER -> "the answer broke off or is not HTTP";
                    });
          };
      var location = REDIRECTS.contains(answered.status()) ? location(request, answered) : null;
      if (location == null) {
        return new Answer(answered.status(), firstValues(answered.headers()), answered.body());
      }
      if (redirects == budget.limits().httpRedirects()) {
        throw failed("more than " + budget.limits().httpRedirects() + " redirects");
      }
      request = request.redirected(answered.status(), location);
    }
  }

  private HttpAccess.Reply exchange(HttpAccess.Exchange exchange) {
    try {
      return access.exchange(exchange);
    } catch (RuntimeException e) {
      throw new PortFailed("HTTP access", e);
    }
  }

  static byte[] json(Map<String, String> object) {
    try {
      return JSON.writeValueAsBytes(object);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of strings always has a JSON form", e);
    }
  }

  /** One hop. */
  private record Request(URI uri, String method, Map<String, String> headers, boolean keepsBody) {

    Request redirected(int status, URI location) {
      var kept = new TreeMap<>(headers);
      if (!sameOrigin(uri, location)) {
        kept.keySet().removeIf(name -> CREDENTIALS.contains(name.toLowerCase(Locale.ROOT)));
      }
      boolean becomesGet =
          (status == 303 && !method.equals("HEAD"))
              || ((status == 301 || status == 302) && method.equals("POST"));
      if (becomesGet) {
        kept.keySet().removeIf(name -> name.toLowerCase(Locale.ROOT).startsWith("content-"));
      }
      return new Request(location, becomesGet ? "GET" : method, kept, keepsBody && !becomesGet);
    }
  }

  private static Request parse(byte[] json) {
    if (json.length > REQUEST_JSON_BYTES_MAX) {
      throw failed("the request JSON has more than " + REQUEST_JSON_BYTES_MAX + " bytes");
    }
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JacksonException e) {
      throw RunStopped.badHostCall();
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
    JsonNode url = root.path("url");
    if (!url.isTextual()) {
      throw RunStopped.badHostCall();
    }
    JsonNode method = root.path("method");
    String verb = method.isTextual() ? method.asText() : "GET";
    if (!TOKEN.matcher(verb).matches()
        || verb.equalsIgnoreCase("CONNECT")
        || verb.equalsIgnoreCase("TRACE")) {
      throw failed("the method cannot be sent");
    }
    var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    JsonNode fields = root.has("headers") ? root.path("headers") : root.path("header");
    for (var field : fields.properties()) {
      String name = field.getKey();
      String value = field.getValue().asText();
      if (!TOKEN.matcher(name).matches() || !FIELD_VALUE.matcher(value).matches()) {
        throw failed("a header cannot be sent");
      }
      if (!OWNED_BY_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
        headers.put(name, value);
      }
    }
    return new Request(
        uri(url.asText()).orElseThrow(() -> failed("the URL is not valid")), verb, headers, true);
  }

  /** As URL parsers do, what no URI may hold is percent-encoded rather than refused. */
  private static Optional<URI> uri(String text) {
    try {
      var uri = new URI(encodeIllegal(text.strip()));
      boolean sendable =
          uri.isAbsolute()
              && !uri.isOpaque()
              && uri.getHost() != null
              && uri.getRawUserInfo() == null
              && uri.getPort() <= 65_535
              && (uri.getScheme().equalsIgnoreCase("http")
                  || uri.getScheme().equalsIgnoreCase("https"));
      return sendable ? Optional.of(uri) : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static String encodeIllegal(String text) {
    var encoded = new StringBuilder(text.length());
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b > ' ' && b < 0x7f && "\"<>\\^`{|}".indexOf(b) < 0) {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
    return encoded.toString();
  }

  private static URI location(Request request, HttpAccess.Answered answered) {
    var values = answered.headers().getOrDefault("location", List.of());
    if (values.isEmpty()) {
      throw failed("a redirect without a location");
    }
    try {
      return uri(request.uri().resolve(new URI(encodeIllegal(values.getFirst()))).toString())
          .orElseThrow(() -> failed("a redirect to what is not an HTTP URL"));
    } catch (URISyntaxException e) {
      throw failed("a redirect to what is not an HTTP URL");
    }
  }

  private void requireGranted(URI uri) {
    if (hosts.orElse(List.of()).stream().noneMatch(granted -> isGranted(granted, uri))) {
      throw denied();
    }
  }

  /**
   * A grant is a name, {@code name:port}, {@code *.suffix} with or without a port, or {@code *}.
   */
  static boolean isGranted(String granted, URI uri) {
    String pattern = granted.toLowerCase(Locale.ROOT);
    int colon =
        pattern.startsWith("[")
            ? pattern.indexOf(':', pattern.indexOf(']') + 1)
            : pattern.lastIndexOf(':');
    if (colon >= 0) {
      if (!pattern.substring(colon + 1).equals(Integer.toString(port(uri)))) {
        return false;
      }
      pattern = pattern.substring(0, colon);
    }
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    if (host.endsWith(".")) {
      host = host.substring(0, host.length() - 1);
    }
    return pattern.equals("*")
        || pattern.equals(host)
        || (pattern.startsWith("*.")
            && host.length() > pattern.length() - 1
            && host.endsWith(pattern.substring(1)));
  }

  private static boolean sameOrigin(URI a, URI b) {
    return a.getScheme().equalsIgnoreCase(b.getScheme())
        && a.getHost().equalsIgnoreCase(b.getHost())
        && port(a) == port(b);
  }

  private static int port(URI uri) {
    if (uri.getPort() >= 0) {
      return uri.getPort();
    }
    return uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
  }

  private static Map<String, String> firstValues(Map<String, List<String>> headers) {
    var first = new TreeMap<String, String>();
    headers.forEach((name, values) -> first.put(name, values.getFirst()));
    return first;
  }

  private static RunStopped denied() {
    return new RunStopped(new RunOutcome.CapabilityDenied(DeniedCapability.HTTP));
  }

  /** In Extism a request that cannot be made ends the call with an error; so it does here. */
  private static RunStopped failed(String why) {
    return new RunStopped(
        new RunOutcome.PluginError(
            Sandbox.NO_EXIT_CODE, new PluginText("HTTP request failed: " + why)));
  }
}
