package dev.ampoule.infra;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.services.cloudwatch.Alarm;
import software.amazon.awscdk.services.cloudwatch.AlarmRule;
import software.amazon.awscdk.services.cloudwatch.AlarmState;
import software.amazon.awscdk.services.cloudwatch.ComparisonOperator;
import software.amazon.awscdk.services.cloudwatch.CompositeAlarm;
import software.amazon.awscdk.services.cloudwatch.Dashboard;
import software.amazon.awscdk.services.cloudwatch.GraphWidget;
import software.amazon.awscdk.services.cloudwatch.IMetric;
import software.amazon.awscdk.services.cloudwatch.MathExpression;
import software.amazon.awscdk.services.cloudwatch.Metric;
import software.amazon.awscdk.services.cloudwatch.MetricOptions;
import software.amazon.awscdk.services.cloudwatch.Stats;
import software.amazon.awscdk.services.cloudwatch.TreatMissingData;
import software.amazon.awscdk.services.cloudwatch.actions.SnsAction;
import software.amazon.awscdk.services.sns.Topic;
import software.constructs.Construct;

/**
 * Alarms for the objective that 99.95 % of requests are not answered 5xx, and for what must never
 * happen quietly; and the dashboard.
 */
final class Observability extends Construct {
  /** Of 10 000 requests, so many may fail. */
  private static final int ERROR_BUDGET = 5;

  /**
   * How fast the budget of 30 days burns: a page when both windows are above, the short one so that
   * the alarm ends when the trouble does (Site Reliability Workbook, chapter 5). Its fourth, 3
   * days, is longer than CloudWatch's longest period of one day.
   */
  private enum BurnRate {
    FAST(14.4, 60, 5),
    MEDIUM(6, 6 * 60, 30),
    SLOW(3, 24 * 60, 2 * 60);

    private final double times;
    private final int longMinutes;
    private final int shortMinutes;

    BurnRate(double times, int longMinutes, int shortMinutes) {
      this.times = times;
      this.longMinutes = longMinutes;
      this.shortMinutes = shortMinutes;
    }

    double errorRatio() {
      return times * ERROR_BUDGET / 10_000;
    }
  }

  private final Topic alarms;

  Observability(
      Construct scope,
      Topic alarms,
      Storage storage,
      Api api,
      Audit audit,
      Realtime realtime,
      List<LambdaFunction> functions) {
    super(scope, "Observability");
    this.alarms = alarms;
    for (BurnRate rate : BurnRate.values()) {
      burnRate(rate, api);
    }
    for (LambdaFunction function : functions) {
      var id = function.getNode().getId();
      alarm(
          "Throttled" + id,
          "Calls of " + id + " found no free execution environment",
          function.alias().metricThrottles(sum(Duration.minutes(1))),
          1,
          TreatMissingData.NOT_BREACHING);
      function
          .deadLetters()
          .ifPresent(queue ->
              alarm(
                  "DeadLetters" + id,
                  "An event for " + id + " failed after all retries; it waits for 14 days",
                  queue.metricApproximateNumberOfMessagesVisible(
                      MetricOptions.builder()
                          .period(Duration.minutes(1))
                          .statistic(Stats.MAXIMUM)
                          .build()),
                  1,
                  TreatMissingData.NOT_BREACHING));
    }
    auditFailures(storage, audit);
    lateEvents(realtime);
    platformEvents();
    dashboard(api, functions);
  }

  private void burnRate(BurnRate rate, Api api) {
    var inLong = burning(rate, Duration.minutes(rate.longMinutes), "Long", api);
    var inShort = burning(rate, Duration.minutes(rate.shortMinutes), "Short", api);
    var both =
        CompositeAlarm.Builder.create(this, "Slo" + rate)
            .alarmDescription("The error budget of 30 days burns " + rate.times + " times too fast")
            .alarmRule(
                AlarmRule.allOf(
                    AlarmRule.fromAlarm(inLong, AlarmState.ALARM),
                    AlarmRule.fromAlarm(inShort, AlarmState.ALARM)))
            .build();
    both.addAlarmAction(new SnsAction(alarms));
  }

  private Alarm burning(BurnRate rate, Duration window, String which, Api api) {
    return Alarm.Builder.create(this, "Slo" + rate + which)
        .alarmDescription("One window of Slo" + rate)
        .metric(errorRatio(api, window))
        .comparisonOperator(ComparisonOperator.GREATER_THAN_THRESHOLD)
        .threshold(rate.errorRatio())
        .evaluationPeriods(1)
        .treatMissingData(TreatMissingData.NOT_BREACHING)
        .build();
  }

  private static MathExpression errorRatio(Api api, Duration period) {
    return MathExpression.Builder.create()
        .expression("IF(requests > 0, errors / requests, 0)")
        .label("5xx per request")
        .usingMetrics(
            inOrder(
                "errors", api.http().metricServerError(sum(period)),
                "requests", api.http().metricCount(sum(period))))
        .period(period)
        .build();
  }

