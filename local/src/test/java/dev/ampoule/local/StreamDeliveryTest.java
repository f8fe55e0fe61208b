package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Records are letters here; {@code P} is the poison. */
final class StreamDeliveryTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
  private static final StreamDelivery.Source SOURCE =
      new StreamDelivery.Source("arn:stream", "shard-1");

  private final List<String> calls = new ArrayList<>();
  private final Queues.Queue failures =
      new Queues(Clock.systemUTC()).create("failures", Duration.ofDays(14));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // how     bisects retries records  calls                              given up
        "throws  | false | 2     | abc    | abc                              | ''",
        "throws  | false | 2     | aPc    | aPc aPc aPc                      | aPc",
        "throws  | false | 0     | aPc    | aPc                              | aPc",
        "throws  | true  | 1     | aP     | aP a P P                         | P",
        "throws  | true  | 1     | abPd   | abPd ab Pd P P d                 | P",
        "throws  | true  | 0     | PabP   | PabP Pa P a bP b P               | P P",
        "reports | false | 2     | aPc    | aPc Pc Pc                        | Pc",
        "reports | true  | 2     | aPc    | aPc Pc P P c                     | P",
        "reports | true  | 0     | abcP   | abcP                             | P",
        "reports | false | 2     | abc    | abc                              | ''",
        "wrongly | false | 1     | aPc    | aPc aPc                          | aPc",
        "nothing | false | 1     | abc    | abc                              | ''",
      })
  void thePoisonIsGivenUpAfterItsRetriesAndTheOthersAreTaken(
      String how, boolean bisects, int retries, String records, String called, String givenUp)
      throws Exception {
    try (var delivery =
        delivery(
            how,
            new StreamDelivery.Policy(
                !how.equals("throws"),
                bisects,
                OptionalInt.of(retries),
                Optional.empty(),
                Optional.of(failures)))) {
      delivery.deliver(SOURCE, records(records));
    }
    assertThat(String.join(" ", calls)).isEqualTo(called);
    assertThat(givenUp(records)).isEqualTo(givenUp);
  }

  @Test
  void withoutALimitItIsTriedUntilItIsTaken() throws Exception {
    var attempts = new ArrayList<String>();
    var policy =
        new StreamDelivery.Policy(
            false, false, OptionalInt.empty(), Optional.empty(), Optional.of(failures));
    var function =
        new LambdaFunction<String, Object>(
            "f",
            (_, _) -> {
              attempts.add("call");
              if (attempts.size() < 8) {
                throw new IllegalStateException("not yet");
              }
              return Map.of();
            },
            Duration.ofSeconds(5),
            1);
    try (var delivery =
        new StreamDelivery(
            new FunctionRunner<>(function), policy, Duration.ZERO, Clock.systemUTC())) {
      delivery.deliver(SOURCE, records("a"));
    }
    assertThat(attempts).hasSize(8);
    assertThat(failures.visible()).isZero();
  }

  @Test
  void recordsThatAreTooOldAreNotTried() throws Exception {
    var policy =
        new StreamDelivery.Policy(
            false,
            false,
            OptionalInt.of(0),
            Optional.of(Duration.ofMinutes(5)),
            Optional.of(failures));
    var records = new ArrayList<StreamRecord>();
    records.add(record('a', 0, NOW.minus(Duration.ofMinutes(7))));
    records.add(record('b', 1, NOW.minus(Duration.ofMinutes(6))));
    records.add(record('c', 2, NOW.minus(Duration.ofMinutes(4))));
    try (var delivery = delivery("throws", policy)) {
      delivery.deliver(SOURCE, records);
    }
    assertThat(calls).containsExactly("c");
    JsonNode message = JSON.readTree(failures.receive(10, Duration.ZERO).getFirst().body());
    assertThat(message.at("/requestContext/condition").asText()).isEqualTo("RecordAgeExceeded");
    assertThat(message.at("/DDBStreamBatchInfo/startSequenceNumber").asText()).isEqualTo("0");
    assertThat(message.at("/DDBStreamBatchInfo/endSequenceNumber").asText()).isEqualTo("1");
    assertThat(message.has("responseContext")).isFalse();
  }

  @Test
  void theMessageIsThatOfLambdaAndHoldsNothingOfTheRecords() throws Exception {
    var policy =
        new StreamDelivery.Policy(
            false, false, OptionalInt.of(1), Optional.empty(), Optional.of(failures));
    try (var delivery = delivery("throws", policy)) {
      delivery.deliver(SOURCE, records("Pb"));
    }
    Queues.Received received = failures.receive(10, Duration.ZERO).getFirst();
    JsonNode message = JSON.readTree(received.body());
    ((com.fasterxml.jackson.databind.node.ObjectNode) message.path("requestContext"))
        .remove("requestId");
    assertThat(message)
        .isEqualTo(
            JSON.readTree(
                """
                {"requestContext":{
                   "functionArn":"arn:aws:lambda:us-east-1:000000000000:function:f",
                   "condition":"RetryAttemptsExhausted","approximateInvokeCount":2},
                 "responseContext":{
                   "statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},
                 "version":"1.0","timestamp":"2026-11-24T12:00:00Z",
                 "DDBStreamBatchInfo":{"shardId":"shard-1","startSequenceNumber":"0",
                   "endSequenceNumber":"1",
                   "approximateArrivalOfFirstRecord":"2026-11-24T12:00:00Z",
                   "approximateArrivalOfLastRecord":"2026-11-24T12:00:00Z",
                   "batchSize":2,"streamArn":"arn:stream"}}
                """));
    assertThat(received.attributes()).isEmpty();
  }

  @Test
  void theChangesOfAnItemStayInOneLaneInTheirOrder() {
    var records = new ArrayList<StreamRecord>();
    for (int i = 0; i < 60; i++) {
      records.add(record((char) ('a' + i % 6), i, NOW));
    }
    var lanes = StreamPoller.lanes(records, 4);
    assertThat(lanes.stream().mapToInt(List::size).sum()).isEqualTo(60);
    assertThat(lanes.size()).isGreaterThan(1);
    for (char item = 'a'; item <= 'f'; item++) {
      var name = String.valueOf(item);
      var holding =
          lanes.stream().filter(l -> l.stream().anyMatch(r -> r.item().equals(name))).toList();
      assertThat(holding).hasSize(1);
      assertThat(
              holding.getFirst().stream()
                  .filter(r -> r.item().equals(name))
                  .map(r -> Integer.valueOf(r.sequenceNumber())))
          .isSorted()
          .hasSize(10);
    }
  }

  @Test
  void aBatchHasNoMoreRecordsThanItsSizeAndNoMoreBytesThanACall() {
    assertThat(StreamPoller.batches(records("abcde"), 2).stream().map(StreamDeliveryTest::letters))
        .containsExactly("ab", "cd", "e");
    var large =
        Stream.of('a', 'b', 'c')
            .map(c -> new StreamRecord("1", NOW, "x", record(c, 1, NOW).json(), 3 << 20))
            .toList();
    assertThat(StreamPoller.batches(large, 10).stream().map(List::size)).containsExactly(1, 1, 1);
  }

  private StreamDelivery delivery(String how, StreamDelivery.Policy policy) {
    var function =
        new LambdaFunction<String, Object>(
            "f",
            (json, _) -> {
              var records = read(json).path("Records");
              calls.add(letters(records));
              var failed = new ArrayList<Map<String, String>>();
              for (JsonNode record : records) {
                if (record.path("letter").asText().equals("P")) {
                  failed.add(Map.of("itemIdentifier", record.path("sequence").asText()));
                }
              }
              return switch (how) {
                case "throws" -> {
                  if (!failed.isEmpty()) {
                    throw new IllegalStateException("poison");
                  }
                  yield Map.of();
                }
                case "wrongly" ->
                    Map.of("batchItemFailures", List.of(Map.of("itemIdentifier", "no-such")));
                case "nothing" -> null;
                default -> Map.of("batchItemFailures", failed);
              };
            },
            Duration.ofSeconds(5),
            1);
    return new StreamDelivery(
        new FunctionRunner<>(function), policy, Duration.ZERO, Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private static List<StreamRecord> records(String letters) {
    var records = new ArrayList<StreamRecord>();
    for (int i = 0; i < letters.length(); i++) {
      records.add(record(letters.charAt(i), i, NOW));
    }
    return records;
  }

  private static StreamRecord record(char letter, int sequence, Instant createdAt) {
    var json =
        JSON.createObjectNode()
            .put("letter", String.valueOf(letter))
            .put("sequence", String.valueOf(sequence));
    return new StreamRecord(String.valueOf(sequence), createdAt, String.valueOf(letter), json, 100);
  }

  private static String letters(Iterable<?> records) {
    var letters = new StringBuilder();
    for (Object record : records) {
      JsonNode json = record instanceof StreamRecord r ? r.json() : (JsonNode) record;
      letters.append(json.path("letter").asText());
    }
    return letters.toString();
  }

  /** The letters of each message's range. */
  private String givenUp(String records) {
    return failures.receive(10, Duration.ZERO).stream()
        .map(received -> {
          var info = read(received.body()).path("DDBStreamBatchInfo");
          return records.substring(
              info.path("startSequenceNumber").asInt(), info.path("endSequenceNumber").asInt() + 1);
        })
        .collect(Collectors.joining(" "));
  }
}
