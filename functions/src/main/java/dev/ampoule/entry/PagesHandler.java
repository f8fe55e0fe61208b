package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditReview;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.AuditVerification;
import dev.ampoule.dashboard.Asset;
import dev.ampoule.dashboard.Bedside;
import dev.ampoule.dashboard.Console;
import dev.ampoule.dashboard.Feed;
import dev.ampoule.dashboard.Fragments;
import dev.ampoule.dashboard.Frame;
import dev.ampoule.dashboard.Language;
import dev.ampoule.dashboard.Pages;
import dev.ampoule.dashboard.Text;
import dev.ampoule.dashboard.Watched;
import dev.ampoule.live.Presence;
import dev.ampoule.live.Topic;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.policy.Action;
import dev.ampoule.policy.Decision;
import dev.ampoule.policy.PolicyGate;
import dev.ampoule.policy.Principal;
import dev.ampoule.policy.TokenCheck;
import dev.ampoule.privacy.Redacted;
import dev.ampoule.registry.Lifecycle;
import dev.ampoule.registry.Order;
import dev.ampoule.registry.UploadKey;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The pages that people look at, and what these load. */
public final class PagesHandler
    extends ObservedHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> {
  private static final int FINDINGS_MAX = 100;

  /** The ward of {@code ./ampoule demo}, where none is named. */
  private static final String WARD_DEFAULT = "3";

  private final PageGate gate;
  private final Pages pages;
  private final Console console;
  private final Bedside bedside;
  private final Presence presence;
  private final TopicGate topicGate;
  private final PolicyGate policyGate;
  private final URI liveUrl;
  private final Lifecycle lifecycle;
  private final AuditReview review;
  private final AuditVerification verification;
  private final AuditLog audit;
  private final Clock clock;

  public PagesHandler() {
    this(Wiring.ofProcess());
  }

  public PagesHandler(Wiring wiring) {
    super(wiring);
    this.pages = wiring.pages();
    this.gate = wiring.pageGate();
    this.console = wiring.console();
    this.bedside = wiring.bedside();
    this.presence = wiring.presenceList();
    this.topicGate = wiring.topicGate();
    this.policyGate = wiring.policyGate();
    this.liveUrl = wiring.liveUrl();
    this.lifecycle = wiring.lifecycle();
    this.review = wiring.auditReview();
    this.verification = wiring.auditVerification();
    this.audit = wiring.auditLog();
    this.clock = wiring.clock();
  }

  @Override
  void prime() {
    var frame =
        new Frame(
            Language.EN,
            Frame.Section.PLUGINS,
            "",
            "/",
            Optional.empty(),
            Optional.empty(),
            clock.instant());
    var _ = pages.console(frame, console.plugins(Optional.empty()), List.of());
  }

  @Override
  APIGatewayV2HTTPResponse handle(APIGatewayV2HTTPEvent event, Context context) {
    var response =
        switch (event.getRouteKey()) {
          case "GET /" ->
              gate.permit(event, Action.READ_PLUGIN, AuditAction.READ_PLUGINS, this::plugins);
          case "GET /plugins/{name}" ->
              gate.permit(event, Action.READ_PLUGIN, AuditAction.READ_PLUGINS, this::plugin);
          case "GET /plugins/{name}/versions/{version}/activate" ->
              gate.permit(event, Action.MOVE_VERSION, AuditAction.ACTIVATE, this::askToActivate);
          case "POST /plugins/{name}/versions/{version}/activate" ->
              gate.permit(event, Action.MOVE_VERSION, AuditAction.ACTIVATE, this::activate);
          case "GET /plugins/{name}/rollback" ->
              gate.permit(event, Action.MOVE_VERSION, AuditAction.ROLLBACK, this::askToRollBack);
          case "POST /plugins/{name}/rollback" ->
              gate.permit(event, Action.MOVE_VERSION, AuditAction.ROLLBACK, this::rollBack);
          case "GET /patients/{id}" -> gate.signedIn(event, this::patient);
          case "GET /wards/{id}" -> gate.signedIn(event, this::ward);
          case "GET /connections" -> gate.signedIn(event, this::connections);
          case "GET /audit" ->
              gate.permit(event, Action.READ_AUDIT, AuditAction.READ_AUDIT, this::audit);
          case "POST /audit/verification" ->
              gate.permit(event, Action.READ_AUDIT, AuditAction.VERIFY_AUDIT, this::verify);
          case "GET /session" -> gate.open(event, this::askToSignIn);
          case "POST /session" -> gate.open(event, this::signIn);
          case "POST /session/end" -> gate.open(event, PagesHandler::signOut);
          case "GET /session/token" -> gate.open(event, this::token);
          case "GET /assets/{file}" -> gate.open(event, this::asset);
          default -> gate.open(event, this::notFound);
        };
    var request = PageRequest.of(event);
    // Who chose a language keeps it.
    return request.query("lang").flatMap(Language::ofTag).isPresent()
            && response.getCookies() == null
        ? PageResponses.withCookie(
            response, PageRequest.LANGUAGE, request.language().tag(), request.loopback())
        : response;
  }

  // ---- plugins

  private APIGatewayV2HTTPResponse plugins(PageRequest request, Principal principal) {
    var after = request.query("next").filter(next -> PluginName.parse(next).isPresent());
    var frame = titled(request, principal, Frame.Section.PLUGINS, say(request, Text.PLUGINS));
    if (!mayWatchPlugins(principal)) {
      return html(200, pages.console(frame, console.plugins(after), List.of()));
    }
    var happened = bedside.happened();
    return html(
        200,
        pages.console(
            frame.fedBy(feed(request, Fragments.Kind.PLATFORM, happened.position())),
            console.plugins(after),
            happened.events()));
  }

  private APIGatewayV2HTTPResponse plugin(PageRequest request, Principal principal) {
    var detail = request.plugin().flatMap(console::plugin);
    if (detail.isEmpty()) {
      return notFound(request, principal);
    }
    var frame = titled(request, principal, Frame.Section.PLUGINS, detail.get().name().value());
    var notice =
        request
            .query("live")
            .filter(done -> isLive(detail.get(), done))
            .map(version -> say(request, Text.DONE_ACTIVATED, version))
            .or(() -> request.query("back").map(_ -> say(request, Text.DONE_ROLLED_BACK)));
    if (!mayWatchPlugins(principal)) {
      return html(200, pages.plugin(frame, detail.get(), notice, List.of()));
    }
    var happened = bedside.happened();
    return html(
        200,
        pages.plugin(
            frame.fedBy(feed(request, Fragments.Kind.PLATFORM, happened.position())),
            detail.get(),
            notice,
            happened.events()));
  }

  private static boolean isLive(Console.Detail detail, String version) {
    return detail.standing().live().filter(live -> live.value().equals(version)).isPresent();
  }

  private boolean mayWatchPlugins(Principal principal) {
    return policyGate.decide(principal, Action.SUBSCRIBE_PLATFORM) instanceof Decision.Permit;
  }

  private APIGatewayV2HTTPResponse askToActivate(PageRequest request, Principal principal) {
    var key = key(request);
    if (key.isEmpty()) {
      return notFound(request, principal);
    }
    var name = key.get().name();
    var version = key.get().version();
    return html(
        200,
        pages.confirm(
            titled(
                request,
                principal,
                Frame.Section.PLUGINS,
                say(request, Text.ACTIVATE_NAMED, name + " " + version)),
            new Pages.Question(
                say(request, Text.CONFIRM_ACTIVATE, name, version),
                say(request, Text.ACTIVATE),
                Pages.activation(name, version),
                Pages.path(name))));
  }

  private APIGatewayV2HTTPResponse activate(PageRequest request, Principal principal)
      throws AuditUnavailableException {
    var key = key(request);
    if (key.isEmpty()) {
      return notFound(request, principal);
    }
    var name = key.get().name();
    return moved(request, principal, new Order.Activate(name, key.get().version()));
  }

  private APIGatewayV2HTTPResponse askToRollBack(PageRequest request, Principal principal) {
    var name = request.plugin();
    if (name.isEmpty()) {
      return notFound(request, principal);
    }
    return html(
        200,
        pages.confirm(
            titled(
                request,
                principal,
                Frame.Section.PLUGINS,
                say(request, Text.ROLL_BACK) + " – " + name.get()),
            new Pages.Question(
                say(request, Text.CONFIRM_ROLL_BACK, name.get()),
                say(request, Text.ROLL_BACK),
                Pages.rollback(name.get()),
                Pages.path(name.get()))));
  }

  private APIGatewayV2HTTPResponse rollBack(PageRequest request, Principal principal)
      throws AuditUnavailableException {
    var name = request.plugin();
    return name.isEmpty()
        ? notFound(request, principal)
        : moved(request, principal, new Order.RollBack(name.get(), Optional.empty()));
  }

  private APIGatewayV2HTTPResponse moved(PageRequest request, Principal principal, Order order)
      throws AuditUnavailableException {
    return switch (lifecycle.move(order, ApiRequest.actor(principal), request.requestId())) {
      case Lifecycle.Outcome.Done(var version, _, _, _) ->
          PageResponses.seeOther(
              Pages.path(order.plugin())
                  + "?"
                  + (order instanceof Order.Activate ? "live" : "back")
                  + "="
                  + URLEncoder.encode(version.version().value(), StandardCharsets.UTF_8));
      case Lifecycle.Outcome.UnknownPlugin(), Lifecycle.Outcome.UnknownVersion() ->
          notFound(request, principal);
      case Lifecycle.Outcome.NotAllowed(_, var state, _) ->
          conflict(
              request, principal, say(request, Text.WRONG_STATE, say(request, Pages.name(state))));
      case Lifecycle.Outcome.NoEarlierVersion() ->
          conflict(request, principal, say(request, Text.NO_EARLIER_VERSION));
      case Lifecycle.Outcome.Contended() ->
          conflict(request, principal, say(request, Text.CONTENDED));
      case Lifecycle.Outcome.Unsettled _ ->
          problem(request, principal, 503, Text.UNAVAILABLE, say(request, Text.UNAVAILABLE_DETAIL));
      case Lifecycle.Outcome.NothingLive(),
          Lifecycle.Outcome.HasEffects(),
          Lifecycle.Outcome.Overtaken() ->
          throw new IllegalStateException("an outcome of another order");
    };
  }

  private APIGatewayV2HTTPResponse conflict(
      PageRequest request, Principal principal, String detail) {
    return problem(request, principal, 409, Text.CONFLICT, detail);
  }

  private static Optional<UploadKey> key(PageRequest request) {
    return request
        .plugin()
        .flatMap(name -> request.version().map(version -> new UploadKey(name, version)));
  }

  // ---- patients

  private APIGatewayV2HTTPResponse patient(PageRequest request, Principal principal)
      throws AuditUnavailableException {
    var topic = request.topic("patient/", "/vitals");
    if (topic.isEmpty()) {
      return notFound(request, principal);
    }
    if (topicGate.subscribe(principal, topic.get(), request.requestId())
        instanceof Decision.Forbid(String policyId)) {
      return forbidden(request, principal, policyId);
    }
    var patient = bedside.patient(topic.get());
    var frame =
        titled(
            request,
            principal,
            Frame.Section.WARD,
            say(request, Text.PATIENT_NAMED, request.pathParameters().getOrDefault("id", "")));
    return html(
        200,
        pages.patient(
            frame.fedBy(feed(request, Fragments.Kind.PATIENT, patient.position())), patient));
  }

  private APIGatewayV2HTTPResponse ward(PageRequest request, Principal principal)
      throws AuditUnavailableException {
    var topic = request.topic("ward/", "");
    if (topic.isEmpty()) {
      return notFound(request, principal);
    }
    if (topicGate.subscribe(principal, topic.get(), request.requestId())
        instanceof Decision.Forbid(String policyId)) {
      return forbidden(request, principal, policyId);
    }
    var ward = bedside.ward(topic.get());
    var frame =
        titled(
            request,
            principal,
            Frame.Section.WARD,
            say(request, Text.WARD_NAMED, request.pathParameters().getOrDefault("id", "")));
    return html(
        200, pages.ward(frame.fedBy(feed(request, Fragments.Kind.WARD, ward.position())), ward));
  }

  /** Who looks at a ward, and at the plugins; of what the visitor may look at too. */
  private APIGatewayV2HTTPResponse connections(PageRequest request, Principal principal)
      throws AuditUnavailableException {
    var topics = new ArrayList<Topic>();
    Topic.parse("ward/" + request.query("ward").orElse(WARD_DEFAULT))
        .filter(topic -> topic.ward().equals(Optional.of(topic)))
        .ifPresent(topics::add);
    topics.add(Topic.PLATFORM_PLUGINS);
    var watched = new ArrayList<Watched>();
    var denied = "";
    for (Topic topic : topics) {
      switch (topicGate.subscribe(principal, topic, request.requestId())) {
        case Decision.Permit _ -> watched.add(Watched.of(topic, bedside, presence));
        case Decision.Forbid(String policyId) -> denied = policyId;
      }
    }
    if (watched.isEmpty()) {
      return forbidden(request, principal, denied);
    }
    var frame =
        titled(request, principal, Frame.Section.CONNECTIONS, say(request, Text.CONNECTIONS));
    return html(
        200,
        pages.connections(
            frame.fedBy(
                feed(
                    request,
                    Fragments.Kind.PRESENCE,
                    watched.stream().map(Watched::position).toArray(Feed.Position[]::new))),
            watched));
  }

  private Feed feed(PageRequest request, Fragments.Kind kind, Feed.Position... positions) {
    return new Feed(liveUrl.toString(), kind.in(request.language()).name(), List.of(positions));
  }

  private APIGatewayV2HTTPResponse forbidden(
      PageRequest request, Principal principal, String policyId) {
    return problem(
        request, principal, 403, Text.FORBIDDEN, say(request, Text.FORBIDDEN_DETAIL, policyId));
  }

  // ---- audit

  private APIGatewayV2HTTPResponse audit(PageRequest request, Principal principal)
      throws AuditUnavailableException {
    return review(request, principal, Optional.empty());
  }

  private APIGatewayV2HTTPResponse verify(PageRequest request, Principal principal)
      throws AuditUnavailableException {
    var result = verification.run(FINDINGS_MAX);
    var outcome =
        switch (result) {
          case AuditVerification.Result.Intact _ -> AuditOutcome.SUCCESS;
          case AuditVerification.Result.Tampered _ -> AuditOutcome.REJECTED;
        };
    record(request, ApiRequest.actor(principal), AuditAction.VERIFY_AUDIT, outcome);
    return review(request, principal, Optional.of(result));
  }

  private APIGatewayV2HTTPResponse review(
      PageRequest request, Principal principal, Optional<AuditVerification.Result> verified)
      throws AuditUnavailableException {
    Map<String, String> given = new HashMap<>(request.query());
    given.remove("lang");
    given.values().removeIf(String::isBlank);
    var parsed = AuditParameters.query(given, clock.instant());
    var frame = titled(request, principal, Frame.Section.AUDIT, say(request, Text.AUDIT));
    return switch (parsed) {
      case AuditParameters.Bad(String detail) -> {
        record(
            request, ApiRequest.actor(principal), AuditAction.READ_AUDIT, AuditOutcome.BAD_REQUEST);
        yield html(
            400,
            pages.audit(
                frame,
                filter(given, detail),
                new AuditReview.Entries(List.of(), List.of(), Optional.empty()),
                Optional.empty(),
                verified));
      }
      case AuditParameters.Good(var query) -> {
        var found = review.find(query);
        record(request, ApiRequest.actor(principal), AuditAction.READ_AUDIT, AuditOutcome.SUCCESS);
        var next =
            found
                .next()
                .map(cursor -> {
                  var more = new TreeMap<>(given);
                  more.put("next", cursor.toString());
                  return more.entrySet().stream()
                      .map(e ->
                          e.getKey()
                              + "="
                              + URLEncoder.encode(e.getValue(), StandardCharsets.UTF_8))
                      .collect(Collectors.joining("&"));
                });
        yield html(200, pages.audit(frame, filter(given, ""), found, next, verified));
      }
    };
  }

  private static Pages.Filter filter(Map<String, String> given, String fault) {
    return new Pages.Filter(
        given.getOrDefault("from", ""),
        given.getOrDefault("to", ""),
        given.getOrDefault("plugin", ""),
        given.getOrDefault("actor", ""),
        given.getOrDefault("outcome", ""),
        fault);
  }

  // ---- sessions

  private APIGatewayV2HTTPResponse askToSignIn(PageRequest request) {
    return signInPage(request, 200, request.query("next").orElse("/"), Optional.empty());
  }

  private APIGatewayV2HTTPResponse signIn(PageRequest request) throws AuditUnavailableException {
    var next = PageRequest.ownPath(request.form().getOrDefault("next", "/"));
    var token = request.form().getOrDefault("token", "").strip();
    return switch (gate.check(token)) {
      case TokenCheck.Valid(Principal principal) -> {
        record(
            request, ApiRequest.actor(principal), AuditAction.AUTHENTICATE, AuditOutcome.SUCCESS);
        yield PageResponses.withCookie(
            PageResponses.seeOther(next), PageRequest.SESSION, token, request.loopback());
      }
      case TokenCheck.Invalid(TokenCheck.Reason reason) -> {
        audit.append(
            AuditEntry.of(
                    clock.instant(),
                    AuditAction.AUTHENTICATE,
                    Actor.ANONYMOUS,
                    AuditOutcome.UNAUTHENTICATED)
                .detail(Redacted.of(reason))
                .request(request.requestId())
                .build());
        yield signInPage(
            request,
            reason == TokenCheck.Reason.KEYS_UNAVAILABLE ? 503 : 401,
            next,
            Optional.of(say(request, text(reason))));
      }
    };
  }

  private static Text text(TokenCheck.Reason reason) {
    return switch (reason) {
      case MISSING -> Text.REFUSED_MISSING;
      case MALFORMED -> Text.REFUSED_MALFORMED;
      case BAD_SIGNATURE -> Text.REFUSED_SIGNATURE;
      case EXPIRED -> Text.REFUSED_EXPIRED;
      case BAD_CLAIMS -> Text.REFUSED_CLAIMS;
      case KEYS_UNAVAILABLE -> Text.REFUSED_NO_KEYS;
    };
  }

  private APIGatewayV2HTTPResponse signInPage(
      PageRequest request, int status, String next, Optional<String> refused) {
    var frame =
        new Frame(
            request.language(),
            Frame.Section.NONE,
            say(request, Text.SIGN_IN),
            "/session",
            Optional.empty(),
            Optional.empty(),
            clock.instant());
    return html(status, pages.signIn(frame, PageRequest.ownPath(next), refused));
  }

  private static APIGatewayV2HTTPResponse signOut(PageRequest request) {
    return PageResponses.withCookie(
        PageResponses.seeOther("/session"), PageRequest.SESSION, "", request.loopback());
  }

  /**
   * The session's token for the page's own script, which opens the WebSocket with it; to other
   * sites' scripts, nothing (RATIONALE: "Why may a page's script ask for the session's token?").
   */
  private APIGatewayV2HTTPResponse token(PageRequest request) {
    if (!request.sameOrigin()) {
      return Responses.problem(ProblemType.FORBIDDEN, "Only this site's pages are told.");
    }
    return request
        .token()
        .filter(token -> gate.check(token) instanceof TokenCheck.Valid)
        .map(token -> Responses.json(200, Json.object().put("token", token)))
        .orElseGet(() -> Responses.problem(ProblemType.UNAUTHENTICATED, "Sign in again."));
  }

  // ---- the rest

  private APIGatewayV2HTTPResponse asset(PageRequest request) {
    return Asset.named(request.pathParameters().getOrDefault("file", ""))
        .map(PageResponses::asset)
        .orElseGet(() -> notFound(request));
  }

  private APIGatewayV2HTTPResponse notFound(PageRequest request) {
    return gate.problem(
        request, 404, Text.NOT_FOUND, say(request, Text.NOT_FOUND_DETAIL), Optional.empty());
  }

  private APIGatewayV2HTTPResponse notFound(PageRequest request, Principal principal) {
    return problem(request, principal, 404, Text.NOT_FOUND, say(request, Text.NOT_FOUND_DETAIL));
  }

  private APIGatewayV2HTTPResponse problem(
      PageRequest request, Principal principal, int status, Text title, String detail) {
    return gate.problem(request, status, title, detail, Optional.of(principal));
  }

  private APIGatewayV2HTTPResponse html(int status, String html) {
    return PageResponses.html(
        status, html, liveUrl.getScheme() + "://" + liveUrl.getRawAuthority());
  }

  private Frame titled(
      PageRequest request, Principal principal, Frame.Section section, String title) {
    return new Frame(
        request.language(),
        section,
        title,
        PageRequest.ownPath(request.path()),
        Optional.of(principal.subject()),
        Optional.empty(),
        clock.instant());
  }

  private void record(PageRequest request, Actor actor, AuditAction action, AuditOutcome outcome)
      throws AuditUnavailableException {
    audit.append(
        AuditEntry.of(clock.instant(), action, actor, outcome)
            .request(request.requestId())
            .build());
  }

  private static String say(PageRequest request, Text text, Object... filledIn) {
    return text.in(request.language(), filledIn);
  }
}
