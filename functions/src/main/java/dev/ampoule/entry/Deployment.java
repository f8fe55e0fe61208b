package dev.ampoule.entry;

import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.policy.Role;
import dev.ampoule.registry.PluginCatalog;
import dev.ampoule.registry.VersionRecord;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What whoever deploys asks of a deployment, without its API. */
public final class Deployment {
  private final PluginCatalog catalog;

  public Deployment(Settings settings) {
    this.catalog = new Wiring(settings).catalog();
  }

  /** What a token's {@code roles} may hold. */
  public static List<String> roles() {
    return Arrays.stream(Role.values()).map(Role::claim).toList();
  }

  /** How far a version is. */
  public sealed interface Progress {
    record NotRegistered() implements Progress {}

    record Live() implements Progress {}

    /** Registered, but not live: its state, and why it was rejected if it was. */
    record NotLive(String state, String why) implements Progress {}
  }

  public Progress progress(String name, String version) {
    return catalog
        .version(new PluginName(name), new PluginVersion(version))
        .map(this::progress)
        .orElse(new Progress.NotRegistered());
  }

  private Progress progress(VersionRecord version) {
    boolean live = catalog.live(version.name()).equals(Optional.of(version.version()));
    return live && version.state() == LifecycleState.LIVE
        ? new Progress.Live()
        : new Progress.NotLive(version.state().name(), String.join("; ", version.reasons()));
  }
}
