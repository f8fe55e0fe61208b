package dev.ampoule.invocation;

import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditId;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.PolicyId;
import dev.ampoule.invocation.InvocationOutcome.Dependency;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.Limits;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.Phi;
import dev.ampoule.policy.Action;
import dev.ampoule.policy.Decision;
import dev.ampoule.policy.PolicyGate;
import dev.ampoule.privacy.Redacted;
import dev.ampoule.registry.CatalogUnavailableException;
import dev.ampoule.registry.ModuleLostException;
import dev.ampoule.registry.ModuleStoreUnavailableException;
import dev.ampoule.registry.Modules;
import dev.ampoule.registry.Rollout;
import dev.ampoule.registry.VersionRecord;
import dev.ampoule.sandbox.PluginCall;
import dev.ampoule.sandbox.RunOutcome;
import dev.ampoule.sandbox.RunStats;
import dev.ampoule.sandbox.Sandbox;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a plugin for a caller: find, decide, admit, load, run, audit. Exactly one audit entry is
 * written for every invocation, whatever its outcome; where none can be stored the caller gets no
 * output.
 */
public final class InvokePlugin {
  private static final Logger LOG = LoggerFactory.getLogger(InvokePlugin.class);
  private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

  private final HotSwap hotSwap;
  private final PolicyGate gate;
  private final CircuitBreakers breakers;
  private final Bulkheads bulkheads;
  private final Modules modules;
  private final Sandbox sandbox;
  private final ShadowRuns shadowRuns;
  private final Supervisor supervisor;
  private final PluginLog pluginLog;
  private final AuditLog audit;
  private final Clock clock;

  public InvokePlugin(
      HotSwap hotSwap,
      PolicyGate gate,
      CircuitBreakers breakers,
      Bulkheads bulkheads,
      Modules modules,
      Sandbox sandbox,
      ShadowRuns shadowRuns,
      Supervisor supervisor,
      PluginLog pluginLog,
      AuditLog audit,
      Clock clock) {
    this.hotSwap = hotSwap;
    this.gate = gate;
    this.breakers = breakers;
    this.bulkheads = bulkheads;
    this.modules = modules;
    this.sandbox = sandbox;
    this.shadowRuns = shadowRuns;
    this.supervisor = supervisor;
    this.pluginLog = pluginLog;
    this.audit = audit;
    this.clock = clock;
  }

  /** Never throws for anything a caller, a plugin or a broken dependency does. */
  public Invocation invoke(InvokeRequest request) {
    var started = clock.instant();
    var steps = new Steps();
    var outcome = attempt(request, steps);
    ended(outcome, steps);
    var auditing = System.nanoTime();
    Optional<AuditId> auditId;
    try {
      auditId = Optional.of(audit.append(entry(request, outcome, steps, started)));
    } catch (AuditUnavailableException e) {
      // No audit, no access: the output is dropped here.
      auditId = Optional.empty();
      outcome = new InvocationOutcome.Unavailable(Dependency.AUDIT, RETRY_AFTER);
    }
    return new Invocation(
        outcome, Optional.ofNullable(steps.version), auditId, steps.timings(auditing));
  }

  /** The one place where what went wrong below becomes an outcome, so that it is audited too. */
  private InvocationOutcome attempt(InvokeRequest request, Steps steps) {
    try {
      return run(request, steps);
    } catch (CatalogUnavailableException e) {
      return new InvocationOutcome.Unavailable(Dependency.CATALOG, RETRY_AFTER);
    } catch (ModuleStoreUnavailableException | ModuleLostException e) {
      return withoutPlugin(request, steps, Dependency.MODULE_STORE);
    } catch (AuditUnavailableException e) {
      return new InvocationOutcome.Unavailable(Dependency.AUDIT, RETRY_AFTER);
    } catch (Sandbox.ExhaustedException e) {
      return withoutPlugin(request, steps, Dependency.SANDBOX);
    } catch (RuntimeException | Error e) {
      // The class alone: a message could hold a part of the input.
      LOG.error("invocation {} broke: {}", request.requestId(), e.getClass().getName());
      return new InvocationOutcome.Broken();
    }
  }

