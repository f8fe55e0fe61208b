package dev.ampoule.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.ampoule.live.HandOver.Request;
import dev.ampoule.live.HandOver.Result;
import dev.ampoule.plugin.PluginName;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Subscribing, fanning out, presence and plugins in the stream, over the fakes. */
final class LiveTest {
  private static final Topic WARD = new Topic("ward/3");
  private static final ConnectionId ANA = new ConnectionId("ana=");
  private static final ConnectionId BEN = new ConnectionId("ben=");

  private final MovingClock clock = new MovingClock();
  private final InMemoryLive live = new InMemoryLive(clock);
  private final RecordingPush push = new RecordingPush();
  private final AtomicInteger renderings = new AtomicInteger();
  private final Views views =
      (view, event) -> {
        renderings.incrementAndGet();
        return Optional.of("<p>" + view + " " + event.data() + "</p>");
      };
  private final Presence presence = new Presence(live, live, push, clock);
  private final HandOver handOver = new HandOver(live, live, views, push, presence, clock);
  private final FanOut fanOut = new FanOut(live, live, views, push, presence, clock, 8);

  private static final class MovingClock extends Clock {
    private Instant now = Instant.parse("2026-11-28T12:00:00Z");

    @Override
    public ZoneOffset getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(java.time.ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }

    void move(Duration by) {
      now = now.plus(by);
    }
  }

  private long publish(Topic topic, String data) {
    return ((EventLog.Appended.Stored)
            live.append(new EventLog.Draft(topic, clock.instant(), data, false, Optional.empty())))
        .event()
        .seq();
  }

  private void publishAndFanOut(Topic topic, String data) {
    long seq = publish(topic, data);
    fanOut.appended(topic, seq, seq);
  }

  private Request request(ConnectionId id, TopicFilter filter, Map<Topic, Long> after) {
    return new Request(
        id, filter, after, Optional.empty(), "who", false, clock.instant().plusSeconds(20));
  }

  private Result subscribe(ConnectionId id, Map<Topic, Long> after) {
    return handOver.subscribe(request(id, TopicFilter.of(WARD), after));
  }

  private void open(ConnectionId... ids) {
    for (var id : ids) {
      live.open(id, "who", clock.instant());
    }
  }

  @Test
  void withoutAfterOneIsSentWhatHappensFromNowOn() {
    open(ANA);
    publish(WARD, "1");
    assertThat(subscribe(ANA, Map.of())).isEqualTo(new Result.Live());
    publishAndFanOut(WARD, "2");
    assertThat(push.sentTo(ANA))
        .containsExactly(
            "{\"type\":\"subscribed\",\"topic\":\"ward/3\",\"head\":1}",
            "{\"type\":\"event\",\"topic\":\"ward/3\",\"seq\":2,\"at\":\"2026-11-28T12:00:00Z\","
                + "\"data\":2}");
  }

