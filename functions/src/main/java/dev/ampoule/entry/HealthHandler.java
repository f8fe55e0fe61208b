package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import dev.ampoule.invocation.Health;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;

/**
 * What needs no token: {@code GET /health}, 200 while calls are served, else 503, and {@code GET
 * /openapi.json} and {@code GET /asyncapi.json}, the REST calls and the WebSocket described.
 */
public final class HealthHandler
    extends ObservedHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> {
  private static final String OPEN_API = resource("openapi.json");
  private static final String ASYNC_API = resource("asyncapi.json");

  private final Health health;

  public HealthHandler() {
    this(Wiring.ofProcess());
  }

  public HealthHandler(Wiring wiring) {
    super(wiring);
    this.health = wiring.health();
  }

  @Override
  void prime() {
    var _ = health.check();
  }

  @Override
  APIGatewayV2HTTPResponse handle(APIGatewayV2HTTPEvent event, Context context) {
    return switch (event.getRouteKey()) {
      case "GET /openapi.json" -> Responses.text(200, "application/json", OPEN_API);
      case "GET /asyncapi.json" -> Responses.text(200, "application/json", ASYNC_API);
      default -> health();
    };
  }

  private APIGatewayV2HTTPResponse health() {
    var report = health.check();
    var body = Json.object().put("status", lower(report.overall()));
    var dependencies = body.putObject("dependencies");
    report
        .dependencies()
        .forEach((dependency, state) -> dependencies.put(lower(dependency), lower(state)));
    report.catalogAge().ifPresent(age -> body.put("catalogAgeSeconds", age.toSeconds()));
    report.spooledBlocks().ifPresent(blocks -> body.put("spooledBlocks", blocks));
    return Responses.json(report.overall() == Health.State.DOWN ? 503 : 200, body);
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String resource(String name) {
    try (var in = HealthHandler.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("reading our own resource", e);
    }
  }
}
