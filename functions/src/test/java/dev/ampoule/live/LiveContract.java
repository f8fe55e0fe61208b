package dev.ampoule.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.live.Connections.Added;
import dev.ampoule.live.Connections.GoLive;
import dev.ampoule.live.Connections.WentLive;
import dev.ampoule.live.EventLog.Appended;
import dev.ampoule.live.EventLog.Draft;
import dev.ampoule.live.Subscription.State;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.PluginName;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What every store of events, connections and bindings must do. */
public abstract class LiveContract {
  private static final AtomicInteger NAMES = new AtomicInteger();

  /** One store may serve all tests: each takes names of its own. */
  protected abstract EventLog log();

  protected abstract Connections connections();

  protected abstract Bindings bindings();

  private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
  private final Topic topic = new Topic("patient/" + NAMES.incrementAndGet() + "/vitals");
  private final Topic ward = new Topic("ward/" + NAMES.incrementAndGet());
  private final TopicFilter filter = TopicFilter.of(topic);

  private LiveEvent append(Topic to, String data) {
    return ((Appended.Stored) log().append(new Draft(to, now, data, false, Optional.empty())))
        .event();
  }

  private Appended appendOf(long source) {
    return log().append(new Draft(topic, now, "1", false, Optional.of(source)));
  }

  private ConnectionId open() {
    var id = new ConnectionId("C" + NAMES.incrementAndGet() + "=");
    connections().open(id, "ana", now);
    return id;
  }

  private Subscription subscription(ConnectionId id, TopicFilter to, boolean present) {
    return new Subscription(
        id,
        to,
        Optional.of(new View("ward.en")),
        "ana",
        present,
        new State.Replaying(now.plusSeconds(60)));
  }

  private List<Subscription> subscribers(TopicFilter of) {
    return connections().subscribers(of, 0, Optional.empty(), 100).subscriptions();
  }

  @Test
  void eventsAreNumberedFromOneAndReadInOrder() {
    assertThat(log().head(topic)).isZero();
    assertThat(log().read(topic, 0, 10)).isEmpty();
    for (int i = 1; i <= 5; i++) {
      assertThat(append(topic, "{\"i\":" + i + "}").seq()).isEqualTo(i);
    }
    assertThat(log().head(topic)).isEqualTo(5);
    assertThat(log().read(topic, 2, 2))
        .containsExactly(
            new LiveEvent(topic, 3, now, "{\"i\":3}"), new LiveEvent(topic, 4, now, "{\"i\":4}"));
  }