  private static InvocationOutcome withoutPlugin(
      InvokeRequest request, Steps steps, Dependency missing) {
    var because = new InvocationOutcome.Unavailable(missing, RETRY_AFTER);
    return steps.version == null ? because : passedThrough(request, steps.version, because);
  }

  private InvocationOutcome run(InvokeRequest request, Steps steps)
      throws AuditUnavailableException {
    var resolving = System.nanoTime();
    var found = hotSwap.find(request.plugin(), request.version(), request.routeKey());
    steps.resolve = since(resolving);
    steps.known = known(found);

    var decision = gate.decide(request.principal(), Action.INVOKE_PLUGIN);
    steps.policyId = decision.policyId();
    if (decision instanceof Decision.Forbid(String policyId)) {
      return new InvocationOutcome.Forbidden(policyId);
    }
    return switch (found) {
      case HotSwap.Found.UnknownPlugin _ -> new InvocationOutcome.UnknownPlugin();
      case HotSwap.Found.UnknownVersion _ -> new InvocationOutcome.UnknownVersion();
      case HotSwap.Found.NothingLive _ -> new InvocationOutcome.NothingLive();
      case HotSwap.Found.NotInvocable(VersionRecord version) -> {
        steps.version = version;
        yield new InvocationOutcome.NotInvocable(version.state());
      }
      case HotSwap.Found.Version runnable -> {
        steps.version = runnable.version();
        steps.rollout = runnable.rollout().orElse(null);
        yield admitted(request, runnable, steps);
      }
    };
  }

  /** Past what a call cannot pass: the input's limit, the breaker, the bulkhead. */
  private InvocationOutcome admitted(
      InvokeRequest request, HotSwap.Found.Version found, Steps steps)
      throws AuditUnavailableException {
    var version = found.version();
    var limits = version.manifest().limits();
    if (request.input().length > limits.inputBytes()) {
      return new InvocationOutcome.InputTooLarge(request.input().length, limits.inputBytes());
    }
    return switch (breakers.enter(version.name(), version.version(), found.breakerOpenUntil())) {
      case CircuitBreakers.Entry.Refused(Duration retryAfter) ->
          passedThrough(request, version, new InvocationOutcome.BreakerOpen(retryAfter));
      case CircuitBreakers.Entry.Permitted(var permit) -> {
        var ending = Ending.NONE;
        try (var room = bulkheads.enter(version.name(), version.manifest()).orElse(null)) {
          if (room == null) {
            yield new InvocationOutcome.TooManyCalls(bulkheads.retryAfter());
          }
          var outcome = run(request, found, steps);
          ending = Ending.of(outcome);
          yield outcome;
        } finally {
          permit.ended(ending);
        }
      }
    };
  }

  private InvocationOutcome run(InvokeRequest request, HotSwap.Found.Version found, Steps steps)
      throws AuditUnavailableException {
    var version = found.version();
    var manifest = version.manifest();
    var loading = System.nanoTime();
    var module = modules.load(version);
    steps.load = since(loading);

    var facts = module.facts();
    var function = request.function().or(manifest::function).or(facts::soleFunction);
    if (function.isEmpty()) {
      return new InvocationOutcome.FunctionNeeded(facts.functions());
    }
    if (!facts.functions().contains(function.get())) {
      return new InvocationOutcome.UnknownFunction(function.get(), facts.functions());
    }
    steps.function = function.get();

    startShadow(request, found, steps);
    var run = sandbox.run(module, call(request, version, function.get(), manifest.limits()));
    steps.run = run.stats();
    return switch (run.outcome()) {
      case RunOutcome.Output(byte[] bytes) ->
          new InvocationOutcome.Completed(bytes, manifest.output());
      case RunOutcome.PluginError(int exitCode, var text) ->
          new InvocationOutcome.PluginFailed(exitCode, text);
      case RunOutcome.Trap(var kind) -> new InvocationOutcome.Trapped(kind);
      case RunOutcome.TimedOut(var limit) -> new InvocationOutcome.TimedOut(limit);
      case RunOutcome.LimitExceeded(var limit, long max) ->
          new InvocationOutcome.LimitExceeded(limit, max);
      case RunOutcome.CapabilityDenied(var capability) ->
          new InvocationOutcome.CapabilityDenied(capability);
    };
  }

