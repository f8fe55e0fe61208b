package dev.ampoule.entry;

import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.PolicyId;
import dev.ampoule.audit.RequestId;
import dev.ampoule.live.Topic;
import dev.ampoule.policy.Action;
import dev.ampoule.policy.Decision;
import dev.ampoule.policy.PolicyGate;
import dev.ampoule.policy.Principal;
import dev.ampoule.privacy.Redacted;
import java.time.Clock;

/**
 * Decides on topics and audits the decision, for REST and WebSocket alike. An entry names a topic's
 * family and never the topic, which may name a patient.
 */
final class TopicGate {
  /** The policy that keeps what only the platform publishes to. */
  static final String RESERVED = "reserved-topic";

  private final PolicyGate gate;
  private final AuditLog audit;
  private final Clock clock;

  TopicGate(PolicyGate gate, AuditLog audit, Clock clock) {
    this.gate = gate;
    this.audit = audit;
    this.clock = clock;
  }

  Decision subscribe(Principal principal, Topic topic, RequestId request)
      throws AuditUnavailableException {
    return decide(
        gate.decide(
            principal,
            topic.family() == Topic.Family.PLATFORM
                ? Action.SUBSCRIBE_PLATFORM
                : Action.SUBSCRIBE_TOPIC),
        principal,
        AuditAction.SUBSCRIBE,
        topic,
        request);
  }

  Decision publish(Principal principal, Topic topic, RequestId request)
      throws AuditUnavailableException {
    return decide(
        topic.isReserved()
            ? new Decision.Forbid(RESERVED)
            : gate.decide(principal, Action.PUBLISH_TOPIC),
        principal,
        AuditAction.PUBLISH,
        topic,
        request);
  }

  /**
   * Before anything is done, so that nothing is done that cannot be audited; an entry may say of a
   * thing that it was permitted which then failed.
   */
  private Decision decide(
      Decision decision, Principal principal, AuditAction action, Topic topic, RequestId request)
      throws AuditUnavailableException {
    var outcome =
        switch (decision) {
          case Decision.Permit _ -> AuditOutcome.SUCCESS;
          case Decision.Forbid _ -> AuditOutcome.FORBIDDEN;
        };
    audit.append(
        AuditEntry.of(clock.instant(), action, ApiRequest.actor(principal), outcome)
            .policy(new PolicyId(decision.policyId()))
            .detail(Redacted.of(topic.family()))
            .request(request)
            .build());
    return decision;
  }
}