  /** Every event is appended, and fanned out, in the middle of the replay of the one before. */
  @Test
  void whatIsPublishedDuringAReplayIsSentOnceAndInOrder() {
    open(ANA);
    publish(WARD, "1");
    var left = new AtomicInteger(250);
    push.before(() -> {
      if (left.getAndDecrement() > 0) {
        publishAndFanOut(WARD, "x");
      }
    });
    assertThat(subscribe(ANA, Map.of(WARD, 0L))).isEqualTo(new Result.Live());
    publishAndFanOut(WARD, "last");
    assertThat(push.eventsSentTo(ANA))
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 252).boxed().toList());
  }

  /** A fan-out that is late by a replay sends nothing a second time. */
  @Test
  void aLateFanOutDoesNotRepeatWhatWasReplayed() {
    open(ANA);
    publish(WARD, "1");
    publish(WARD, "2");
    subscribe(ANA, Map.of(WARD, 0L));
    fanOut.appended(WARD, 1, 2);
    publish(WARD, "3");
    fanOut.appended(WARD, 2, 3);
    assertThat(push.eventsSentTo(ANA)).containsExactly(1L, 2L, 3L);
  }

  @Test
  void whatIsNotKeptAnyMoreIsSaidAndNotSkipped() {
    open(ANA);
    publish(WARD, "1");
    clock.move(EventLog.KEPT.plusSeconds(1));
    publish(WARD, "2");
    assertThat(subscribe(ANA, Map.of(WARD, 0L))).isEqualTo(new Result.Missed(WARD, 2));
    assertThat(subscribe(ANA, Map.of(WARD, 5L))).isEqualTo(new Result.Missed(WARD, 3));
    assertThat(push.sentTo(ANA)).isEmpty();
    assertThat(subscribe(ANA, Map.of(WARD, 1L))).isEqualTo(new Result.Live());
  }

  @Test
  void aReplayThatRunsOutOfTimeSaysHowFarItCame() {
    open(ANA);
    for (int i = 0; i < 5; i++) {
      publish(WARD, "1");
    }
    push.before(() -> clock.move(Duration.ofSeconds(8)));
    assertThat(subscribe(ANA, Map.of(WARD, 0L))).isEqualTo(new Result.Unfinished(WARD, 2));
    push.before(() -> {});
    assertThat(subscribe(ANA, Map.of(WARD, 2L))).isEqualTo(new Result.Live());
    assertThat(push.eventsSentTo(ANA)).containsExactly(1L, 2L, 3L, 4L, 5L);
  }

  /** The call that replayed is gone; its connection must come again. */
  @Test
  void aReplayThatDiedEndsItsConnection() {
    open(ANA);
    live.add(
        new Subscription(
            ANA,
            TopicFilter.of(WARD),
            Optional.empty(),
            "who",
            false,
            new Subscription.State.Replaying(clock.instant().plusSeconds(60))));
    publishAndFanOut(WARD, "1");
    assertThat(push.isClosed(ANA)).isFalse();
    clock.move(Duration.ofSeconds(61));
    publishAndFanOut(WARD, "2");
    assertThat(push.isClosed(ANA)).isTrue();
    assertThat(push.eventsSentTo(ANA)).isEmpty();
  }

  @Test
  void whoIsGoneIsRemovedAndWhoIsSlowIsEndedAndTheOthersGetEverything() {
    var cid = new ConnectionId("cid=");
    open(ANA, BEN, cid);
    for (var id : List.of(ANA, BEN, cid)) {
      subscribe(id, Map.of());
    }
    push.answer(ANA, Push.Sent.GONE);
    push.answer(BEN, Push.Sent.FAILED);
    publishAndFanOut(WARD, "1");
    publishAndFanOut(WARD, "2");
    assertThat(push.eventsSentTo(cid)).containsExactly(1L, 2L);
    assertThat(live.heard(ANA, clock.instant())).isFalse();
    assertThat(push.isClosed(BEN)).isTrue();
    assertThat(push.eventsSentTo(BEN)).isEmpty();
  }

  @Test
  void aViewIsRenderedOnceForAllWhoLookAtIt() {
    open(ANA, BEN);
    for (var id : List.of(ANA, BEN)) {
      handOver.subscribe(
          new Request(
              id,
              TopicFilter.of(WARD),
              Map.of(),
              Optional.of(new View("ward.en")),
              "who",
              false,
              clock.instant().plusSeconds(20)));
    }
    publishAndFanOut(WARD, "7");
    assertThat(renderings).hasValue(1);
    assertThat(push.sentTo(BEN).getLast())
        .isEqualTo(
            "{\"type\":\"event\",\"topic\":\"ward/3\",\"seq\":1,\"at\":\"2026-11-28T12:00:00Z\","
                + "\"html\":\"<p>ward.en 7</p>\"}");
  }

  @Test
  void aLargeTopicIsLeftToOneCallForEachShard() {
    var ids = new ArrayList<ConnectionId>();
    for (int i = 0; i <= Connections.SHARD_SUBSCRIBERS; i++) {
      var id = new ConnectionId("c" + i);
      ids.add(id);
      open(id);
      subscribe(id, Map.of());
    }
    publishAndFanOut(WARD, "1");
    var filter = TopicFilter.of(WARD);
    assertThat(live.relayed())
        .containsExactly(new Delivery(filter, 0, WARD, 1, 1), new Delivery(filter, 1, WARD, 1, 1));
    assertThat(push.eventsSentTo(ids.getFirst())).isEmpty();
    assertThat(fanOut.deliver(live.relayed().get(1))).isEqualTo(new FanOut.Tally(1, 1));
    assertThat(fanOut.deliver(live.relayed().get(0)))
        .isEqualTo(new FanOut.Tally(Connections.SHARD_SUBSCRIBERS, Connections.SHARD_SUBSCRIBERS));
    assertThat(ids).allSatisfy(id -> assertThat(push.eventsSentTo(id)).containsExactly(1L));
  }

  @Test
  void eventsThatAreNotThereYetComeAgain() {
    open(ANA);
    subscribe(ANA, Map.of());
    publish(WARD, "1");
    assertThatExceptionOfType(LiveUnavailableException.class)
        .isThrownBy(() -> fanOut.appended(WARD, 1, 2));
    assertThat(push.eventsSentTo(ANA)).isEmpty();
  }

  @Test
  void aWildcardIsSentTheTopicsOfItsWardEachWithItsOwnNumbers() {
    open(ANA);
    var news = new Topic("ward/3/news2");
    publish(WARD, "1");
    publish(WARD, "2");
    assertThat(handOver.subscribe(request(ANA, new TopicFilter(WARD, true), Map.of(WARD, 1L))))
        .isEqualTo(new Result.Live());
    publishAndFanOut(news, "1");
    publishAndFanOut(WARD, "3");
    publishAndFanOut(new Topic("ward/33"), "1");
    assertThat(push.sentTo(ANA))
        .extracting(frame -> frame.replaceAll(",\"at\".*", ""))
        .containsExactly(
            "{\"type\":\"subscribed\",\"topic\":\"ward/3/*\",\"heads\":{\"ward/3\":2}}",
            "{\"type\":\"event\",\"topic\":\"ward/3\",\"seq\":2",
            "{\"type\":\"event\",\"topic\":\"ward/3/news2\",\"seq\":1",
            "{\"type\":\"event\",\"topic\":\"ward/3\",\"seq\":3");
  }

  @Test
  void aLostDisconnectIsFoundByTheSweepAndAListenerThatIsThereIsLeft() {
    open(ANA, BEN);
    for (var id : List.of(ANA, BEN)) {
      handOver.subscribe(
          new Request(
              id,
              TopicFilter.of(WARD),
              Map.of(),
              Optional.empty(),
              "who",
              true,
              clock.instant().plusSeconds(20)));
    }
    push.answer(ANA, Push.Sent.GONE);
    assertThat(presence.sweep()).isZero();
    clock.move(Connections.SILENCE_MAX.plusSeconds(1));
    assertThat(presence.sweep()).isEqualTo(1);
    assertThat(presence.on(WARD)).extracting(Subscription::connection).containsExactly(BEN);
    assertThat(live.read(new Topic("ward/3/presence"), 0, 10))
        .extracting(LiveEvent::data)
        .containsExactly(
            "{\"event\":\"join\",\"who\":\"who\",\"connection\":\"ana=\"}",
            "{\"event\":\"join\",\"who\":\"who\",\"connection\":\"ben=\"}",
            "{\"event\":\"leave\",\"who\":\"who\",\"connection\":\"ana=\"}");
    assertThat(presence.sweep()).isZero();
  }

  @Test
  void aPluginsAnswersAreEventsOfTheirOwnOnceForEachEventAndItsErrorsStopNothing() {
    live.put(new Binding(new TopicPattern("ward/*"), new PluginName("news2"), Optional.empty()));
    var bindings = new BindingCache(live, clock);
    var topics = new Topics(live, bindings, clock);
    var derive =
        new Derive(
            live,
            bindings,
            (binding, event) ->
                event.data().equals("\"bad\"")
                    ? new Derive.Result.Failed()
                    : new Derive.Result.Output("[" + event.data() + "]"),
            clock);
    topics.publish(WARD, "1");
    topics.publish(WARD, "\"bad\"");
    topics.publish(WARD, "3");
    assertThat(live.drafts()).extracting(EventLog.Draft::derive).containsOnly(true);
    assertThat(derive.appended(WARD, 1, 3)).isEqualTo(2);
    assertThat(derive.appended(WARD, 1, 3)).isZero();
    var derived = new Topic("ward/3/news2");
    assertThat(live.read(derived, 0, 10)).extracting(LiveEvent::data).containsExactly("[1]", "[3]");
    assertThat(live.drafts().getLast().derive()).isFalse();
  }

  @Test
  void aPluginThatCannotBeRunIsTriedAgain() {
    live.put(new Binding(new TopicPattern("ward/3"), new PluginName("news2"), Optional.empty()));
    var derive =
        new Derive(
            live, new BindingCache(live, clock), (_, _) -> new Derive.Result.Unavailable(), clock);
    publish(WARD, "1");
    assertThatExceptionOfType(LiveUnavailableException.class)
        .isThrownBy(() -> derive.appended(WARD, 1, 1));
  }

  /** Subscribers come and go at random while events are published; nobody misses or repeats one. */
  @Test
  void whateverComesBetweenEveryoneHasEveryNumberOnce() throws Exception {
    int events = 300;
    var ids = new ArrayList<ConnectionId>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var publishing =
          threads.submit(() -> {
            for (int i = 0; i < events; i++) {
              publishAndFanOut(WARD, "1");
            }
          });
      for (int i = 0; i < 40; i++) {
        var id = new ConnectionId("r" + i);
        ids.add(id);
        open(id);
        assertThat(subscribe(id, Map.of(WARD, 0L))).isEqualTo(new Result.Live());
      }
      publishing.get();
    }
    assertThat(ids)
        .allSatisfy(id ->
            assertThat(push.eventsSentTo(id))
                .containsExactlyElementsOf(LongStream.rangeClosed(1, events).boxed().toList()));
  }
}
