package dev.ampoule.infra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.ampoule.infra.Costs.Input;
import dev.ampoule.infra.Costs.Line;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CostsTest {
  private static final Path GUIDE = Path.of("..", "docs", "deploy.md");
  private static final String BEGIN = "<!-- costs: begin -->\n";
  private static final String END = "<!-- costs: end -->\n";
  private static final String RENEW =
      "./mvnw -q -pl functions,infra-cdk test -Dtest=CostsTest -Drenew"
          + " -Dsurefire.failIfNoSpecifiedTests=false -DfailIfNoTests=false";

  private static final Resources PROD = Templates.of(StageConfig.PROD).resources();

  @Test
  void theTablesOfTheGuideAreWhatTheProgramPrints() throws IOException {
    var guide = Files.readString(GUIDE);
    int from = guide.indexOf(BEGIN) + BEGIN.length();
    int to = guide.indexOf(END);
    assertThat(to).isGreaterThanOrEqualTo(from);
    var printed = Costs.of().markdown();
    if (System.getProperty("renew") != null) {
      Files.writeString(GUIDE, guide.substring(0, from) + printed + guide.substring(to));
      return;
    }
    assertThat(guide.substring(from, to))
        .withFailMessage("the costs in docs/deploy.md are others; renew them: " + RENEW)
        .isEqualTo(printed);
  }

  @Test
  void whatTheTemplateDecidesIsTakenFromIt() {
    assertThat(
            Map.of(
                Input.INVOKE_MIB, memory("InvokeHandler"),
                Input.AUTHORIZER_MIB, memory("AuthorizerHandler"),
                Input.CHECKPOINT_MIB, memory("CheckpointHandler"),
                Input.SOCKET_MIB, memory("WebSocketHandler"),
                Input.FAN_OUT_MIB, memory("FanOutHandler"),
                Input.KMS_KEYS, count("AWS::KMS::Key"),
                // One is made by the stack, one beforehand.
                Input.SECRETS, count("AWS::SecretsManager::Secret") + 1,
                Input.ALARMS, count("AWS::CloudWatch::Alarm"),
                Input.COMPOSITE_ALARMS, count("AWS::CloudWatch::CompositeAlarm")))
        .allSatisfy(
            (input, value) -> assertThat(value).as("%s", input).isEqualTo(input.otherwise()));
  }

  private static double memory(String handler) {
    return FunctionsTest.functions()
        .filter(function -> function.text("Handler").endsWith("." + handler))
        .mapToInt(function -> function.number("MemorySize"))
        .findFirst()
        .orElseThrow();
  }

  private static double count(String type) {
    return PROD.ofType(type).size();
  }

  /** By hand: 30 ms of 2 GiB are 0.06 GB-s, of which a million are 60 000. */
  @Test
  void aMillionInvocationsAreAddedUpAsOnPaper() {
    var lines = Costs.of("invoke_ms=30", "authorizer_ms=0", "log_bytes=2000").invocations();
    assertThat(dollars(lines, "API Gateway")).isEqualTo(1.00, within(1e-9));
    assertThat(dollars(lines, "Lambda, plugin"))
        .isEqualTo(0.20 + 60_000 * 0.0000133334, within(1e-9));
    assertThat(dollars(lines, "Lambda, authorizer")).isEqualTo(0.20, within(1e-9));
    assertThat(dollars(lines, "DynamoDB, audit")).isEqualTo(2 * 0.625, within(1e-9));
    assertThat(dollars(lines, "DynamoDB, catalogue")).isEqualTo(2 * 0.125, within(1e-9));
    assertThat(dollars(lines, "logs")).isEqualTo(2 * 0.50, within(1e-9));
  }

  /** By hand: 2 million × 43 200 minutes are 86 400 million. */
  @Test
  void twoMillionConnectionsAreAddedUpAsOnPaper() {
    var lines =
        Costs.of("messages_in_per_hour=0", "messages_out_per_hour=1", "fan_out_mib=1024")
            .connections(2_000_000);
    assertThat(dollars(lines, "connection minutes")).isEqualTo(86_400 * 0.25, within(1e-6));
    // 1 440 million pushes and 720 million subscriptions.
    assertThat(dollars(lines, "messages")).isEqualTo(1_000 + 1_160 * 0.80, within(1e-6));
    assertThat(dollars(lines, "Lambda, pushes"))
        .isEqualTo(1_440e6 / 500 * 0.0000133334, within(1e-6));
  }

  private static double dollars(List<Line> lines, String what) {
    return lines.stream()
        .filter(line -> line.what().equals(what))
        .mapToDouble(Line::dollars)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void noMorePrecisionIsShownThanThereIs() {
    assertThat(Costs.dollars(0.0149)).isEqualTo("0.01");
    assertThat(Costs.dollars(9.994)).isEqualTo("9.99");
    assertThat(Costs.dollars(123.4)).isEqualTo("120");
    assertThat(Costs.dollars(21_600)).isEqualTo("22 000");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"invoke_ms", "invoke_ms=", "invoke_ms=-1", "invoke_ms=NaN", "other=1", "="})
  void anInputThatIsNoneIsNamed(String argument) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Costs.of(argument))
        .withMessageStartingWith(argument + ": must be NAME=NUMBER with one of [INVOKE_MIB, ");
  }
}