  private void startShadow(InvokeRequest request, HotSwap.Found.Version found, Steps steps) {
    if (found.shadow().isPresent() && found.rollout().isPresent()) {
      steps.shadow =
          shadowRuns.start(found.shadow().get(), found.rollout().get(), request).orElse(null);
    }
  }

  /**
   * The input as the output, where the manifest says so and the plugin touches no PHI; else why it
   * could not be run (RATIONALE: "When does an input pass through unchanged?").
   */
  private static InvocationOutcome passedThrough(
      InvokeRequest request, VersionRecord version, InvocationOutcome because) {
    var manifest = version.manifest();
    return manifest.onFailure() == Manifest.OnFailure.OPEN
            && manifest.phi().access() == Phi.Access.NONE
        ? new InvocationOutcome.PassedThrough(
            request.input(), manifest.input().orElse(Manifest.OUTPUT_DEFAULT), because)
        : because;
  }

  /** What the supervisor and the shadow learn of a call, when its answer is made. */
  private void ended(InvocationOutcome outcome, Steps steps) {
    if (steps.shadow != null) {
      steps.shadow.liveEnded(outcome);
    }
    var run = steps.run;
    if (run != null && steps.version != null && steps.rollout != null) {
      supervisor.ended(
          steps.version.name(),
          steps.version.version(),
          steps.rollout,
          Ending.of(outcome),
          run.wall());
    }
  }

  private PluginCall call(
      InvokeRequest request, VersionRecord version, FunctionName function, Limits limits) {
    return new PluginCall(
        function,
        request.input(),
        version.manifest().capabilities(),
        limits,
        pluginLog.sink(version, request.requestId()));
  }

  private AuditEntry entry(
      InvokeRequest request, InvocationOutcome outcome, Steps steps, Instant started) {
    var entry =
        AuditEntry.of(
                started,
                AuditAction.INVOKE,
                Actor.ofSubject(request.principal().subject()).orElseThrow(),
                auditOutcome(outcome))
            .request(request.requestId())
            .detail(detail(outcome, steps))
            .duration(since(steps.started))
            .inputBytes(request.input().length);
    var version = steps.version;
    if (version == null) {
      // A name that the catalogue does not know is any text of the caller's: a patient's number
      // could be in it.
      if (steps.known != Known.NOTHING) {
        entry.plugin(request.plugin());
      }
      if (steps.known == Known.PLUGIN_AND_VERSION) {
        request.version().ifPresent(entry::version);
      }
    } else {
      entry.plugin(version.name()).version(version.version()).digest(version.digest());
      version.signedBy().ifPresent(entry::signedBy);
    }
    if (steps.function != null) {
      entry.function(steps.function);
    }
    if (steps.policyId != null) {
      entry.policy(new PolicyId(steps.policyId));
    }
    if (outcome instanceof InvocationOutcome.Completed(byte[] output, _)) {
      entry.outputBytes(output.length);
    }
    return entry.build();
  }

  private static AuditOutcome auditOutcome(InvocationOutcome outcome) {
    return switch (outcome) {
      case InvocationOutcome.Completed _ -> AuditOutcome.SUCCESS;
      case InvocationOutcome.PluginFailed _ -> AuditOutcome.PLUGIN_ERROR;
      case InvocationOutcome.Trapped _ -> AuditOutcome.TRAP;
      case InvocationOutcome.TimedOut _ -> AuditOutcome.TIME_LIMIT;
      case InvocationOutcome.LimitExceeded _ -> AuditOutcome.LIMIT;
      case InvocationOutcome.InputTooLarge _ -> AuditOutcome.TOO_LARGE;
      case InvocationOutcome.CapabilityDenied _ -> AuditOutcome.CAPABILITY_DENIED;
      case InvocationOutcome.Forbidden _ -> AuditOutcome.FORBIDDEN;
      case InvocationOutcome.UnknownPlugin _,
          InvocationOutcome.UnknownVersion _,
          InvocationOutcome.NothingLive _ ->
          AuditOutcome.NOT_FOUND;
      case InvocationOutcome.NotInvocable _ -> AuditOutcome.CONFLICT;
      case InvocationOutcome.FunctionNeeded _, InvocationOutcome.UnknownFunction _ ->
          AuditOutcome.BAD_REQUEST;
      case InvocationOutcome.TooManyCalls _ -> AuditOutcome.THROTTLED;
      case InvocationOutcome.BreakerOpen _,
          InvocationOutcome.PassedThrough _,
          InvocationOutcome.Unavailable _ ->
          AuditOutcome.UNAVAILABLE;
      case InvocationOutcome.Broken _ -> AuditOutcome.INTERNAL_ERROR;
    };
  }

