package dev.ampoule.infra;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awscdk.Duration;
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
                Map.of(
                    "AMPOULE_PLUGINS_TABLE", storage.pluginsTable(),
                    "AMPOULE_AUDIT_TABLE", storage.auditTable(),
                    "AMPOULE_SPOOL_BUCKET", storage.spoolBucket(),
                    "AMPOULE_MODULES_BUCKET", storage.modulesBucket(),
                    "AMPOULE_ARTIFACT_KEY", platform.keys().artifactKey(),
                    "AMPOULE_CATALOG_STALE_SECONDS", parameters.catalogStaleSeconds(),
                    "AMPOULE_HTTP_ALSO_REACHABLE", parameters.httpAlsoReachable()),
                List.of(
                    // It counts calls, opens breakers, and moves versions that do badly.
                    storage.onPlugins(
                        "dynamodb:GetItem",
                        "dynamodb:Query",
                        "dynamodb:PutItem",
                        "dynamodb:UpdateItem",
                        "dynamodb:DeleteItem"),
                    storage.appendsAudit(),
                    storage.spoolsAudit(),
                    storage.listsSpool(),
                    storage.onModules(List.of(Storage.MODULES, Storage.ARTIFACTS), "s3:GetObject"),
                    // An artifact of another engine, or a bad one, is compiled again and stored.
                    storage.onModules(List.of(Storage.ARTIFACTS), "s3:PutObject"),
                    storage.listsModules(),
                    storage.usesContentKey(),
                    storage.usesAuditKey()),
                Optional.empty()));
  }

  LambdaFunction invoke() {
    return invoke;
  }
}