  /**
   * No audit, no access: where neither table nor spool takes blocks, callers are answered with 503.
   */
  private void auditFailures(Storage storage, Audit audit) {
    for (String metric : List.of("SystemErrors", "ThrottledRequests")) {
      alarm(
          "Audit" + metric,
          "The audit table does not take blocks: they wait in the spool",
          Metric.Builder.create()
              .namespace("AWS/DynamoDB")
              .metricName(metric)
              .dimensionsMap(inOrder("TableName", storage.auditTable(), "Operation", "PutItem"))
              .statistic(Stats.SUM)
              .period(Duration.minutes(1))
              .build(),
          1,
          TreatMissingData.NOT_BREACHING);
    }
    alarm(
        "SpoolAge",
        "An audit block waits in the spool for 15 minutes or more; nothing is lost yet",
        ofDrains("SpoolAgeSeconds"),
        Duration.minutes(15).toSeconds().doubleValue(),
        TreatMissingData.NOT_BREACHING);
    alarm(
        "SpoolFaulty",
        "A block in the spool is not what was put there, or another stands in its place",
        ofDrains("SpoolFaulty"),
        1,
        TreatMissingData.NOT_BREACHING);
    var every = Duration.minutes(5);
    Alarm.Builder.create(this, "NoCheckpoint")
        .alarmDescription("For five minutes no checkpoint of the audit chains was signed")
        .metric(
            MathExpression.Builder.create()
                .expression("invocations - errors")
                .label("checkpoints")
                .usingMetrics(
                    inOrder(
                        "invocations", audit.checkpoint().alias().metricInvocations(sum(every)),
                        "errors", audit.checkpoint().alias().metricErrors(sum(every))))
                .period(every)
                .build())
        .comparisonOperator(ComparisonOperator.LESS_THAN_THRESHOLD)
        .threshold(1)
        .evaluationPeriods(1)
        .treatMissingData(TreatMissingData.BREACHING)
        .build()
        .addAlarmAction(new SnsAction(alarms));
  }

  /** How old the newest event is that the fan-out was given. */
  private void lateEvents(Realtime realtime) {
    alarm(
        "LateEvents",
        "Events reach their subscribers a minute late or more",
        realtime
            .fanOut()
            .alias()
            .metric(
                "IteratorAge",
                MetricOptions.builder()
                    .period(Duration.minutes(1))
                    .statistic(Stats.MAXIMUM)
                    .build()),
        60_000,
        TreatMissingData.NOT_BREACHING);
  }

  /** What the platform does to plugins by itself is something an operator hears of. */
  private void platformEvents() {
    platformEvent("PluginRollbacks", "A version was rolled back, or its trial ended");
    platformEvent("PluginQuarantines", "A version was quarantined");
    platformEvent(
        "BreakersOpened", "Calls of a version, or to a store, are not made: it failed too often");
  }

  private void platformEvent(String metric, String what) {
    alarm(
        metric,
        what,
        Metric.Builder.create()
            .namespace("Ampoule")
            .metricName(metric)
            .statistic(Stats.SUM)
            .period(Duration.minutes(1))
            .build(),
        1,
        TreatMissingData.NOT_BREACHING);
  }

  /** What Checkpoint tells of each drain. */
  private static Metric ofDrains(String metric) {
    return Metric.Builder.create()
        .namespace("Ampoule")
        .metricName(metric)
        .statistic(Stats.MAXIMUM)
        .period(Duration.minutes(1))
        .build();
  }

  private void alarm(
      String id, String what, IMetric metric, double threshold, TreatMissingData missing) {
    Alarm.Builder.create(this, id)
        .alarmDescription(what)
        .metric(metric)
        .comparisonOperator(ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD)
        .threshold(threshold)
        .evaluationPeriods(1)
        .treatMissingData(missing)
        .build()
        .addAlarmAction(new SnsAction(alarms));
  }

  private void dashboard(Api api, List<LambdaFunction> functions) {
    var minute = Duration.minutes(1);
    var dashboard = Dashboard.Builder.create(this, "Dashboard").build();
    dashboard.addWidgets(
        graph("Requests", List.of(api.http().metricCount(sum(minute)))),
        graph("5xx per request; objective 0.0005", List.of(errorRatio(api, Duration.minutes(5)))),
        graph(
            "Latency, ms",
            List.of(
                api.http().metricLatency(percentile("p50")),
                api.http().metricLatency(percentile("p99")))));
    dashboard.addWidgets(
        graph(
            "Calls",
            functions.stream()
                .<IMetric>map(function -> function.alias().metricInvocations(named(function)))
                .toList()),
        graph(
            "Failures",
            functions.stream()
                .<IMetric>map(function -> function.alias().metricErrors(named(function)))
                .toList()),
        graph(
            "Throttles",
            functions.stream()
                .<IMetric>map(function -> function.alias().metricThrottles(named(function)))
                .toList()));
    dashboard.addWidgets(
        graph(
            "Dead letters",
            functions.stream()
                .flatMap(function ->
                    function.deadLetters().stream()
                        .<IMetric>map(queue ->
                            queue.metricApproximateNumberOfMessagesVisible(
                                MetricOptions.builder()
                                    .label(function.getNode().getId())
                                    .period(minute)
                                    .build())))
                .toList()));
  }

  private static GraphWidget graph(String title, List<IMetric> metrics) {
    return GraphWidget.Builder.create().title(title).left(metrics).width(8).build();
  }

  /** Map.of has another order in every process, and the template would be another each time. */
  private static <T> Map<String, T> inOrder(String key, T value, String key2, T value2) {
    return new TreeMap<>(Map.of(key, value, key2, value2));
  }

  private static MetricOptions sum(Duration period) {
    return MetricOptions.builder().period(period).statistic(Stats.SUM).build();
  }

  private static MetricOptions percentile(String which) {
    return MetricOptions.builder()
        .period(Duration.minutes(1))
        .statistic(which)
        .label(which)
        .build();
  }

  private static MetricOptions named(LambdaFunction function) {
    return MetricOptions.builder()
        .period(Duration.minutes(1))
        .statistic(Stats.SUM)
        .label(function.getNode().getId())
        .build();
  }
}
