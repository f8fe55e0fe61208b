package dev.ampoule.registry;

import dev.ampoule.audit.SigningKeyId;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.sandbox.ModuleFacts;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * One version as the catalogue keeps it. Name, version, digest and manifest never change once it is
 * validated; only its state does.
 *
 * @param manifestJson the {@code plugin.json} as it was uploaded; empty where there was none
 * @param manifest what {@code manifestJson} says; {@link Manifest#UNDECLARED} where there is none
 *     or it was rejected
 * @param facts empty for a rejected module
 * @param reasons why it was rejected, for its author; empty otherwise
 * @param moduleBytes size of the module
 * @param signedBy the trusted key that signed the module; empty where none is known to have
 */
public record VersionRecord(
    PluginName name,
    PluginVersion version,
    ContentDigest digest,
    LifecycleState state,
    Optional<String> manifestJson,
    Manifest manifest,
    Optional<ModuleFacts> facts,
    List<String> reasons,
    long moduleBytes,
    Instant registeredAt,
    Optional<SigningKeyId> signedBy) {
  public VersionRecord {
    reasons = List.copyOf(reasons);
    registeredAt = registeredAt.truncatedTo(ChronoUnit.MILLIS);
  }

  /** One that nobody is known to have signed. */
  public VersionRecord(
      PluginName name,
      PluginVersion version,
      ContentDigest digest,
      LifecycleState state,
      Optional<String> manifestJson,
      Manifest manifest,
      Optional<ModuleFacts> facts,
      List<String> reasons,
      long moduleBytes,
      Instant registeredAt) {
    this(
        name,
        version,
        digest,
        state,
        manifestJson,
        manifest,
        facts,
        reasons,
        moduleBytes,
        registeredAt,
        Optional.empty());
  }

  VersionRecord withState(LifecycleState newState) {
    return new VersionRecord(
        name,
        version,
        digest,
        newState,
        manifestJson,
        manifest,
        facts,
        reasons,
        moduleBytes,
        registeredAt,
        signedBy);
  }
}
