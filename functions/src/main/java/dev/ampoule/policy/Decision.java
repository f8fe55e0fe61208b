package dev.ampoule.policy;

/** What the gate says, and by which policy. */
public sealed interface Decision {
  String policyId();

  record Permit(String policyId) implements Decision {}

  record Forbid(String policyId) implements Decision {}
}