  @Test
  void numbersHaveNoGapWhoeverAppendsAtTheSameTime() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var tasks = new ArrayList<Callable<Long>>();
      for (int i = 0; i < 24; i++) {
        tasks.add(() -> append(topic, "1").seq());
      }
      var numbers = new ArrayList<Long>();
      for (var done : threads.invokeAll(tasks)) {
        numbers.add(done.get());
      }
      assertThat(numbers)
          .containsExactlyInAnyOrderElementsOf(LongStream.rangeClosed(1, 24).boxed().toList());
    }
    assertThat(log().read(topic, 0, 100)).hasSize(24);
  }

  @Test
  void ofEachSourceOneEventIsAppended() {
    assertThat(appendOf(3)).isInstanceOf(Appended.Stored.class);
    assertThat(appendOf(3)).isEqualTo(new Appended.SourceThere());
    assertThat(appendOf(2)).isEqualTo(new Appended.SourceThere());
    assertThat(appendOf(7)).isInstanceOf(Appended.Stored.class);
    assertThat(log().head(topic)).isEqualTo(2);
  }

  @Test
  void eventsAreNotKeptForEver() {
    var old = now.minus(EventLog.KEPT).minusSeconds(5);
    log().append(new Draft(topic, old, "1", false, Optional.empty()));
    append(topic, "2");
    assertThat(log().read(topic, 0, 10)).extracting(LiveEvent::seq).containsExactly(2L);
    assertThat(log().head(topic)).isEqualTo(2);
  }

  @Test
  void aWardKnowsItsTopics() {
    assertThat(log().wardTopics(ward).topics()).isEmpty();
    assertThat(log().wardTopics(ward).version()).isZero();
    append(ward, "1");
    var first = log().wardTopics(ward);
    append(ward, "2");
    append(new Topic(ward + "/news2"), "1");
    var second = log().wardTopics(ward);
    assertThat(first.topics()).containsExactly(ward);
    assertThat(second.topics()).containsExactly(ward, new Topic(ward + "/news2"));
    assertThat(second.version()).isGreaterThan(first.version());
  }

  @Test
  void aWardHasOnlySoManyTopics() {
    for (int i = 0; i < EventLog.WARD_TOPICS_MAX; i++) {
      append(new Topic(ward + "/t" + i), "1");
    }
    assertThat(
            log().append(new Draft(new Topic(ward + "/more"), now, "1", false, Optional.empty())))
        .isEqualTo(new Appended.WardFull());
    assertThat(append(new Topic(ward + "/t0"), "2").seq()).isEqualTo(2);
  }

  @Test
  void aSubscriptionIsReplayedThenLive() {
    var id = open();
    assertThat(connections().shards(filter)).isZero();
    assertThat(connections().add(subscription(id, filter, false))).isEqualTo(Added.ADDED);
    assertThat(connections().shards(filter)).isEqualTo(1);
    assertThat(subscribers(filter)).containsExactly(subscription(id, filter, false));
    assertThat(connections().passes(id, filter)).contains(0L);
    assertThat(connections().pass(subscription(id, filter, false), 0)).isEmpty();
    assertThat(connections().passes(id, filter)).contains(1L);
    assertThat(goLive(id, Map.of(topic, 0L), 0)).isEqualTo(WentLive.MOVED);
    assertThat(goLive(id, Map.of(topic, 1L), 1)).isEqualTo(WentLive.LIVE);
    var live = new State.Live(Map.of(topic, 1L));
    assertThat(subscribers(filter).getFirst().state()).isEqualTo(live);
    assertThat(connections().pass(subscription(id, filter, false), 0))
        .hasValueSatisfying(now -> assertThat(now.state()).isEqualTo(live));
    assertThat(connections().add(subscription(id, filter, true))).isEqualTo(Added.REPLACED);
    assertThat(subscribers(filter)).containsExactly(subscription(id, filter, true));
  }

  private WentLive goLive(ConnectionId id, Map<Topic, Long> heads, long passes) {
    return connections().goLive(new GoLive(id, filter, heads, passes));
  }

  @Test
  void nobodySubscribesWithoutAConnection() {
    var id = new ConnectionId("nobody");
    assertThat(connections().add(subscription(id, filter, false))).isEqualTo(Added.CLOSED);
    assertThat(connections().heard(id, now)).isFalse();
    assertThat(goLive(id, Map.of(), 0)).isEqualTo(WentLive.GONE);
    assertThat(connections().passes(id, filter)).isEmpty();
    assertThat(connections().pass(subscription(id, filter, false), 0)).isEmpty();
    assertThat(connections().close(id)).isEmpty();
    assertThat(subscribers(filter)).isEmpty();
  }

  @Test
  void aConnectionHasOnlySoManySubscriptions() {
    var id = open();
    for (int i = 0; i < Connections.SUBSCRIPTIONS_MAX; i++) {
      var to = TopicFilter.of(new Topic(topic + "/" + i));
      assertThat(connections().add(subscription(id, to, false))).isEqualTo(Added.ADDED);
    }
    assertThat(connections().add(subscription(id, filter, false))).isEqualTo(Added.TOO_MANY);
  }

  @Test
  void aConnectionThatClosesTakesItsSubscriptionsAlong() {
    var id = open();
    var other = open();
    connections().add(subscription(id, filter, true));
    connections().add(subscription(id, TopicFilter.of(ward), false));
    connections().add(subscription(other, filter, false));
    assertThat(connections().close(id)).containsExactly(subscription(id, filter, true));
    assertThat(connections().close(id)).isEmpty();
    assertThat(subscribers(filter)).containsExactly(subscription(other, filter, false));
    assertThat(subscribers(TopicFilter.of(ward))).isEmpty();
    assertThat(connections().add(subscription(id, filter, false))).isEqualTo(Added.CLOSED);
  }

  @Test
  void aSubscriptionIsRemovedOnce() {
    var id = open();
    connections().add(subscription(id, filter, false));
    assertThat(connections().remove(id, filter)).contains(subscription(id, filter, false));
    assertThat(connections().remove(id, filter)).isEmpty();
    assertThat(goLive(id, Map.of(), 0)).isEqualTo(WentLive.GONE);
    assertThat(connections().passes(id, filter)).isEmpty();
    assertThat(connections().pass(subscription(id, filter, false), 0)).isEmpty();
  }

  @Test
  void subscribersComeInPages() {
    var all = new HashSet<ConnectionId>();
    for (int i = 0; i < 5; i++) {
      var id = open();
      all.add(id);
      connections().add(subscription(id, filter, false));
    }
    var found = new HashSet<ConnectionId>();
    int pages = 0;
    Optional<ConnectionId> after = Optional.empty();
    do {
      var page = connections().subscribers(filter, 0, after, 2);
      page.subscriptions().forEach(one -> found.add(one.connection()));
      after = page.next();
      pages++;
    } while (after.isPresent());
    assertThat(found).isEqualTo(all);
    assertThat(pages).isEqualTo(3);
  }

  @Test
  void whoSaysNothingIsSilentUntilTheySaySomething() {
    var id = open();
    var later = now.plus(Connections.SILENCE_MAX).plusSeconds(2);
    assertThat(connections().silent(now, 10_000)).doesNotContain(id);
    assertThat(connections().silent(later, 10_000)).contains(id);
    assertThat(connections().heard(id, later)).isTrue();
    assertThat(connections().silent(later, 10_000)).doesNotContain(id);
    connections().close(id);
    assertThat(connections().silent(later.plusSeconds(3600), 10_000)).doesNotContain(id);
  }

  @Test
  void bindingsAreReplacedAndRemoved() {
    var pattern = new TopicPattern("ward/*/" + NAMES.incrementAndGet());
    var first = new Binding(pattern, new PluginName("news2"), Optional.empty());
    var second =
        new Binding(pattern, new PluginName("other"), Optional.of(new FunctionName("score")));
    assertThat(bindings().put(first)).isTrue();
    assertThat(bindings().all()).contains(first);
    assertThat(bindings().put(second)).isTrue();
    assertThat(bindings().all()).contains(second).doesNotContain(first);
    assertThat(bindings().remove(pattern)).isTrue();
    assertThat(bindings().remove(pattern)).isFalse();
    assertThat(bindings().all()).doesNotContain(second);
  }
}
