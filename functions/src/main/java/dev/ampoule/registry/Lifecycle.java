package dev.ampoule.registry;

import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.RequestId;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.privacy.Redacted;
import dev.ampoule.registry.Change.StateChange;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes every move of every version: decides on what the catalogue says, writes all of it or
 * nothing, audits it, tells of it.
 */
public final class Lifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(Lifecycle.class);

  /** A rollback goes to one of so many versions that were live last. */
  public static final int LIVE_KEPT = 100;

  /** Moves that others overtake are decided again this often. */
  private static final int TRIES_MAX = 5;

  private final PluginCatalog catalog;
  private final AuditLog audit;
  private final PlatformEvents events;
  private final Clock clock;

  public Lifecycle(PluginCatalog catalog, AuditLog audit, PlatformEvents events, Clock clock) {
    this.catalog = catalog;
    this.audit = audit;
    this.events = events;
    this.clock = clock;
  }

  /** How an order ended. */
  public sealed interface Outcome {
    /**
     * It is done.
     *
     * @param version as it now stands
     * @param change what was written; empty where it stood so already
     * @param before what was live until then
     */
    record Done(
        VersionRecord version,
        Optional<Change> change,
        Optional<PluginVersion> before,
        Redacted why)
        implements Outcome {}

    record UnknownPlugin() implements Outcome {}

    record UnknownVersion() implements Outcome {}

    /** The version's state does not allow it; {@code allowed} it does. */
    record NotAllowed(PluginVersion version, LifecycleState state, List<Move> allowed)
        implements Outcome {
      public NotAllowed {
        allowed = List.copyOf(allowed);
      }
    }

    /** A trial needs a live version beside it. */
    record NothingLive() implements Outcome {}

    /** A shadow that may reach outside would do there twice what is to be done once. */
    record HasEffects() implements Outcome {}

    /** None of the last {@value Lifecycle#LIVE_KEPT} live versions is the one, or may run still. */
    record NoEarlierVersion() implements Outcome {}

    /** Others moved versions of the plugin each time this was tried. */
    record Contended() implements Outcome {}

    /** The catalogue did not say whether it wrote the move: it may be made, or not. */
    record Unsettled(PluginVersion version) implements Outcome {}

    /** The era that the order is for is over, or there is nothing to do in it. */
    record Overtaken() implements Outcome {}
  }

  /** What is to be written for an order, or why nothing is. */
  private sealed interface Plan {
    record Write(Change change, VersionRecord moved, Redacted why) implements Plan {}

    record End(Outcome outcome) implements Plan {}
  }

  /**
   * Carries out an order and writes one audit entry, whatever comes of it; but none for an order of
   * the platform's own that was overtaken: then nothing happened.
   *
   * @throws AuditUnavailableException when no entry could be stored; what was written is taken back
   *     where the catalogue still answers
   * @throws CatalogUnavailableException without an entry: nothing was to be written yet
   */
  public Outcome move(Order order, Actor actor, RequestId requestId)
      throws AuditUnavailableException {
    var outcome = decide(order, actor);
    if (outcome instanceof Outcome.Overtaken) {
      return outcome;
    }
    try {
      audit.append(entry(order, outcome, actor, requestId));
    } catch (AuditUnavailableException e) {
      undo(outcome);
      throw e;
    }
    if (outcome instanceof Outcome.Done(_, Optional<Change> change, _, Redacted why)) {
      change.ifPresent(
          made -> tell(new PlatformEvent.VersionMoved(made.name(), made.entry(), why)));
    }
    return outcome;
  }

  private Outcome decide(Order order, Actor actor) {
    for (int tries = 0; tries < TRIES_MAX; tries++) {
      var rollout = catalog.rollout(order.plugin()).orElse(Rollout.NONE);
      switch (plan(order, rollout, actor)) {
        case Plan.End(Outcome outcome) -> {
          return outcome;
        }
        case Plan.Write(Change change, VersionRecord moved, Redacted why) -> {
          try {
            if (catalog.apply(change)) {
              return new Outcome.Done(moved, Optional.of(change), rollout.live(), why);
            }
          } catch (CatalogUnavailableException e) {
            // A write whose answer is lost may have been made, so it must not go without an entry.
            return new Outcome.Unsettled(moved.version());
          }
        }
      }
    }
    return new Outcome.Contended();
  }

  private Plan plan(Order order, Rollout rollout, Actor actor) {
    var now = clock.instant();
    return switch (order) {
      case Order.Activate(var name, var version) ->
          onVersion(
              name,
              version,
              Move.ACTIVATE,
              found ->
                  rollout.isLive(version)
                      ? new Plan.End(
                          new Outcome.Done(found, Optional.empty(), rollout.live(), Redacted.EMPTY))
                      : write(
                          name,
                          rollout,
                          rollout.nextLive(Optional.of(version), false, now),
                          found,
                          LifecycleState.LIVE,
                          new Why(Move.ACTIVATE, actor, now, Redacted.EMPTY)));
      case Order.Try(var name, var version, var kind, int share, var margins) ->
          onVersion(
              name,
              version,
              move(kind),
              found ->
                  tryOut(
                      found,
                      rollout,
                      new Trial(version, kind, share, margins, now),
                      new Why(move(kind), actor, now, Redacted.of(share).plus(" % of the calls"))));
      case Order.RollBack(var name, var version) ->
          version.isEmpty() && rollout.trial().isPresent()
              ? endTrial(
                  name,
                  rollout,
                  rollout.trial().get().version(),
                  new Why(Move.ROLL_BACK, actor, now, Redacted.literal("the trial is over")))
              : rollBack(name, version, rollout, actor, now);
      case Order.Retire(var name, var version) ->
          onVersion(
              name,
              version,
              Move.RETIRE,
              found ->
                  write(
                      name,
                      rollout,
                      rollout.isOnTrial(version) ? rollout.nextWithoutTrial() : rollout.next(),
                      found,
                      LifecycleState.RETIRED,
                      new Why(Move.RETIRE, actor, now, Redacted.EMPTY)));
      case Order.Quarantine(var name, var version, var why) ->
          onVersion(
              name,
              version,
              Move.QUARANTINE,
              found ->
                  quarantine(
                      name,
                      found,
                      rollout,
                      lastGood(name, rollout).or(() -> lastThatMayRun(name, rollout)),
                      new Why(Move.QUARANTINE, actor, now, why)));
      case Order.EndTrial(var name, var version, long era, var why) ->
          rollout.era() == era && rollout.isOnTrial(version)
              ? endTrial(name, rollout, version, new Why(Move.ROLL_BACK, actor, now, why))
              : new Plan.End(new Outcome.Overtaken());
      case Order.TakeOver(var name, var version, long era, var why) ->
          rollout.era() == era && rollout.isLive(version) && !rollout.takenOver()
              ? takeOver(name, version, rollout, new Why(Move.QUARANTINE, actor, now, why))
              : new Plan.End(new Outcome.Overtaken());
    };
  }

  /** Who moves what, when and for what reason. */
  private record Why(Move move, Actor actor, Instant now, Redacted reason) {}

  @FunctionalInterface
  private interface OnVersion {
    Plan plan(VersionRecord found);
  }

  private Plan onVersion(PluginName name, PluginVersion version, Move move, OnVersion then) {
    var found = catalog.version(name, version);
    if (found.isEmpty()) {
      return new Plan.End(new Outcome.UnknownVersion());
    }
    var state = found.get().state();
    return move.isAllowedIn(state)
        ? then.plan(found.get())
        : new Plan.End(new Outcome.NotAllowed(version, state, Move.allowedIn(state)));
  }

  private Plan tryOut(VersionRecord found, Rollout rollout, Trial trial, Why why) {
    if (rollout.live().isEmpty()) {
      return new Plan.End(new Outcome.NothingLive());
    }
    var granted = found.manifest().capabilities();
    if (trial.kind() == Trial.Kind.SHADOW
        && !(granted.httpHosts().orElse(List.of()).isEmpty()
            && granted.publishTopics().isEmpty())) {
      return new Plan.End(new Outcome.HasEffects());
    }
    return write(
        found.name(), rollout, rollout.nextTrial(trial), found, LifecycleState.CANARY, why);
  }

  private Plan endTrial(PluginName name, Rollout rollout, PluginVersion version, Why why) {
    return onVersion(
        name,
        version,
        why.move(),
        found ->
            write(name, rollout, rollout.nextWithoutTrial(), found, LifecycleState.VALIDATED, why));
  }

  private Plan rollBack(
      PluginName name, Optional<PluginVersion> version, Rollout rollout, Actor actor, Instant now) {
    if (rollout.revision() == 0 && catalog.versions(name, Optional.empty(), 1).items().isEmpty()) {
      return new Plan.End(new Outcome.UnknownPlugin());
    }
    var target =
        version.isEmpty()
            ? lastGood(name, rollout)
            : wereLive(name).all().stream().filter(version.get()::equals).findFirst();
    if (target.isEmpty() || rollout.isLive(target.get())) {
      return new Plan.End(new Outcome.NoEarlierVersion());
    }
    return onVersion(
        name,
        target.get(),
        Move.ROLL_BACK,
        found ->
            write(
                name,
                rollout,
                rollout.nextLive(target, false, now),
                found,
                LifecycleState.LIVE,
                new Why(Move.ROLL_BACK, actor, now, Redacted.EMPTY)));
  }

  private Plan takeOver(PluginName name, PluginVersion version, Rollout rollout, Why why) {
    var successor = lastGood(name, rollout);
    return successor.isEmpty()
        ? new Plan.End(new Outcome.Overtaken())
        : onVersion(
            name, version, why.move(), found -> quarantine(name, found, rollout, successor, why));
  }

  private Plan quarantine(
      PluginName name,
      VersionRecord found,
      Rollout rollout,
      Optional<PluginVersion> successor,
      Why why) {
    var version = found.version();
    if (!rollout.isLive(version)) {
      return write(
          name,
          rollout,
          rollout.isOnTrial(version) ? rollout.nextWithoutTrial() : rollout.next(),
          found,
          LifecycleState.QUARANTINED,
          why);
    }
    return write(
        name,
        rollout,
        rollout.nextLive(successor, true, why.now()),
        found,
        LifecycleState.QUARANTINED,
        why);
  }

  /**
   * The moved version's change of state, and those that follow from what is live before and after.
   */
  private Plan write(
      PluginName name,
      Rollout before,
      Rollout after,
      VersionRecord moved,
      LifecycleState to,
      Why why) {
    var states = new ArrayList<StateChange>();
    states.add(new StateChange(moved.version(), moved.state(), to));
    after
        .live()
        .filter(live -> !before.isLive(live) && !live.equals(moved.version()))
        .ifPresent(
            live -> states.add(new StateChange(live, stateOf(name, live), LifecycleState.LIVE)));
    before
        .live()
        .filter(live -> !after.isLive(live) && !live.equals(moved.version()))
        .ifPresent(live ->
            states.add(new StateChange(live, LifecycleState.LIVE, LifecycleState.VALIDATED)));
    before
        .trial()
        .map(Trial::version)
        .filter(trial ->
            !after.isOnTrial(trial) && !after.isLive(trial) && !trial.equals(moved.version()))
        .ifPresent(trial ->
            states.add(new StateChange(trial, LifecycleState.CANARY, LifecycleState.VALIDATED)));
    var entry =
        new Moved(
            after.revision(),
            why.now(),
            why.actor(),
            why.move(),
            moved.version(),
            moved.state(),
            to,
            before.live(),
            after.live(),
            why.reason().toString());
    return new Plan.Write(
        new Change(name, before, after, states, entry), moved.withState(to), why.reason());
  }

  private LifecycleState stateOf(PluginName name, PluginVersion version) {
    return catalog
        .version(name, version)
        .map(VersionRecord::state)
        .orElseThrow(() -> new IllegalStateException("a version that was live is gone"));
  }

  /** The version that was live last and that no rollback left. */
  private Optional<PluginVersion> lastGood(PluginName name, Rollout rollout) {
    var before = wereLive(name);
    return before.all().stream()
        .filter(version -> !before.leftBehind().contains(version))
        .filter(version -> mayComeBack(name, version, rollout))
        .findFirst();
  }

  /** What a rollback left may be better than nothing. */
  private Optional<PluginVersion> lastThatMayRun(PluginName name, Rollout rollout) {
    return wereLive(name).all().stream()
        .filter(version -> mayComeBack(name, version, rollout))
        .findFirst();
  }

  private boolean mayComeBack(PluginName name, PluginVersion version, Rollout rollout) {
    return !rollout.isLive(version) && Move.ROLL_BACK.isAllowedIn(stateOf(name, version));
  }

  /**
   * @param all the versions that were live, the last one first
   * @param leftBehind those of them that a rollback left, and that were not live since
   */
  private record WereLive(Set<PluginVersion> all, Set<PluginVersion> leftBehind) {}

  private WereLive wereLive(PluginName name) {
    var all = new LinkedHashSet<PluginVersion>();
    var leftBehind = new HashSet<PluginVersion>();
    Optional<String> after = Optional.empty();
    do {
      var page = catalog.history(name, after, Page.ITEMS_MAX);
      for (var moved : page.items()) {
        if (all.size() < LIVE_KEPT) {
          moved.live().ifPresent(all::add);
        }
        moved
            .liveBefore()
            .filter(left -> moved.move() == Move.ROLL_BACK && !all.contains(left))
            .ifPresent(leftBehind::add);
      }
      after = page.next();
    } while (after.isPresent() && all.size() < LIVE_KEPT);
    return new WereLive(all, leftBehind);
  }

  private AuditEntry entry(Order order, Outcome outcome, Actor actor, RequestId requestId) {
    var audited =
        switch (outcome) {
          case Outcome.Done _ -> AuditOutcome.SUCCESS;
          case Outcome.UnknownPlugin _, Outcome.UnknownVersion _ -> AuditOutcome.NOT_FOUND;
          case Outcome.NotAllowed _,
              Outcome.NothingLive _,
              Outcome.HasEffects _,
              Outcome.NoEarlierVersion _,
              Outcome.Contended _,
              Outcome.Overtaken _ ->
              AuditOutcome.CONFLICT;
          case Outcome.Unsettled _ -> AuditOutcome.UNAVAILABLE;
        };
    var entry =
        AuditEntry.of(clock.instant(), order.action(), actor, audited)
            .request(requestId)
            .detail(detail(outcome));
    return switch (outcome) {
      case Outcome.Done(VersionRecord moved, _, _, _) ->
          entry.plugin(order.plugin()).version(moved.version()).digest(moved.digest()).build();
      case Outcome.NotAllowed(PluginVersion version, _, _) ->
          entry.plugin(order.plugin()).version(version).build();
      case Outcome.Unsettled(PluginVersion version) ->
          entry.plugin(order.plugin()).version(version).build();
      // Not named: what the catalogue does not know could be anything the caller typed.
      case Outcome.UnknownPlugin _, Outcome.UnknownVersion _ -> entry.build();
      case Outcome.NothingLive _,
          Outcome.HasEffects _,
          Outcome.NoEarlierVersion _,
          Outcome.Contended _,
          Outcome.Overtaken _ ->
          entry.plugin(order.plugin()).build();
    };
  }

  private static Redacted detail(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Done(_, Optional<Change> change, _, Redacted why) ->
          change.isEmpty() ? Redacted.literal("was so already") : story(change.get(), why);
      case Outcome.NotAllowed(_, LifecycleState state, _) -> Redacted.of(state);
      case Outcome.NothingLive() -> Redacted.literal("nothing is live");
      case Outcome.HasEffects() -> Redacted.literal("a shadow with effects");
      case Outcome.NoEarlierVersion() -> Redacted.literal("no earlier version");
      case Outcome.Contended() -> Redacted.literal("contended");
      case Outcome.Unsettled _ -> Redacted.literal("the move may be written");
      case Outcome.Overtaken() -> Redacted.literal("overtaken");
      case Outcome.UnknownPlugin(), Outcome.UnknownVersion() -> Redacted.EMPTY;
    };
  }

  private static Redacted story(Change change, Redacted why) {
    var before = change.before().live();
    var after = change.after().live();
    if (before.equals(after)) {
      return why;
    }
    return (why.isEmpty() ? why : why.plus("; "))
        .plus("live was ")
        .plus(nameOf(before))
        .plus(", is ")
        .plus(nameOf(after));
  }

  private static Redacted nameOf(Optional<PluginVersion> live) {
    return live.map(Redacted::of).orElse(Redacted.literal("none"));
  }

  /** No audit, no change (RATIONALE: "What becomes of a move that cannot be audited?"). */
  private void undo(Outcome outcome) {
    if (outcome instanceof Outcome.Done(VersionRecord moved, Optional<Change> change, _, _)
        && change.isPresent()) {
      try {
        if (!catalog.apply(change.get().reversed(clock.instant()))) {
          LOG.error("a move without an audit entry was overtaken: {}", moved.name());
        }
      } catch (CatalogUnavailableException e) {
        LOG.error("{}@{} was moved without an audit entry", moved.name(), moved.version());
      }
    }
  }

  private void tell(PlatformEvent event) {
    try {
      events.happened(event);
    } catch (RuntimeException e) {
      LOG.warn("an event was not heard: {}", e.getClass().getName());
    }
  }

  private static Move move(Trial.Kind kind) {
    return switch (kind) {
      case CANARY -> Move.CANARY;
      case SHADOW -> Move.SHADOW;
    };
  }
}
