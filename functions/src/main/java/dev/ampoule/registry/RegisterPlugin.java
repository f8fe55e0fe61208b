package dev.ampoule.registry;

import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.RequestId;
import dev.ampoule.audit.SigningKeyId;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.ManifestReader;
import dev.ampoule.plugin.ManifestReading;
import dev.ampoule.privacy.Redacted;
import dev.ampoule.sandbox.Compilation;
import dev.ampoule.sandbox.CompileLimits;
import dev.ampoule.sandbox.CompiledModule;
import dev.ampoule.sandbox.ModuleFacts;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * From an uploaded object to a version that can be invoked, or to a rejection its author can act
 * on. Taking the same upload twice, or late, changes nothing.
 */
public final class RegisterPlugin {
  private static final int MODULE_BYTES_MAX = CompileLimits.DEFAULT.moduleBytes();

  private final ModuleStore store;
  private final PluginCatalog catalog;
  private final Modules modules;
  private final SignaturePolicy signatures;
  private final AuditLog audit;
  private final Clock clock;

  public RegisterPlugin(
      ModuleStore store,
      PluginCatalog catalog,
      Modules modules,
      SignaturePolicy signatures,
      AuditLog audit,
      Clock clock) {
    this.store = store;
    this.catalog = catalog;
    this.modules = modules;
    this.signatures = signatures;
    this.audit = audit;
    this.clock = clock;
  }

  /**
   * Takes one upload and writes one audit entry for it, whatever comes of it. What was rejected is
   * looked at again when it comes again: a host that had no time or memory left may have been why.
   *
   * @param objectVersion the store's version of the object that the event named
   * @param requestId of the event's delivery
   */
  public Registration register(UploadKey key, Optional<String> objectVersion, RequestId requestId)
      throws AuditUnavailableException, InterruptedException {
    var began = new Began(clock.instant(), System.nanoTime());
    Registration registration;
    try {
      registration = decide(key, objectVersion);
    } catch (CatalogUnavailableException | ModuleStoreUnavailableException e) {
      audit.append(broken(key, AuditOutcome.UNAVAILABLE, e, requestId, began));
      throw e;
    } catch (RuntimeException | InterruptedException e) {
      audit.append(broken(key, AuditOutcome.INTERNAL_ERROR, e, requestId, began));
      throw e;
    }
    audit.append(entry(key, registration, requestId, began));
    return registration;
  }

  /** When a registration began, and the clock that never steps back to tell how long it took. */
  private record Began(Instant at, long nanos) {
    Duration ago() {
      return Duration.ofNanos(System.nanoTime() - nanos);
    }
  }

  /** The delivery fails and comes again. */
  private static AuditEntry broken(
      UploadKey key, AuditOutcome outcome, Exception why, RequestId requestId, Began began) {
    return AuditEntry.of(began.at(), AuditAction.REGISTER, Actor.SYSTEM, outcome)
        .plugin(key.name())
        .version(key.version())
        .detail(Redacted.of(why.getClass()))
        .request(requestId)
        .duration(began.ago())
        .build();
  }

  private Registration decide(UploadKey key, Optional<String> objectVersion)
      throws InterruptedException {
    return switch (store.upload(key, objectVersion, MODULE_BYTES_MAX)) {
      case ModuleStore.Upload.Missing() -> new Registration.Missing();
      case ModuleStore.Upload.TooLarge(long bytes, ContentDigest digest) ->
          put(
              rejected(
                  key,
                  digest,
                  Optional.empty(),
                  bytes,
                  List.of("the module has " + bytes + " bytes; at most " + MODULE_BYTES_MAX)));
      case ModuleStore.Upload.Found found -> decide(key, found);
    };
  }

  private Registration decide(UploadKey key, ModuleStore.Upload.Found upload)
      throws InterruptedException {
    byte[] module = upload.module();
    var digest = ContentDigest.of(module);
    var manifestJson = upload.manifest().map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    var existing = catalog.version(key.name(), key.version());
    if (existing.isPresent() && existing.get().state() != LifecycleState.REJECTED) {
      return taken(existing.get(), digest, manifestJson);
    }
    return switch (signatures.judge(module, upload.signature())) {
      // Before anything else is made of it.
      case SignaturePolicy.Verdict.Refused(String reason) ->
          put(rejected(key, digest, manifestJson, module.length, List.of(reason)));
      case SignaturePolicy.Verdict.Accepted(Optional<SigningKeyId> signedBy) ->
          decide(key, upload, digest, manifestJson, signedBy);
    };
  }

