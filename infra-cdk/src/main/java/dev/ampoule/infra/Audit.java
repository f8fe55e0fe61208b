package dev.ampoule.infra;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.services.events.Rule;
import software.amazon.awscdk.services.events.Schedule;
import software.amazon.awscdk.services.sqs.Queue;
import software.constructs.Construct;

/** Review of the audit log; every minute its spool is drained and a checkpoint taken. */
final class Audit extends Construct {
  private final LambdaFunction audit;
  private final LambdaFunction checkpoint;

  Audit(Construct scope, Platform platform, Storage storage, Parameters parameters) {
    super(scope, "Audit");
    audit =
        new LambdaFunction(
            this,
            platform,
            new LambdaFunction.Spec(
                "Audit",
                // Verification hashes every block; half a CPU more than halves its time.
                1024,
                // Verification reads as far as it gets before the HTTP API hangs up.
                Duration.seconds(30),
                // Reviewers are few and their queries heavy.
                5,
                Map.of(
                    "AMPOULE_AUDIT_TABLE", storage.auditTable(),
                    "AMPOULE_SPOOL_BUCKET", storage.spoolBucket(),
                    "AMPOULE_AUDIT_BUCKET", storage.checkpointsBucket(),
                    "AMPOULE_CHECKPOINT_PUBLIC_KEY", parameters.checkpointPublicKey()),
                List.of(
                    storage.readsAudit(
                        "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"),
                    storage.appendsAudit(), // who looked at the log is part of it
                    storage.spoolsAudit(),
                    storage.listsSpool(),
                    storage.onCheckpoints("s3:GetObject"),
                    storage.listsCheckpoints(),
                    storage.usesAuditKey()),
                Optional.empty()));
    checkpoint =
        new LambdaFunction(
            this,
            platform,
            new LambdaFunction.Spec(
                "Checkpoint",
                // One read for each chain and one signature; the spool block by block.
                512,
                // As long as until the next one.
                Duration.minutes(1),
                // Two at a time would only get in each other's way.
                1,
                Map.of(
                    "AMPOULE_AUDIT_TABLE", storage.auditTable(),
                    "AMPOULE_SPOOL_BUCKET", storage.spoolBucket(),
                    "AMPOULE_AUDIT_BUCKET", storage.checkpointsBucket(),
                    "AMPOULE_CHECKPOINT_KEY", platform.keys().checkpointKey(),
                    "AMPOULE_CHECKPOINT_PUBLIC_KEY", parameters.checkpointPublicKey()),
                List.of(
                    storage.readsAudit("dynamodb:Query"),
                    // What waits in the spool goes to the table, and is then removed.
                    storage.appendsAudit(),
                    storage.onSpool("s3:GetObject", "s3:DeleteObject"),
                    storage.listsSpool(),
                    // Put if there is none of that name; the last one is read for the chains it
                    // knew, and one that was there already for whether it is the same.
                    storage.onCheckpoints("s3:GetObject", "s3:PutObject"),
                    storage.listsCheckpoints(),
                    storage.usesAuditKey()),
                // The next one, a minute later, covers what this one would have.
                Optional.of(0)));
    var rule =
        Rule.Builder.create(this, "EveryMinute")
            .schedule(Schedule.rate(Duration.minutes(1)))
            .build();
    rule.addTarget(
        software.amazon.awscdk.services.events.targets.LambdaFunction.Builder.create(
                checkpoint.alias())
            // What EventBridge could not deliver.
            .deadLetterQueue(checkpointDeadLetters())
            .retryAttempts(0)
            .build());
  }

  LambdaFunction audit() {
    return audit;
  }

  LambdaFunction checkpoint() {
    return checkpoint;
  }

  private Queue checkpointDeadLetters() {
    return checkpoint.deadLetters().orElseThrow();
  }
}
