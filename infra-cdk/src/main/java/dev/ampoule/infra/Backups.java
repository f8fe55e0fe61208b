package dev.ampoule.infra;

import java.util.List;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.services.backup.BackupPlan;
import software.amazon.awscdk.services.backup.BackupPlanRule;
import software.amazon.awscdk.services.backup.BackupResource;
import software.amazon.awscdk.services.backup.BackupSelectionOptions;
import software.amazon.awscdk.services.backup.BackupVault;
import software.amazon.awscdk.services.events.CronOptions;
import software.amazon.awscdk.services.events.Schedule;
import software.constructs.Construct;

/**
 * Copies of the tables outside them: point-in-time recovery reaches back 35 days and ends with the
 * table.
 */
final class Backups extends Construct {
  Backups(Construct scope, StageConfig stage, Keys keys, Storage storage) {
    super(scope, "Backups");
    var vault =
        BackupVault.Builder.create(this, "Vault")
            .encryptionKey(keys.audit())
            .removalPolicy(stage.removal())
            .build();
    var plan = BackupPlan.Builder.create(this, "Plan").backupVault(vault).build();
    plan.addRule(
        BackupPlanRule.Builder.create()
            .ruleName("daily")
            .scheduleExpression(Schedule.cron(CronOptions.builder().hour("3").minute("0").build()))
            .deleteAfter(Duration.days(stage.keepsData() ? 35 : 7))
            .build());
    if (stage.keepsData()) {
      plan.addRule(
          BackupPlanRule.Builder.create()
              .ruleName("monthly")
              .scheduleExpression(
                  Schedule.cron(CronOptions.builder().day("1").hour("4").minute("0").build()))
              .deleteAfter(Storage.SIX_YEARS)
              .build());
    }
    plan.addSelection(
        "Tables",
        BackupSelectionOptions.builder()
            .resources(
                List.of(
                    BackupResource.fromDynamoDbTable(storage.plugins()),
                    BackupResource.fromDynamoDbTable(storage.audit())))
            .build());
  }
}
