package dev.ampoule.infra;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a production stage costs on AWS, as tables in Markdown: the ones of {@code docs/deploy.md}
 * without arguments, others with {@code NAME=NUMBER} for any {@link Input}.
 */
public final class Costs {
  private static final double MILLION = 1e6;
  private static final double GIGABYTE = 1e9;
  private static final double MINUTES_PER_MONTH = 30 * 24 * 60;
  private static final int HTTP_API_METERED_BYTES = 512 * 1024;
  private static final int WEBSOCKET_METERED_BYTES = 32 * 1024;

  /** API Gateway ends a WebSocket connection after two hours. */
  private static final double SESSION_HOURS_MAX = 2;

  private static final List<Long> CONNECTIONS = List.of(1_000L, 100_000L, 2_000_000L);

  /**
   * List prices in US dollars of us-east-1, without free tiers, savings plans or support: the first
   * tier, and the second where a table here reaches it. Where each was read, in copies of pages
   * that are up to two years old; empty where no page could be found.
   */
  enum Price {
    HTTP_API_PER_MILLION(1.00, "https://go-cloud.io/aws-api-gateway-pricing"),
    WEBSOCKET_MESSAGES_PER_MILLION(1.00, "https://amnic.com/blogs/aws-api-gateway-pricing"),
    /** Above a thousand million a month. */
    WEBSOCKET_MORE_MESSAGES_PER_MILLION(0.80, ""),
    WEBSOCKET_MINUTES_PER_MILLION(0.25, "https://amnic.com/blogs/aws-api-gateway-pricing"),
    LAMBDA_REQUESTS_PER_MILLION(0.20, "https://cloudchipr.com/blog/aws-lambda-pricing"),
    LAMBDA_ARM_GB_SECOND(0.0000133334, "https://cloudchipr.com/blog/aws-lambda-pricing"),
    DYNAMODB_WRITE_UNITS_PER_MILLION(
        0.625, "https://airbyte.com/data-engineering-resources/dynamodb-pricing"),
    DYNAMODB_READ_UNITS_PER_MILLION(
        0.125, "https://airbyte.com/data-engineering-resources/dynamodb-pricing"),
    DYNAMODB_GB_MONTH(0.25, ""),
    DYNAMODB_PITR_GB_MONTH(0.20, ""),
    LOGS_GB(0.50, "https://go-cloud.io/aws-api-gateway-pricing"),
    ALARM_MONTH(
        0.10,
        "https://002-workshop-application-performance-monitoring.huyanh.click/5-optimization"),
    COMPOSITE_ALARM_MONTH(0.50, ""),
    DASHBOARD_MONTH(3.00, ""),
    TRACES_PER_MILLION(5.00, "https://aws.amazon.com/xray/pricing/"),
    DATA_OUT_GB(0.09, "https://amnic.com/blogs/aws-api-gateway-pricing"),
    /** A dollar more for each of a key's first two yearly rotations. */
    KMS_KEY_MONTH(1.00, "https://cloudburn.io/blog/aws-kms-pricing"),
    SECRET_MONTH(0.40, ""),
    S3_PUTS_PER_MILLION(5.00, "");

    private final double dollars;
    private final String source;

    Price(double dollars, String source) {
      this.dollars = dollars;
      this.source = source;
    }
  }

