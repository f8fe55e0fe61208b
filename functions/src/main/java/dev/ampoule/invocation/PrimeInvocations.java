package dev.ampoule.invocation;

import dev.ampoule.plugin.Capabilities;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.Limits;
import dev.ampoule.registry.Modules;
import dev.ampoule.registry.PluginCatalog;
import dev.ampoule.registry.PluginSummary;
import dev.ampoule.registry.VersionRecord;
import dev.ampoule.sandbox.LoadedModule;
import dev.ampoule.sandbox.PluginCall;
import dev.ampoule.sandbox.RunOutcome;
import dev.ampoule.sandbox.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * Makes a process warm before a snapshot of it is taken: runs a harmless call, then loads the
 * modules of live versions. The call runs modules of our own, one for each ABI, and not a plugin:
 * nobody asked for it, so there would be nothing true to audit (RATIONALE: "What does priming
 * run?").
 */
public final class PrimeInvocations {
  private static final byte[] INPUT = "ping".getBytes(StandardCharsets.UTF_8);
  private static final FunctionName RUN = new FunctionName("run");
  private static final FunctionName START = new FunctionName("_start");

  /**
   * What a snapshot may take.
   *
   * @param plugins how many of the catalogue, in the order of their names
   * @param weightBytes of the loaded modules together; the one that goes over it is the last
   * @param time to begin to load another one
   */
  public record Bounds(int plugins, long weightBytes, Duration time) {
    /** Half a page of the catalogue, an eighth of what may be loaded, and well within a minute. */
    public static final Bounds DEFAULT = new Bounds(50, 64L * 1024 * 1024, Duration.ofSeconds(20));

    public Bounds {
      if (plugins < 1 || weightBytes < 1 || !time.isPositive()) {
        throw new IllegalArgumentException(
            "plugins %d, weightBytes %d, time %s".formatted(plugins, weightBytes, time));
      }
    }
  }

  /**
   * What was loaded.
   *
   * @param leftOut live versions without a good artifact, and those beyond a bound
   */
  public record Primed(int modules, long weightBytes, int leftOut) {}

  private final PluginCatalog catalog;
  private final Modules modules;
  private final Sandbox sandbox;
  private final Bounds bounds;

  public PrimeInvocations(PluginCatalog catalog, Modules modules, Sandbox sandbox, Bounds bounds) {
    this.catalog = catalog;
    this.modules = modules;
    this.sandbox = sandbox;
    this.bounds = bounds;
  }

  /**
   * Begins no new step after the time is over; a step under way ends by its own limit.
   *
   * @throws RuntimeException a store did not answer; what was loaded until then stays
   */
  public Primed run() {
    long started = System.nanoTime();
    call("prime-extism.wasm", RUN);
    call("prime-wasi.wasm", START);
    int loaded = 0;
    long weight = 0;
    int leftOut = 0;
    for (var plugin : catalog.plugins(Optional.empty(), bounds.plugins()).items()) {
      boolean room =
          weight < bounds.weightBytes() && System.nanoTime() - started < bounds.time().toNanos();
      var live = room ? live(plugin) : Optional.<VersionRecord>empty();
      var module = live.flatMap(modules::preload);
      if (module.isPresent()) {
        loaded++;
        weight += module.get().weightBytes();
      } else if (plugin.live().isPresent()) {
        leftOut++;
      }
    }
    return new Primed(loaded, weight, leftOut);
  }

  private Optional<VersionRecord> live(PluginSummary plugin) {
    return plugin
        .live()
        .flatMap(version -> catalog.version(plugin.name(), version))
        .filter(version -> version.state().invocable());
  }

  private void call(String resource, FunctionName function) {
    var run =
        sandbox.run(
            own(resource),
            new PluginCall(function, INPUT, Capabilities.NONE, Limits.DEFAULT, (_, _) -> {}));
    if (!(run.outcome() instanceof RunOutcome.Output(byte[] output))
        || !Arrays.equals(output, INPUT)) {
      throw new IllegalStateException(resource + " did not echo");
    }
  }

  private LoadedModule own(String resource) {
    try {
      return modules.own(read(resource));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("priming was stopped", e);
    }
  }

  static byte[] read(String resource) {
    try (var in = PrimeInvocations.class.getResourceAsStream(resource)) {
      return Objects.requireNonNull(in, resource).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("reading our own resource", e);
    }
  }
}