  private Registration decide(
      UploadKey key,
      ModuleStore.Upload.Found upload,
      ContentDigest digest,
      Optional<String> manifestJson,
      Optional<SigningKeyId> signedBy)
      throws InterruptedException {
    byte[] module = upload.module();
    return switch (read(key, upload.manifest())) {
      case ManifestReading.Invalid(List<ManifestReading.Fault> faults) ->
          put(
              rejected(
                  key,
                  digest,
                  manifestJson,
                  module.length,
                  faults.stream().map(fault -> "plugin.json: " + fault).toList()));
      case ManifestReading.Valid(Manifest manifest) ->
          switch (modules.compile(module, manifest)) {
            case Compilation.Rejected rejection ->
                put(
                    rejected(
                        key,
                        digest,
                        manifestJson,
                        module.length,
                        rejection.rejections().stream().map(r -> r.reason()).toList()));
            case Compilation.Compiled(CompiledModule compiled) -> {
              modules.keep(compiled, module);
              yield put(
                  new VersionRecord(
                      key.name(),
                      key.version(),
                      digest,
                      LifecycleState.VALIDATED,
                      manifestJson,
                      manifest,
                      Optional.<ModuleFacts>of(compiled.facts()),
                      List.of(),
                      module.length,
                      clock.instant(),
                      signedBy));
            }
          };
    };
  }

  private static ManifestReading read(UploadKey key, Optional<byte[]> manifest) {
    return manifest
        .map(json -> ManifestReader.read(json, key.name(), key.version()))
        .orElse(new ManifestReading.Valid(Manifest.UNDECLARED));
  }

  private VersionRecord rejected(
      UploadKey key,
      ContentDigest digest,
      Optional<String> manifestJson,
      long moduleBytes,
      List<String> reasons) {
    return new VersionRecord(
        key.name(),
        key.version(),
        digest,
        LifecycleState.REJECTED,
        manifestJson,
        Manifest.UNDECLARED,
        Optional.empty(),
        reasons,
        moduleBytes,
        clock.instant());
  }

  /** Stores the record; the first version of a plugin, and no other, goes live by itself. */
  private Registration put(VersionRecord record) {
    boolean goLive =
        record.state() == LifecycleState.VALIDATED && catalog.rollout(record.name()).isEmpty();
    var put =
        goLive
            ? catalog.put(record.withState(LifecycleState.LIVE), true)
            : catalog.put(record, false);
    return switch (put) {
      case PluginCatalog.Put.Stored() ->
          switch (record.state()) {
            case REJECTED -> new Registration.Rejected(record);
            case PENDING, VALIDATED, LIVE, CANARY, RETIRED, QUARANTINED ->
                new Registration.Registered(record, goLive);
          };
      // Another version became the first while this one was compiled.
      case PluginCatalog.Put.LiveTaken() -> put(record);
      // The same event, delivered twice at once, or two uploads of one version.
      case PluginCatalog.Put.VersionTaken(VersionRecord existing) ->
          taken(existing, record.digest(), record.manifestJson());
    };
  }

  private static Registration taken(
      VersionRecord existing, ContentDigest digest, Optional<String> manifestJson) {
    return existing.digest().equals(digest) && existing.manifestJson().equals(manifestJson)
        ? new Registration.Unchanged(existing)
        : new Registration.Conflict(existing, digest);
  }

  private AuditEntry entry(
      UploadKey key, Registration registration, RequestId requestId, Began began) {
    var outcome =
        switch (registration) {
          case Registration.Registered _, Registration.Unchanged _ -> AuditOutcome.SUCCESS;
          case Registration.Rejected _ -> AuditOutcome.REJECTED;
          case Registration.Conflict _ -> AuditOutcome.CONFLICT;
          case Registration.Missing _ -> AuditOutcome.NOT_FOUND;
        };
    var detail =
        switch (registration) {
          case Registration.Registered(_, boolean live) ->
              live ? Redacted.literal("live") : Redacted.literal("validated");
          case Registration.Unchanged _ -> Redacted.literal("already registered");
          case Registration.Rejected(VersionRecord version) ->
              Redacted.of(version.reasons().size()).plus(" reasons");
          case Registration.Conflict(_, ContentDigest offered) ->
              Redacted.literal("offered ").plus(Redacted.of(offered));
          case Registration.Missing _ -> Redacted.literal("the object is gone");
        };
    var builder =
        AuditEntry.of(began.at(), AuditAction.REGISTER, Actor.SYSTEM, outcome)
            .plugin(key.name())
            .version(key.version())
            .detail(detail)
            .request(requestId)
            .duration(began.ago());
    switch (registration) {
      case Registration.Registered(VersionRecord version, _) -> about(version, builder);
      case Registration.Unchanged(VersionRecord version) -> about(version, builder);
      case Registration.Rejected(VersionRecord version) -> about(version, builder);
      case Registration.Conflict(VersionRecord existing, _) -> about(existing, builder);
      case Registration.Missing _ -> {}
    }
    return builder.build();
  }

  private static void about(VersionRecord version, AuditEntry.Builder entry) {
    entry.digest(version.digest());
    version.signedBy().ifPresent(entry::signedBy);
  }
}
