package dev.ampoule.infra;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.constructs.Construct;

/** The function that runs plugins. */
final class Invocation extends Construct {
  private final LambdaFunction invoke;

  Invocation(Construct scope, Platform platform, Storage storage, Parameters parameters) {
    super(scope, "Invocation");
    invoke =
        new LambdaFunction(
            this,
            platform,
            new LambdaFunction.Spec(
                "Invoke",
                // Four times the greatest memory of a plugin (512 MiB), beside 512 MiB of loaded
                // modules; and more than one CPU, because a plugin's time is the caller's wait.
                2048,
                // The HTTP API hangs up after 30 s; a plugin is stopped after 28 s.
                Duration.seconds(30),
                // The most of the account: this is what it is for.
                platform.stage().invokeConcurrency(),
                environment(platform, storage, parameters),
                permissions(storage),
                Optional.empty()));
  }

  /** What every function is told that runs plugins. */
  static Map<String, String> environment(
      Platform platform, Storage storage, Parameters parameters) {
    return environment(platform, storage, parameters, Map.of());
  }

  static Map<String, String> environment(
      Platform platform, Storage storage, Parameters parameters, Map<String, String> more) {
    var environment = new TreeMap<>(more);
    environment.put("AMPOULE_PLUGINS_TABLE", storage.pluginsTable());
    environment.put("AMPOULE_EVENTS_TABLE", storage.eventsTable());
    environment.put("AMPOULE_AUDIT_TABLE", storage.auditTable());
    environment.put("AMPOULE_SPOOL_BUCKET", storage.spoolBucket());
    environment.put("AMPOULE_CATALOG_STALE_SECONDS", parameters.catalogStaleSeconds());
    environment.put("AMPOULE_MODULES_BUCKET", storage.modulesBucket());
    environment.put("AMPOULE_ARTIFACT_KEY", platform.keys().artifactKey());
    environment.put("AMPOULE_HTTP_ALSO_REACHABLE", parameters.httpAlsoReachable());
    return environment;
  }

  /** What every function may that runs plugins. */
  static List<PolicyStatement> permissions(Storage storage, PolicyStatement... more) {
    var permissions = new ArrayList<>(List.of(more));
    permissions.addAll(
        List.of(
            // It counts calls, opens breakers, and moves versions that do badly.
            storage.onPlugins(
                "dynamodb:GetItem",
                "dynamodb:Query",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem"),
            storage.tellsOfPlugins(),
            storage.appendsAudit(),
            storage.spoolsAudit(),
            storage.listsSpool(),
            storage.onModules(List.of(Storage.MODULES, Storage.ARTIFACTS), "s3:GetObject"),
            // An artifact of another engine, or a bad one, is compiled again and stored.
            storage.onModules(List.of(Storage.ARTIFACTS), "s3:PutObject"),
            storage.listsModules(),
            storage.usesContentKey(),
            storage.usesAuditKey()));
    return permissions;
  }

  LambdaFunction invoke() {
    return invoke;
  }
}