  /** What the tables assume; those above {@link #INVOKE_MS} are of the template, see CostsTest. */
  enum Input {
    INVOKE_MIB(2048, "memory of Invoke"),
    AUTHORIZER_MIB(1024, "memory of Authorizer, which is asked for every request"),
    CHECKPOINT_MIB(512, "memory of Checkpoint, which runs every minute"),
    SOCKET_MIB(1024, "memory of WebSocket, which takes messages"),
    FAN_OUT_MIB(1769, "memory of FanOut, which pushes"),
    KMS_KEYS(4, "KMS keys"),
    SECRETS(2, "secrets"),
    ALARMS(48, "alarms but composite ones"),
    COMPOSITE_ALARMS(3, "composite alarms"),
    INVOKE_MS(30, "billed of Invoke for a call: the plugin, one write and the reads"),
    AUTHORIZER_MS(3, "billed of Authorizer for a call: one signature"),
    CHECKPOINT_MS(500, "billed of Checkpoint a minute"),
    CHAINS(1_000, "audit chains, one for each execution environment that ever wrote"),
    ENTRIES_PER_BLOCK(1, "audit entries that share a block: Lambda gives an environment one call"),
    WRITE_UNITS_PER_BLOCK(2, "a block of up to 1 KB, and its key in the index byDay"),
    AUDIT_BYTES(1_200, "stored of an entry, its indexes included"),
    READS_PER_MISS(2, "alias and version, each a consistent read of up to 4 KB"),
    MISS_SHARE(1, "of calls that find the catalogue's answer older than 0.8 s; 1 is the most"),
    LOG_BYTES(3_000, "logged of a call: access log, both functions' lines and metrics"),
    TRACED_SHARE(0.05, "of calls that X-Ray samples"),
    OUT_BYTES(4_000, "of an answer that leave AWS"),
    IN_BYTES(4_000, "of a request"),
    SESSION_HOURS(2, "of a connection until it is made anew; 2 at most"),
    MESSAGES_IN_PER_HOUR(12, "from each connection: a ping every five minutes"),
    MESSAGES_OUT_PER_HOUR(12, "to each connection, beside a pong for every ping"),
    MESSAGE_BYTES(1_000, "of a message"),
    SOCKET_MS(10, "billed of it for a message"),
    MESSAGES_PER_SESSION(3, "connect, subscribe and disconnect"),
    WRITE_UNITS_PER_SESSION(
        26, "a connection and a subscription, in transactions, audited, and removed again"),
    PUSHES_PER_SECOND(500, "pushed by one execution of it"),
    READ_UNITS_PER_PUSH(0.04, "of the consistent query for a shard's subscribers, 150 bytes each");

    private final double otherwise;
    private final String what;

    Input(double otherwise, String what) {
      this.otherwise = otherwise;
      this.what = what;
    }

    double otherwise() {
      return otherwise;
    }
  }

  /** One row of a table, in dollars. */
  record Line(String what, double dollars) {}

  private final Map<Input, Double> inputs;

  private Costs(Map<Input, Double> inputs) {
    this.inputs = inputs;
  }

