package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import dev.ampoule.dashboard.Asset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Pages, redirects and assets in API Gateway's payload format 2.0. */
final class PageResponses {
  private static final String HTML = "text/html; charset=utf-8";

  private PageResponses() {}

  /**
   * A page, which no other may frame, and which loads and sends nothing but to its own host and the
   * WebSocket API.
   */
  static APIGatewayV2HTTPResponse html(int status, String html, String socketOrigin) {
    var response = Responses.body(status, HTML, html.getBytes(StandardCharsets.UTF_8));
    var headers = response.getHeaders();
    headers.put(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
            + " connect-src 'self'"
            + (socketOrigin.isEmpty() ? "" : " " + socketOrigin)
            + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    headers.put("Cross-Origin-Opener-Policy", "same-origin");
    headers.put("Cross-Origin-Resource-Policy", "same-origin");
    headers.put("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
    headers.put("Referrer-Policy", "same-origin");
    headers.put("Vary", "Accept-Language, Cookie");
    headers.put("X-Frame-Options", "DENY");
    return response;
  }

  /** After a form, so that reloading the page does not send it again. */
  static APIGatewayV2HTTPResponse seeOther(String path) {
    var headers = new HashMap<>(Map.of("Cache-Control", "no-store", "Location", path));
    return APIGatewayV2HTTPResponse.builder().withStatusCode(303).withHeaders(headers).build();
  }

  /** Tells htmx to leave the page it is on. */
  static APIGatewayV2HTTPResponse leaveFor(String path) {
    var headers = new HashMap<>(Map.of("Cache-Control", "no-store", "HX-Redirect", path));
    return APIGatewayV2HTTPResponse.builder().withStatusCode(401).withHeaders(headers).build();
  }

  /** Its name changes with its content, so it is good for ever. */
  static APIGatewayV2HTTPResponse asset(Asset asset) {
    var response =
        Responses.body(200, asset.mediaType(), asset.text().getBytes(StandardCharsets.UTF_8));
    response.getHeaders().put("Cache-Control", "public, max-age=31536000, immutable");
    response.getHeaders().put("Cross-Origin-Resource-Policy", "same-origin");
    return response;
  }

  /**
   * Not readable by scripts, not sent from other sites; in the clear to this very machine alone.
   */
  static APIGatewayV2HTTPResponse withCookie(
      APIGatewayV2HTTPResponse response, String name, String value, boolean loopback) {
    response.setCookies(
        List.of(
            name
                + "="
                + value
                + "; Path=/; HttpOnly; SameSite=Strict"
                + (value.isEmpty() ? "; Max-Age=0" : "")
                + (loopback ? "" : "; Secure")));
    return response;
  }
}