  /** A shadow saw the input too. */
  private static Redacted detail(InvocationOutcome outcome, Steps steps) {
    var detail = detail(outcome);
    return steps.shadow == null
        ? detail
        : (detail.isEmpty() ? detail : detail.plus("; "))
            .plus("shadow ")
            .plus(Redacted.of(steps.shadow.version().version()));
  }

  private static Redacted detail(InvocationOutcome outcome) {
    return switch (outcome) {
      case InvocationOutcome.PluginFailed(int exitCode, _) ->
          Redacted.literal("exit code ").plus(Redacted.of(exitCode));
      case InvocationOutcome.Trapped(var kind) -> Redacted.of(kind);
      case InvocationOutcome.LimitExceeded(var limit, long max) ->
          Redacted.of(limit).plus(" over ").plus(Redacted.of(max));
      case InvocationOutcome.InputTooLarge(_, long max) ->
          Redacted.literal("INPUT_BYTES over ").plus(Redacted.of(max));
      case InvocationOutcome.TimedOut(Duration limit) -> Redacted.of(limit.toMillis()).plus(" ms");
      case InvocationOutcome.CapabilityDenied(var capability) -> Redacted.of(capability);
      case InvocationOutcome.NotInvocable(var state) -> Redacted.of(state);
      case InvocationOutcome.Unavailable(var dependency, _) -> Redacted.of(dependency);
      case InvocationOutcome.BreakerOpen _ -> Redacted.literal("breaker open");
      case InvocationOutcome.TooManyCalls _ -> Redacted.literal("bulkhead full");
      case InvocationOutcome.PassedThrough(_, _, var because) ->
          Redacted.literal("input passed through: ").plus(detail(because));
      case InvocationOutcome.Broken() -> Redacted.literal("internal error");
      case InvocationOutcome.Completed _,
          InvocationOutcome.Forbidden _,
          InvocationOutcome.UnknownPlugin _,
          InvocationOutcome.UnknownVersion _,
          InvocationOutcome.NothingLive _,
          InvocationOutcome.FunctionNeeded _,
          InvocationOutcome.UnknownFunction _ ->
          Redacted.EMPTY;
    };
  }

  private static Known known(HotSwap.Found found) {
    return switch (found) {
      case HotSwap.Found.UnknownPlugin _ -> Known.NOTHING;
      case HotSwap.Found.UnknownVersion _ -> Known.PLUGIN;
      case HotSwap.Found.NothingLive _, HotSwap.Found.NotInvocable _, HotSwap.Found.Version _ ->
          Known.PLUGIN_AND_VERSION;
    };
  }

  private static Duration since(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos);
  }

  /** What of the names in a request's path the catalogue knows. */
  private enum Known {
    NOTHING,
    PLUGIN,
    PLUGIN_AND_VERSION
  }

  /** How far one invocation got; known to the audit entry also where a step throws. */
  private static final class Steps {
    private final long started = System.nanoTime();
    private @Nullable String policyId;
    private Known known = Known.NOTHING;
    private @Nullable VersionRecord version;
    private @Nullable FunctionName function;
    private @Nullable RunStats run;
    private @Nullable Rollout rollout;
    private ShadowRuns.@Nullable Beside shadow;
    private Duration resolve = Duration.ZERO;
    private Duration load = Duration.ZERO;

    private Invocation.Timings timings(long auditing) {
      return new Invocation.Timings(
          resolve, load, Optional.ofNullable(run), since(auditing), since(started));
    }
  }
}
