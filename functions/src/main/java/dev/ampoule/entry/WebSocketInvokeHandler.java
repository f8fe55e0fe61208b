package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketResponse;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.entry.SocketDesk.Message;
import dev.ampoule.entry.SocketFrame.BadFrame;
import dev.ampoule.invocation.Invocation;
import dev.ampoule.invocation.InvocationOutcome;
import dev.ampoule.invocation.InvokePlugin;
import dev.ampoule.invocation.InvokeRequest;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.PluginName;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;

/** The WebSocket route {@code invoke}; its own function, because plugins need memory. */
public final class WebSocketInvokeHandler
    extends ObservedHandler<APIGatewayV2WebSocketEvent, APIGatewayV2WebSocketResponse> {
  /** API Gateway's limit on a message, less what stands around the output. */
  static final int OUTPUT_BYTES_MAX = 120 * 1024;

  private final InvokePlugin invokePlugin;
  private final AuditLog audit;
  private final Clock clock;

  public WebSocketInvokeHandler() {
    this(Wiring.ofProcess());
  }

  public WebSocketInvokeHandler(Wiring wiring) {
    super(wiring);
    this.invokePlugin = wiring.invokePlugin();
    this.audit = wiring.auditLog();
    this.clock = wiring.clock();
  }

  @Override
  APIGatewayV2WebSocketResponse handle(APIGatewayV2WebSocketEvent event, Context context) {
    return SocketDesk.response(SocketDesk.serve(event, this::invoke));
  }

  private Optional<ObjectNode> invoke(Message message) throws AuditUnavailableException, BadFrame {
    InvokeRequest request;
    try {
      request = request(message);
    } catch (BadFrame e) {
      audit.append(
          AuditEntry.of(
                  clock.instant(),
                  AuditAction.INVOKE,
                  ApiRequest.actor(message.principal()),
                  AuditOutcome.BAD_REQUEST)
              .request(message.requestId())
              .build());
      throw e;
    }
    return Optional.of(render(message.frame().id(), invokePlugin.invoke(request)));
  }

  private static InvokeRequest request(Message message) throws BadFrame {
    var frame = message.frame();
    frame.only(Set.of("plugin", "function", "input"));
    var plugin =
        frame
            .text("plugin")
            .flatMap(PluginName::parse)
            .orElseThrow(() -> new BadFrame("plugin" + ApiRequest.PLUGIN_FORM.substring(4)));
    Optional<FunctionName> function = frame.text("function").flatMap(FunctionName::parse);
    if (function.isEmpty() && frame.text("function").isPresent()) {
      throw new BadFrame("function: must be the name of an exported function");
    }
    var input = frame.value("input");
    // Text is the input itself; anything else is JSON that the plugin reads.
    var bytes =
        (input.isTextual() ? input.textValue() : Json.write(input))
            .getBytes(StandardCharsets.UTF_8);
    return new InvokeRequest(
        message.principal(), plugin, Optional.empty(), function, bytes, message.requestId());
  }

  private static ObjectNode render(Optional<String> id, Invocation invocation) {
    byte[] output;
    if (invocation.outcome() instanceof InvocationOutcome.Completed(byte[] made, _)) {
      output = made;
    } else if (invocation.outcome()
        instanceof InvocationOutcome.PassedThrough(byte[] input, _, _)) {
      output = input;
    } else {
      var problem = Json.tree(InvokeHandler.render(invocation.outcome()).getBody());
      return SocketDesk.error(id, (ObjectNode) problem);
    }
    var json = StreamPlugins.outputJson(output);
    if (json.getBytes(StandardCharsets.UTF_8).length > OUTPUT_BYTES_MAX) {
      return SocketDesk.error(
          id,
          ProblemType.RESULT_BYTES_LIMIT,
          "A result has at most " + OUTPUT_BYTES_MAX + " bytes; use POST /v1/plugins/…/invoke.");
    }
    var frame = SocketDesk.frame("result", id);
    invocation
        .version()
        .ifPresent(version -> frame.put("plugin", version.name() + "@" + version.version()));
    invocation.audit().ifPresent(audit -> frame.put("audit", audit.toString()));
    frame.set("output", Json.tree(json));
    return frame;
  }
}
