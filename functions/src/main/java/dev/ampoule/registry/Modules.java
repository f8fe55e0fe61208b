package dev.ampoule.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.ampoule.audit.Actor;
import dev.ampoule.audit.AuditAction;
import dev.ampoule.audit.AuditEntry;
import dev.ampoule.audit.AuditLog;
import dev.ampoule.audit.AuditOutcome;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.privacy.Redacted;
import dev.ampoule.sandbox.ArtifactCheck;
import dev.ampoule.sandbox.ArtifactSigner;
import dev.ampoule.sandbox.Artifacts;
import dev.ampoule.sandbox.Compilation;
import dev.ampoule.sandbox.CompiledModule;
import dev.ampoule.sandbox.EngineId;
import dev.ampoule.sandbox.LoadedModule;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Loaded modules of this process, at most {@code weightBytesMax} of them together. What is not
 * loaded yet comes from its signed artifact; one that is missing, of another engine or badly signed
 * is compiled again from the module that was kept under its digest, and never loaded.
 */
public final class Modules {

  /** Compiles a module away from this process. */
  @FunctionalInterface
  public interface Compiler {
    Compilation compile(byte[] module, Manifest manifest) throws InterruptedException;
  }

  private final ModuleStore store;
  private final Artifacts artifacts;
  private final ArtifactSigner signer;
  private final Compiler compiler;
  private final AuditLog audit;
  private final Clock clock;
  private final Cache<ContentDigest, LoadedModule> loaded;
  private final ConcurrentMap<ContentDigest, FutureTask<LoadedModule>> opening =
      new ConcurrentHashMap<>();

  public Modules(
      ModuleStore store,
      ArtifactSigner signer,
      Compiler compiler,
      AuditLog audit,
      Clock clock,
      long weightBytesMax) {
    this.store = store;
    this.signer = signer;
    this.artifacts = new Artifacts(signer);
    this.compiler = compiler;
    this.audit = audit;
    this.clock = clock;
    this.loaded =
        Caffeine.newBuilder()
            .maximumWeight(weightBytesMax)
            .weigher((ContentDigest _, LoadedModule module) ->
                Math.clamp(module.weightBytes(), 1, Integer.MAX_VALUE))
            .build();
  }

  /**
   * The module of a version, loaded now if it is not yet.
   *
   * @throws ModuleStoreUnavailableException when it is not loaded and the store does not answer
   * @throws ModuleLostException when neither artifact nor module is in the store as it was
   *     registered
   */
  public LoadedModule load(VersionRecord version) throws AuditUnavailableException {
    var ready = loaded.getIfPresent(version.digest());
    return ready != null ? ready : openOnce(version);
  }

  /**
   * Loads a version's module where its artifact is in the store and good. One that is not is left
   * to {@link #load}, which compiles and audits.
   *
   * @return empty where it was left
   * @throws ModuleStoreUnavailableException when the store does not answer
   */
  public Optional<LoadedModule> preload(VersionRecord version) {
    var ready = loaded.getIfPresent(version.digest());
    if (ready != null) {
      return Optional.of(ready);
    }
    var stored = store.artifact(version.digest(), EngineId.current());
    if (stored.isPresent()
        && artifacts.open(stored.get(), version.digest())
            instanceof ArtifactCheck.Loaded(LoadedModule module)) {
      loaded.put(version.digest(), module);
      return Optional.of(module);
    }
    return Optional.empty();
  }

  /**
   * Compiles, signs and opens a module of the platform's own, by the way every plugin comes.
   * Nothing is stored or kept.
   */
  public LoadedModule own(byte[] module) throws InterruptedException {
    if (compiler.compile(module, Manifest.UNDECLARED)
            instanceof Compilation.Compiled(CompiledModule compiled)
        && artifacts.open(signer.sign(compiled), compiled.wasmDigest())
            instanceof ArtifactCheck.Loaded(LoadedModule opened)) {
      return opened;
    }
    throw new IllegalStateException("a module of our own does not compile and open");
  }

  /** However many calls wait for a module, one of them opens it; a failure is not remembered. */
  LoadedModule openOnce(VersionRecord version) throws AuditUnavailableException {
    var mine = new FutureTask<>(() -> openUnlessLoaded(version));
    var others = opening.putIfAbsent(version.digest(), mine);
    if (others != null) {
      return await(others);
    }
    try {
      mine.run();
      return await(mine);
    } finally {
      opening.remove(version.digest(), mine);
    }
  }

  private LoadedModule openUnlessLoaded(VersionRecord version) throws AuditUnavailableException {
    // Another call may have opened it and gone since this one looked.
    var ready = loaded.getIfPresent(version.digest());
    if (ready != null) {
      return ready;
    }
    try {
      var module = open(version);
      loaded.put(version.digest(), module);
      return module;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("opening a module was stopped", e);
    }
  }

  private static LoadedModule await(FutureTask<LoadedModule> opening)
      throws AuditUnavailableException {
    try {
      return opening.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case AuditUnavailableException cause -> throw cause;
        case null, default -> throw new IllegalStateException("opening a module", e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("waiting for a module was stopped", e);
    }
  }

  /** Inspects and compiles a module; nothing is stored. */
  Compilation compile(byte[] module, Manifest manifest) throws InterruptedException {
    return compiler.compile(module, manifest);
  }

  /** Stores a module and its artifact, signed. Storing the same again changes nothing. */
  void keep(CompiledModule compiled, byte[] module) {
    store.keepModule(compiled.wasmDigest(), module);
    store.keepArtifact(signer.sign(compiled));
  }

  private LoadedModule open(VersionRecord version)
      throws AuditUnavailableException, InterruptedException {
    var stored = store.artifact(version.digest(), EngineId.current());
    if (stored.isEmpty()) {
      return recompile(version);
    }
    return switch (artifacts.open(stored.get(), version.digest())) {
      case ArtifactCheck.Loaded(LoadedModule module) -> module;
      case ArtifactCheck.BadSignature() -> refuse(version, Redacted.literal("bad signature"));
      case ArtifactCheck.Corrupt _ -> refuse(version, Redacted.literal("corrupt"));
      case ArtifactCheck.OtherEngine(EngineId engine) ->
          refuse(version, Redacted.literal("engine ").plus(Redacted.identifier(engine.value())));
    };
  }

  private LoadedModule refuse(VersionRecord version, Redacted why)
      throws AuditUnavailableException, InterruptedException {
    audit.append(
        AuditEntry.of(
                clock.instant(), AuditAction.ARTIFACT_REFUSED, Actor.SYSTEM, AuditOutcome.REJECTED)
            .digest(version.digest())
            .detail(why)
            .build());
    return recompile(version);
  }

  private LoadedModule recompile(VersionRecord version) throws InterruptedException {
    Optional<byte[]> module = store.module(version.digest());
    if (module.isEmpty() || !ContentDigest.of(module.get()).equals(version.digest())) {
      throw new ModuleLostException(version.digest());
    }
    return switch (compiler.compile(module.get(), version.manifest())) {
      case Compilation.Rejected _ -> throw new ModuleLostException(version.digest());
      case Compilation.Compiled(CompiledModule compiled) -> {
        var signed = signer.sign(compiled);
        store.keepArtifact(signed);
        yield switch (artifacts.open(signed, version.digest())) {
          case ArtifactCheck.Loaded(LoadedModule fresh) -> fresh;
          case ArtifactCheck.BadSignature _, ArtifactCheck.Corrupt _, ArtifactCheck.OtherEngine _ ->
              throw new IllegalStateException("an artifact signed just now does not open");
        };
      }
    };
  }
}
