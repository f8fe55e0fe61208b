package dev.ampoule.registry;

import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.RequestId;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.ManifestReader;
import dev.ampoule.plugin.ManifestReading;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Gives an author the URLs that a version's module and manifest are uploaded to. */
public final class RequestUpload {
  public static final Duration VALID_FOR = Duration.ofMinutes(15);

  private final ModuleStore store;
  private final PluginCatalog catalog;
  private final AuditLog audit;
  private final Clock clock;

  public RequestUpload(ModuleStore store, PluginCatalog catalog, AuditLog audit, Clock clock) {
    this.store = store;
    this.catalog = catalog;
    this.audit = audit;
    this.clock = clock;
  }

  /** How a request for URLs ended. */
  public sealed interface UploadGrant {
    record Granted(ModuleStore.UploadUrls urls, Instant expiresAt) implements UploadGrant {}

    record BadManifest(List<ManifestReading.Fault> faults) implements UploadGrant {
      public BadManifest {
        faults = List.copyOf(faults);
      }
    }

    /** The version is registered and not rejected; it can never change. */
    record VersionExists(LifecycleState state) implements UploadGrant {}
  }

  /**
   * Grants an upload and writes one audit entry, whatever comes of it.
   *
   * @param manifest a {@code plugin.json} that is put beside the module now, so that it is there
   *     before the module arrives; empty where the author uploads it, or has none
   * @throws CatalogUnavailableException without an entry
   * @throws ModuleStoreUnavailableException without an entry
   */
  public UploadGrant request(
      UploadKey key, Optional<byte[]> manifest, Actor actor, RequestId requestId)
      throws AuditUnavailableException {
    var grant = decide(key, manifest);
    var outcome =
        switch (grant) {
          case UploadGrant.Granted _ -> AuditOutcome.SUCCESS;
          case UploadGrant.BadManifest _ -> AuditOutcome.BAD_REQUEST;
          case UploadGrant.VersionExists _ -> AuditOutcome.CONFLICT;
        };
    audit.append(
        AuditEntry.of(clock.instant(), AuditAction.UPLOAD, actor, outcome)
            .plugin(key.name())
            .version(key.version())
            .request(requestId)
            .build());
    return grant;
  }

  private UploadGrant decide(UploadKey key, Optional<byte[]> manifest) {
    var existing = catalog.version(key.name(), key.version());
    if (existing.isPresent() && existing.get().state() != LifecycleState.REJECTED) {
      return new UploadGrant.VersionExists(existing.get().state());
    }
    if (manifest.isPresent()
        && ManifestReader.read(manifest.get(), key.name(), key.version())
            instanceof ManifestReading.Invalid(var faults)) {
      return new UploadGrant.BadManifest(faults);
    }
    manifest.ifPresent(json -> store.putManifest(key, json));
    return new UploadGrant.Granted(store.presign(key, VALID_FOR), clock.instant().plus(VALID_FOR));
  }
}
