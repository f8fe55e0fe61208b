package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.invocation.Invocation;
import dev.ampoule.invocation.InvocationOutcome;
import dev.ampoule.invocation.InvocationOutcome.Dependency;
import dev.ampoule.invocation.InvokePlugin;
import dev.ampoule.invocation.InvokeRequest;
import dev.ampoule.invocation.PrimeInvocations;
import dev.ampoule.invocation.RouteKey;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.policy.Principal;
import dev.ampoule.sandbox.PluginText;
import dev.ampoule.sandbox.RunOutcome.Limit;
import dev.ampoule.sandbox.RunStats;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /v1/plugins/{name}/invoke} and {@code POST
 * /v1/plugins/{name}/versions/{version}/invoke}: raw body in, raw body out.
 */
public final class InvokeHandler
    extends ObservedHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> {
  private static final Logger LOG = LoggerFactory.getLogger(InvokeHandler.class);

  /** As API Gateway hands over headers. */
  private static final String ROUTE_KEY = "ampoule-route-key";

  /** Names that are listed in a problem. */
  private static final int FUNCTIONS_LISTED_MAX = 20;

  private final Gatekeeper gatekeeper;
  private final InvokePlugin invokePlugin;
  private final PrimeInvocations primeInvocations;

  public InvokeHandler() {
    this(Wiring.ofProcess());
  }

  public InvokeHandler(Wiring wiring) {
    super(wiring);
    this.gatekeeper = wiring.gatekeeper();
    this.invokePlugin = wiring.invokePlugin();
    this.primeInvocations = wiring.primeInvocations();
  }

  @Override
  void prime() {
    var primed = primeInvocations.run();
    LOG.info(
        "the snapshot holds {} modules of {} bytes; left out: {}",
        primed.modules(),
        primed.weightBytes(),
        primed.leftOut());
  }

  @Override
  APIGatewayV2HTTPResponse handle(APIGatewayV2HTTPEvent event, Context context) {
    return gatekeeper.authenticate(event, AuditAction.INVOKE, this::invoke);
  }

  private APIGatewayV2HTTPResponse invoke(ApiRequest request, Principal principal)
      throws AuditUnavailableException {
    var plugin = request.plugin();
    if (plugin.isEmpty()) {
      return badRequest(request, principal, ApiRequest.PLUGIN_FORM);
    }
    Optional<PluginVersion> version = request.version();
    if (version.isEmpty() && request.path().containsKey("version")) {
      return badRequest(request, principal, ApiRequest.VERSION_FORM);
    }
    Optional<FunctionName> function = request.query("function").flatMap(FunctionName::parse);
    if (function.isEmpty() && request.query("function").isPresent()) {
      return badRequest(request, principal, "function: must be the name of an exported function");
    }
    Optional<RouteKey> routeKey = request.header(ROUTE_KEY).flatMap(RouteKey::parse);
    if (routeKey.isEmpty() && request.header(ROUTE_KEY).isPresent()) {
      return badRequest(
          request,
          principal,
          "Ampoule-Route-Key: must be 1 to " + RouteKey.CHARS_MAX + " characters");
    }
    return render(
        invokePlugin.invoke(
            new InvokeRequest(
                principal,
                plugin.get(),
                version,
                function,
                routeKey,
                request.body(),
                request.requestId())));
  }

  private APIGatewayV2HTTPResponse badRequest(
      ApiRequest request, Principal principal, String detail) throws AuditUnavailableException {
    return gatekeeper.badRequest(request, principal, AuditAction.INVOKE, detail);
  }

  private static APIGatewayV2HTTPResponse render(Invocation invocation) {
    var response = render(invocation.outcome());
    var headers = response.getHeaders();
    invocation
        .version()
        .ifPresent(version -> {
          headers.put("Ampoule-Plugin", version.name() + "@" + version.version());
          headers.put("Ampoule-Digest", version.digest().toString());
        });
    invocation.audit().ifPresent(id -> headers.put("Ampoule-Audit-Id", id.toString()));
    headers.put("Server-Timing", serverTiming(invocation.timings()));
    return response;
  }

  static APIGatewayV2HTTPResponse render(InvocationOutcome outcome) {
    return switch (outcome) {
      case InvocationOutcome.Completed(byte[] output, String mediaType) ->
          Responses.body(200, mediaType, output);
      case InvocationOutcome.PluginFailed(int exitCode, PluginText text) ->
          Responses.problem(
              ProblemType.PLUGIN_ERROR, text.forCaller(), Json.object().put("exitCode", exitCode));
      case InvocationOutcome.Trapped(var kind) ->
          Responses.problem(
              ProblemType.PLUGIN_TRAPPED,
              "The plugin broke while it ran; nothing it wrote was kept.",
              Json.object().put("trap", lower(kind)));
      case InvocationOutcome.TimedOut(Duration limit) ->
          Responses.problem(
              ProblemType.TIME_LIMIT,
              "The plugin was stopped after " + limit.toMillis() + " ms.",
              limit("timeoutMs", limit.toMillis()));
      case InvocationOutcome.LimitExceeded(Limit limit, long max) ->
          Responses.problem(
              problemType(limit),
              "The plugin was stopped: more than " + max + " for " + lower(limit) + ".",
              limit(lower(limit), max));
      case InvocationOutcome.CapabilityDenied(var capability) ->
          Responses.problem(
              ProblemType.CAPABILITY_DENIED,
              "The plugin was stopped: its manifest does not grant it "
                  + lower(capability)
                  + " there.",
              Json.object().put("capability", lower(capability)));
      case InvocationOutcome.InputTooLarge(long bytes, long max) ->
          Responses.problem(
              ProblemType.INPUT_BYTES_LIMIT,
              "The body has " + bytes + " bytes; this plugin takes at most " + max + ".",
              limit("inputBytes", max).put("bytes", bytes));
      case InvocationOutcome.Forbidden(String policyId) -> Gatekeeper.forbidden(policyId);
      case InvocationOutcome.UnknownPlugin() ->
          Responses.problem(ProblemType.UNKNOWN_PLUGIN, "No version of it was ever registered.");
      case InvocationOutcome.UnknownVersion() ->
          Responses.problem(ProblemType.UNKNOWN_VERSION, "This version was never registered.");
      case InvocationOutcome.NothingLive() ->
          Responses.problem(
              ProblemType.NOTHING_LIVE, "Activate one of its versions, or name one in the path.");
      case InvocationOutcome.NotInvocable(var state) ->
          Responses.problem(
              ProblemType.WRONG_STATE,
              "The version is " + state + "; it cannot be invoked.",
              Json.object().put("state", state.name()));
      case InvocationOutcome.FunctionNeeded(var known) ->
          Responses.problem(ProblemType.FUNCTION_NEEDED, "Name one: ?function=…", functions(known));
      case InvocationOutcome.UnknownFunction(_, var known) ->
          Responses.problem(
              ProblemType.UNKNOWN_FUNCTION,
              "function: not an export that can be called.",
              functions(known));
      case InvocationOutcome.BreakerOpen(Duration retryAfter) ->
          Responses.retryAfter(
              Responses.problem(
                  ProblemType.CIRCUIT_OPEN,
                  "The version broke too often; its calls are refused for a while."),
              retryAfter);
      case InvocationOutcome.TooManyCalls(Duration retryAfter) ->
          Responses.retryAfter(
              Responses.problem(
                  ProblemType.TOO_MANY_CALLS,
                  "So many calls of this plugin run and wait already; nothing was run."),
              retryAfter);
      case InvocationOutcome.PassedThrough(byte[] input, String mediaType, _) -> {
        var response = Responses.body(200, mediaType, input);
        response.getHeaders().put("Ampoule-Passed-Through", "true");
        yield response;
      }
      case InvocationOutcome.Unavailable(Dependency dependency, Duration retryAfter) ->
          Responses.unavailable(name(dependency), retryAfter);
      case InvocationOutcome.Broken() ->
          Responses.problem(ProblemType.INTERNAL, "The request could not be served.");
    };
  }

  private static ProblemType problemType(Limit limit) {
    return switch (limit) {
      case INPUT_BYTES -> ProblemType.INPUT_BYTES_LIMIT;
      case OUTPUT_BYTES -> ProblemType.OUTPUT_BYTES_LIMIT;
      case MEMORY_PAGES -> ProblemType.MEMORY_PAGES_LIMIT;
      case TABLE_ELEMENTS -> ProblemType.TABLE_ELEMENTS_LIMIT;
      case VARS_BYTES -> ProblemType.VARS_BYTES_LIMIT;
      case LOG_BYTES -> ProblemType.LOG_BYTES_LIMIT;
      case HOST_CALLS -> ProblemType.HOST_CALLS_LIMIT;
      case CALL_DEPTH -> ProblemType.CALL_DEPTH_LIMIT;
      case HTTP_RESPONSE_BYTES -> ProblemType.HTTP_RESPONSE_BYTES_LIMIT;
    };
  }

  private static String name(Dependency dependency) {
    return switch (dependency) {
      case CATALOG -> "plugin catalogue";
      case MODULE_STORE -> "module store";
      case AUDIT -> "audit store";
      case SANDBOX -> "sandbox";
    };
  }

  private static ObjectNode limit(String name, long max) {
    return Json.object().put("limit", name).put("max", max);
  }

  private static ObjectNode functions(SortedSet<FunctionName> known) {
    var node = Json.object();
    var list = node.putArray("functions");
    known.stream().limit(FUNCTIONS_LISTED_MAX).forEach(function -> list.add(function.value()));
    return node;
  }

  /** As a problem's member: {@code OUTPUT_BYTES} reads {@code outputBytes}. */
  private static String lower(Enum<?> constant) {
    var words = constant.name().toLowerCase(Locale.ROOT).split("_", -1);
    var camel = new StringBuilder(words[0]);
    for (int i = 1; i < words.length; i++) {
      camel.append(Character.toUpperCase(words[i].charAt(0))).append(words[i].substring(1));
    }
    return camel.toString();
  }

  /** Server-Timing (W3C), in milliseconds. */
  private static String serverTiming(Invocation.Timings timings) {
    var steps = new StringBuilder();
    steps.append(metric("resolve", timings.resolve())).append(", ");
    steps.append(metric("load", timings.load())).append(", ");
    timings
        .run()
        .map(RunStats::wall)
        .ifPresent(wall -> steps.append(metric("run", wall)).append(", "));
    steps.append(metric("audit", timings.audit())).append(", ");
    return steps.append(metric("total", timings.total())).toString();
  }

  private static String metric(String name, Duration duration) {
    return String.format(Locale.ROOT, "%s;dur=%.3f", name, duration.toNanos() / 1e6);
  }
}