  /**
   * Takes other inputs.
   *
   * @param arguments {@code NAME=NUMBER} each, a name of {@link Input} in any case
   * @throws IllegalArgumentException naming the argument that is none, or not from 0 to 10^12
   */
  static Costs of(String... arguments) {
    var inputs = new EnumMap<Input, Double>(Input.class);
    for (Input input : Input.values()) {
      inputs.put(input, input.otherwise);
    }
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      try {
        var input = Input.valueOf(argument.substring(0, equals).toUpperCase(Locale.ROOT));
        double value = Double.parseDouble(argument.substring(equals + 1));
        if (!(value >= 0 && value <= 1e12)) {
          throw new NumberFormatException("out of range");
        }
        inputs.put(input, value);
      } catch (IllegalArgumentException | StringIndexOutOfBoundsException _) {
        throw new IllegalArgumentException(
            argument + ": must be NAME=NUMBER with one of " + List.of(Input.values()));
      }
    }
    return new Costs(inputs);
  }

  public static void main(String[] args) {
    try {
      System.out.print(of(args).markdown());
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    }
  }

  private double get(Input input) {
    return inputs.getOrDefault(input, input.otherwise);
  }

  /** What runs whether anyone calls or not, a month. */
  List<Line> standing() {
    double checkpoints = MINUTES_PER_MONTH;
    return List.of(
        new Line("KMS keys", get(Input.KMS_KEYS) * Price.KMS_KEY_MONTH.dollars),
        new Line("secrets", get(Input.SECRETS) * Price.SECRET_MONTH.dollars),
        new Line(
            "alarms and dashboard",
            get(Input.ALARMS) * Price.ALARM_MONTH.dollars
                + get(Input.COMPOSITE_ALARMS) * Price.COMPOSITE_ALARM_MONTH.dollars
                + Price.DASHBOARD_MONTH.dollars),
        new Line(
            "a checkpoint a minute",
            lambda(checkpoints, get(Input.CHECKPOINT_MIB), get(Input.CHECKPOINT_MS))
                + checkpoints / MILLION * Price.S3_PUTS_PER_MILLION.dollars
                + checkpoints
                    * get(Input.CHAINS)
                    / MILLION
                    * Price.DYNAMODB_READ_UNITS_PER_MILLION.dollars));
  }

  /** What a million invocations over REST cost. */
  List<Line> invocations() {
    double calls = MILLION;
    double metered =
        Math.ceil(Math.max(get(Input.IN_BYTES), get(Input.OUT_BYTES)) / HTTP_API_METERED_BYTES);
    double blocks = calls / Math.max(1, get(Input.ENTRIES_PER_BLOCK));
    return List.of(
        new Line(
            "API Gateway",
            calls * Math.max(1, metered) / MILLION * Price.HTTP_API_PER_MILLION.dollars),
        new Line("Lambda, plugin", lambda(calls, get(Input.INVOKE_MIB), get(Input.INVOKE_MS))),
        new Line(
            "Lambda, authorizer",
            lambda(calls, get(Input.AUTHORIZER_MIB), get(Input.AUTHORIZER_MS))),
        new Line(
            "DynamoDB, audit",
            blocks
                * get(Input.WRITE_UNITS_PER_BLOCK)
                / MILLION
                * Price.DYNAMODB_WRITE_UNITS_PER_MILLION.dollars),
        new Line(
            "DynamoDB, catalogue",
            calls
                * get(Input.MISS_SHARE)
                * get(Input.READS_PER_MISS)
                / MILLION
                * Price.DYNAMODB_READ_UNITS_PER_MILLION.dollars),
        new Line("logs", calls * get(Input.LOG_BYTES) / GIGABYTE * Price.LOGS_GB.dollars),
        new Line(
            "traces", calls * get(Input.TRACED_SHARE) / MILLION * Price.TRACES_PER_MILLION.dollars),
        new Line("data out", calls * get(Input.OUT_BYTES) / GIGABYTE * Price.DATA_OUT_GB.dollars));
  }

  /** Keeping the audit of a million invocations for a month. */
  double auditMonth() {
    return MILLION
        * get(Input.AUDIT_BYTES)
        / GIGABYTE
        * (Price.DYNAMODB_GB_MONTH.dollars + Price.DYNAMODB_PITR_GB_MONTH.dollars);
  }

  /** What so many connections cost that are open all month. */
  List<Line> connections(long connections) {
    double hours = connections * MINUTES_PER_MONTH / 60;
    double sessions = hours / Math.clamp(get(Input.SESSION_HOURS), 1.0 / 60, SESSION_HOURS_MAX);
    double parts = Math.max(1, Math.ceil(get(Input.MESSAGE_BYTES) / WEBSOCKET_METERED_BYTES));
    double in = hours * get(Input.MESSAGES_IN_PER_HOUR);
    double pushes = hours * get(Input.MESSAGES_OUT_PER_HOUR);
    // Every message in has its answer; connect and disconnect are no messages, subscribe is one.
    double messages = (in * 2 + pushes + sessions) * parts;
    double first = Math.min(messages, 1_000 * MILLION);
    double out = (in + pushes) * get(Input.MESSAGE_BYTES);
    double fanOutSeconds = pushes / Math.max(1, get(Input.PUSHES_PER_SECOND));
    return List.of(
        new Line(
            "connection minutes",
            connections
                * MINUTES_PER_MONTH
                / MILLION
                * Price.WEBSOCKET_MINUTES_PER_MILLION.dollars),
        new Line(
            "messages",
            first / MILLION * Price.WEBSOCKET_MESSAGES_PER_MILLION.dollars
                + (messages - first) / MILLION * Price.WEBSOCKET_MORE_MESSAGES_PER_MILLION.dollars),
        new Line(
            "Lambda, messages in",
            lambda(
                in + sessions * get(Input.MESSAGES_PER_SESSION),
                get(Input.SOCKET_MIB),
                get(Input.SOCKET_MS))),
        new Line(
            "Lambda, pushes",
            fanOutSeconds * get(Input.FAN_OUT_MIB) / 1024 * Price.LAMBDA_ARM_GB_SECOND.dollars),
        new Line(
            "DynamoDB",
            sessions
                    * get(Input.WRITE_UNITS_PER_SESSION)
                    / MILLION
                    * Price.DYNAMODB_WRITE_UNITS_PER_MILLION.dollars
                + pushes
                    * get(Input.READ_UNITS_PER_PUSH)
                    / MILLION
                    * Price.DYNAMODB_READ_UNITS_PER_MILLION.dollars),
        new Line("data out", out / GIGABYTE * Price.DATA_OUT_GB.dollars));
  }

  private static double lambda(double requests, double mebibytes, double milliseconds) {
    return requests / MILLION * Price.LAMBDA_REQUESTS_PER_MILLION.dollars
        + requests * milliseconds / 1_000 * mebibytes / 1024 * Price.LAMBDA_ARM_GB_SECOND.dollars;
  }

  static double total(List<Line> lines) {
    return lines.stream().mapToDouble(Line::dollars).sum();
  }

  String markdown() {
    var text = new StringBuilder();
    table(text, List.of("standing, a month", "USD"), standing());
    table(text, List.of("a million invocations", "USD"), invocations());
    text.append("and their audit, for each month that it is kept: ")
        .append(dollars(auditMonth()))
        .append(".\n\n");
    text.append("| connections open all month, USD |");
    CONNECTIONS.forEach(number -> text.append(' ').append(grouped(number)).append(" |"));
    text.append("\n|---|").append("--:|".repeat(CONNECTIONS.size())).append('\n');
    var columns = CONNECTIONS.stream().map(this::connections).toList();
    for (int row = 0; row < columns.getFirst().size(); row++) {
      var cells = new ArrayList<String>();
      cells.add(columns.getFirst().get(row).what());
      for (List<Line> column : columns) {
        cells.add(dollars(column.get(row).dollars()));
      }
      text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }
    text.append("| **together** |");
    columns.forEach(column -> text.append(" **").append(dollars(total(column))).append("** |"));
    text.append("\n\n| input | assumed | of what |\n|---|--:|---|\n");
    for (Input input : Input.values()) {
      text.append("| `")
          .append(input)
          .append("` | ")
          .append(number(get(input)))
          .append(" | ")
          .append(input.what)
          .append(" |\n");
    }
    text.append("\n| price, us-east-1 | USD | read at |\n|---|--:|---|\n");
    for (Price price : Price.values()) {
      text.append("| `")
          .append(price)
          .append("` | ")
          .append(BigDecimal.valueOf(price.dollars).toPlainString())
          .append(" | ")
          .append(price.source.isEmpty() ? "**not confirmed**" : "<" + price.source + ">")
          .append(" |\n");
    }
    return text.toString();
  }

  private static void table(StringBuilder text, List<String> head, List<Line> lines) {
    text.append("| ").append(String.join(" | ", head)).append(" |\n|---|--:|\n");
    for (Line line : lines) {
      text.append("| ").append(line.what()).append(" | ").append(dollars(line.dollars()));
      text.append(" |\n");
    }
    text.append("| **together** | **").append(dollars(total(lines))).append("** |\n\n");
  }

  /** Two significant digits say as much as list prices and assumptions can; cents at the least. */
  static String dollars(double dollars) {
    if (dollars < 10) {
      return String.format(Locale.ROOT, "%.2f", dollars);
    }
    double unit = Math.pow(10, Math.floor(Math.log10(dollars)) - 1);
    return grouped(Math.round(Math.round(dollars / unit) * unit));
  }

  private static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number).replace(',', ' ');
  }

  private static String number(double value) {
    return value == Math.rint(value) ? grouped((long) value) : Double.toString(value);
  }
}
