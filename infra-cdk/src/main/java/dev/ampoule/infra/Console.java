package dev.ampoule.infra;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awscdk.Duration;
import software.constructs.Construct;

/** The pages that people look at. */
final class Console extends Construct {
  private final LambdaFunction pages;

  Console(
      Construct scope,
      Platform platform,
      Storage storage,
      Parameters parameters,
      Realtime realtime) {
    super(scope, "Console");
    pages =
        new LambdaFunction(
            this,
            platform,
            new LambdaFunction.Spec(
                "Pages",
                // A signature check, a few reads and up to 1 000 audit entries to count: half a
                // CPU.
                1024,
                // A verification of the audit reads as far as it gets before the HTTP API hangs up.
                Duration.seconds(30),
                // People at their screens; their browsers keep the assets.
                15,
                Map.ofEntries(
                    Map.entry("AMPOULE_CONNECTIONS_TABLE", storage.connectionsTable()),
                    Map.entry("AMPOULE_EVENTS_TABLE", storage.eventsTable()),
                    Map.entry("AMPOULE_LIVE_URL", realtime.url()),
                    Map.entry("AMPOULE_PLUGINS_TABLE", storage.pluginsTable()),
                    Map.entry("AMPOULE_AUDIT_TABLE", storage.auditTable()),
                    Map.entry("AMPOULE_SPOOL_BUCKET", storage.spoolBucket()),
                    Map.entry("AMPOULE_AUDIT_BUCKET", storage.checkpointsBucket()),
                    Map.entry("AMPOULE_CHECKPOINT_PUBLIC_KEY", parameters.checkpointPublicKey()),
                    Map.entry("AMPOULE_JWKS_URL", parameters.jwksUrl()),
                    Map.entry("AMPOULE_TOKEN_ISSUER", parameters.tokenIssuer()),
                    Map.entry("AMPOULE_TOKEN_AUDIENCE", parameters.tokenAudience())),
                List.of(
                    storage.onPlugins(
                        "dynamodb:GetItem",
                        "dynamodb:Query",
                        "dynamodb:PutItem",
                        "dynamodb:UpdateItem",
                        "dynamodb:DeleteItem"),
                    storage.readsAudit(
                        "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"),
                    // What was told of patients, and who is told; moves are told as they are made.
                    storage.onEvents(
                        "dynamodb:GetItem",
                        "dynamodb:Query",
                        "dynamodb:PutItem",
                        "dynamodb:UpdateItem"),
                    storage.onConnections("dynamodb:GetItem", "dynamodb:Query"),
                    storage.appendsAudit(),
                    storage.spoolsAudit(),
                    storage.listsSpool(),
                    storage.onCheckpoints("s3:GetObject"),
                    storage.listsCheckpoints(),
                    storage.usesContentKey(),
                    storage.usesAuditKey()),
                Optional.empty()));
  }

  LambdaFunction pages() {
    return pages;
  }
}
