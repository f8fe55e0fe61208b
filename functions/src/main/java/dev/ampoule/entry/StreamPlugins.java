package dev.ampoule.entry;

import dev.ampoule.audit.RequestId;
import dev.ampoule.invocation.InvocationOutcome;
import dev.ampoule.invocation.InvokePlugin;
import dev.ampoule.invocation.InvokeRequest;
import dev.ampoule.live.Binding;
import dev.ampoule.live.Derive;
import dev.ampoule.live.LiveEvent;
import dev.ampoule.policy.Principal;
import dev.ampoule.policy.Role;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;

/**
 * Runs the plugins that topics are bound to, as everybody's calls are run: decided, limited,
 * audited. The plugin gets an event's data and nothing else.
 */
final class StreamPlugins implements Derive.Transform {
  /** In the audit; whoever bound the plugin stands there too. */
  private static final Principal STREAM = new Principal("ampoule-stream", Set.of(Role.INTEGRATION));

  private final InvokePlugin invokePlugin;

  StreamPlugins(InvokePlugin invokePlugin) {
    this.invokePlugin = invokePlugin;
  }

  @Override
  public Derive.Result apply(Binding binding, LiveEvent event) {
    var invocation =
        invokePlugin.invoke(
            new InvokeRequest(
                STREAM,
                binding.plugin(),
                Optional.empty(),
                binding.function(),
                event.data().getBytes(StandardCharsets.UTF_8),
                new RequestId("stream-" + event.seq())));
    return switch (invocation.outcome()) {
      case InvocationOutcome.Completed(byte[] output, _) -> output(output);
      case InvocationOutcome.Unavailable _ -> new Derive.Result.Unavailable();
      case InvocationOutcome.PluginFailed _,
          InvocationOutcome.Trapped _,
          InvocationOutcome.TimedOut _,
          InvocationOutcome.LimitExceeded _,
          InvocationOutcome.CapabilityDenied _,
          InvocationOutcome.InputTooLarge _,
          InvocationOutcome.Forbidden _,
          InvocationOutcome.UnknownPlugin _,
          InvocationOutcome.UnknownVersion _,
          InvocationOutcome.NothingLive _,
          InvocationOutcome.NotInvocable _,
          InvocationOutcome.FunctionNeeded _,
          InvocationOutcome.UnknownFunction _,
          InvocationOutcome.Broken _ ->
          new Derive.Result.Failed();
    };
  }

  /** JSON as it is, anything else as {@link #outputJson}. */
  private static Derive.Result output(byte[] output) {
    var json = outputJson(output);
    return json.getBytes(StandardCharsets.UTF_8).length > LiveEvent.DATA_BYTES_MAX
        ? new Derive.Result.Failed()
        : new Derive.Result.Output(json);
  }

  /** JSON as it is, other text as a string, bytes as {@code {"base64": …}}. */
  static String outputJson(byte[] output) {
    return Json.compact(output)
        .or(() -> Json.text(output).map(text -> Json.write(Json.string(text))))
        .orElseGet(() ->
            Json.write(Json.object().put("base64", Base64.getEncoder().encodeToString(output))));
  }
}
