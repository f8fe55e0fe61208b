package dev.ampoule.infra;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ObservabilityTest {
  private static final Resources PROD = Templates.of(StageConfig.PROD).resources();

  @Test
  void theErrorBudgetOf9995HasThreeBurnRatesEachWithTwoWindows() {
    assertThat(
            PROD.ofType("AWS::CloudWatch::Alarm").stream()
                .filter(alarm -> alarm.id().startsWith("ObservabilitySlo"))
                .collect(
                    Collectors.toMap(
                        alarm -> alarm.id().replaceAll("ObservabilitySlo|[0-9A-F]{8}$", ""),
                        alarm ->
                            alarm.text("Properties", "Threshold")
                                + " over "
                                + alarm.list("Properties", "Metrics").stream()
                                    .filter(metric -> metric.keys().contains("MetricStat"))
                                    .map(metric -> metric.text("MetricStat", "Period"))
                                    .distinct()
                                    .collect(Collectors.joining()))))
        .isEqualTo(
            Map.of(
                "FASTLong", "0.0072 over 3600",
                "FASTShort", "0.0072 over 300",
                "MEDIUMLong", "0.003 over 21600",
                "MEDIUMShort", "0.003 over 1800",
                "SLOWLong", "0.0015 over 86400",
                "SLOWShort", "0.0015 over 7200"));
    assertThat(PROD.ofType("AWS::CloudWatch::CompositeAlarm"))
        .hasSize(3)
        .allSatisfy(alarm -> {
          assertThat(alarm.list("Properties", "AlarmActions")).hasSize(1);
          assertThat(alarm.text("Properties", "AlarmRule")).contains(" AND ");
        });
  }

  @Test
  void everyFunctionsThrottlesAndEveryDeadLetterQueueRaiseAnAlarm() {
    assertThat(metrics("Throttles")).isEqualTo(7);
    assertThat(metrics("ApproximateNumberOfMessagesVisible"))
        .isEqualTo(PROD.ofType("AWS::SQS::Queue").size())
        .isEqualTo(2);
  }

  @Test
  void anAuditTableThatRefusesBlocksAndACheckpointThatIsMissingRaiseAnAlarm() {
    assertThat(
            PROD
                .properties("AWS::CloudWatch::Alarm", "ObservabilityAuditSystemErrors")
                .list("Dimensions")
                .stream()
                .map(dimension -> dimension.text("Value")))
        .contains("PutItem");
    PROD.get("AWS::CloudWatch::Alarm", "ObservabilityAuditThrottledRequests");
    assertThat(
            PROD.properties("AWS::CloudWatch::Alarm", "ObservabilityNoCheckpoint")
                .text("TreatMissingData"))
        .isEqualTo("breaching");
  }

  @Test
  void aBlockThatWaitsTooLongInTheSpoolAndOneThatCannotLeaveItRaiseAnAlarm() {
    var age = PROD.properties("AWS::CloudWatch::Alarm", "ObservabilitySpoolAge");
    assertThat(age.text("Namespace") + " " + age.text("MetricName") + " " + age.text("Threshold"))
        .isEqualTo("Ampoule SpoolAgeSeconds 900");
    assertThat(
            PROD.properties("AWS::CloudWatch::Alarm", "ObservabilitySpoolFaulty")
                .text("MetricName"))
        .isEqualTo("SpoolFaulty");
  }

  @Test
  void everyPlatformEventRaisesAnAlarm() {
    for (var metric : List.of("PluginRollbacks", "PluginQuarantines", "BreakersOpened")) {
      var alarm = PROD.properties("AWS::CloudWatch::Alarm", "Observability" + metric);
      assertThat(alarm.text("Namespace")).isEqualTo("Ampoule");
      assertThat(alarm.text("MetricName")).isEqualTo(metric);
      assertThat(alarm.keys()).doesNotContain("Dimensions").contains("AlarmActions");
    }
  }

  @Test
  void checkpointsAreTakenEveryMinute() {
    var rule = PROD.properties("AWS::Events::Rule", "AuditEveryMinute");
    assertThat(rule.text("ScheduleExpression")).isEqualTo("rate(1 minute)");
    assertThat(rule.list("Targets")).hasSize(1);
    var target = rule.list("Targets").getFirst();
    assertThat(target.text("Arn")).startsWith("{Ref=AuditCheckpointAlias");
    assertThat(target.keys()).contains("DeadLetterConfig");
  }

  @Test
  void alarmsGoToAnEncryptedTopic() {
    assertThat(PROD.properties("AWS::SNS::Topic", "Alarms").keys()).contains("KmsMasterKeyId");
  }

  private static long metrics(String name) {
    return PROD.ofType("AWS::CloudWatch::Alarm").stream()
        .map(alarm -> alarm.at("Properties"))
        .filter(alarm -> alarm.keys().contains("MetricName"))
        .filter(alarm -> alarm.text("MetricName").equals(name))
        .count();
  }
}
