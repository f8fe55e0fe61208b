package dev.ampoule.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.local.Faults.Fault;
import dev.ampoule.local.Faults.Service;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * {@code /_ampoule/faults} of the AWS port, the faults as JSON ({@code {"dynamodb":"down"}}): GET
 * tells them, PUT sets them, DELETE heals everything. For programs of this machine alone: a page in
 * a browser, which could reach the port too, sends an Origin, or another Host.
 */
final class FaultsEndpoint extends Handler.Abstract {
  static final String PATH = "/_ampoule/faults";

  private static final JsonMapper JSON = new JsonMapper();
  private static final int BODY_BYTES_MAX = 1 << 10;
  private static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

  private final Faults faults;

  FaultsEndpoint(Faults faults) {
    this.faults = faults;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (!Request.getPathInContext(request).equals(PATH)) {
      return false;
    }
    if (!isLocal(request)) {
      return answer(response, callback, 403, error("only for programs of this machine"));
    }
    switch (request.getMethod()) {
      case "GET" -> {}
      case "DELETE" -> faults.set(Map.of());
      case "PUT" -> {
        if (request.getLength() > BODY_BYTES_MAX) {
          return answer(
              response, callback, 413, error("body: at most " + BODY_BYTES_MAX + " bytes"));
        }
        try {
          faults.set(parse(Content.Source.asString(request, StandardCharsets.UTF_8)));
        } catch (IllegalArgumentException e) {
          return answer(response, callback, 400, error("body: " + e.getMessage()));
        }
      }
      default -> {
        response.getHeaders().put(HttpHeader.ALLOW, "GET, PUT, DELETE");
        return answer(response, callback, 405, error("GET, PUT or DELETE"));
      }
    }
    return answer(response, callback, 200, told());
  }

  private static boolean isLocal(Request request) {
    return request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress a
        && a.getAddress().isLoopbackAddress()
        && !request.getHeaders().contains(HttpHeader.ORIGIN)
        && LOOPBACK_NAMES.contains(Request.getServerName(request));
  }

  private static Map<Service, Fault> parse(String body) {
    JsonNode tree;
    try {
      tree = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("is no JSON", e);
    }
    if (!tree.isObject()) {
      throw new IllegalArgumentException("must be an object such as {\"dynamodb\":\"down\"}");
    }
    var texts = new ArrayList<String>();
    tree.properties().forEach(field -> texts.add(field.getKey() + "=" + field.getValue().asText()));
    return Faults.parse(texts);
  }

  private ObjectNode told() {
    var body = JSON.createObjectNode();
    faults.all().forEach((service, fault) -> body.put(Faults.name(service), Faults.name(fault)));
    return body;
  }

  private static ObjectNode error(String detail) {
    return JSON.createObjectNode().put("detail", detail);
  }

  private static boolean answer(Response response, Callback callback, int status, ObjectNode body)
      throws JsonProcessingException {
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
    response.write(true, ByteBuffer.wrap(JSON.writeValueAsBytes(body)), callback);
    return true;
  }
}
