package dev.ampoule.entry;

import dev.ampoule.aws.AwsClients;
import dev.ampoule.aws.Provisioning;
import dev.ampoule.entry.Settings.Variable;
import dev.ampoule.plugin.LifecycleState;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.policy.Role;
import dev.ampoule.registry.PluginCatalog;
import dev.ampoule.registry.VersionRecord;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What sets a deployment up where no CloudFormation does it: on one machine and in tests. */
public final class Deployment {
  private final Settings settings;
  private final AwsClients clients;
  private final PluginCatalog catalog;

  public Deployment(Settings settings) {
    this.settings = settings;
    this.clients = new AwsClients(Wiring.location(settings));
    this.catalog = new Wiring(settings).catalog();
  }

  /** Makes the tables and buckets that are not there yet. */
  public void createResources() {
    var provisioning = new Provisioning(clients.dynamoDb(), clients.s3());
    provisioning.pluginsTable(settings.text(Variable.AMPOULE_PLUGINS_TABLE));
    provisioning.auditTable(settings.text(Variable.AMPOULE_AUDIT_TABLE));
    provisioning.bucket(settings.text(Variable.AMPOULE_MODULES_BUCKET));
    provisioning.bucket(settings.text(Variable.AMPOULE_AUDIT_BUCKET));
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
