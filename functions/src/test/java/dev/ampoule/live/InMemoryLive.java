package dev.ampoule.live;

import dev.ampoule.live.Subscription.State;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Events, connections and bindings in memory, in one lock: what is one step there is one here. */
public final class InMemoryLive implements EventLog, Connections, Bindings {
  private final Clock clock;
  private final Map<Topic, List<LiveEvent>> events = new HashMap<>();
  private final Map<Topic, Long> sources = new HashMap<>();
  private final Map<Topic, SortedSet<Topic>> wards = new HashMap<>();
  private final List<Delivery> relayed = new ArrayList<>();
  private final List<Draft> drafts = new ArrayList<>();
  private final Map<ConnectionId, Instant> silentAt = new LinkedHashMap<>();
  private final Map<TopicFilter, Filter> filters = new HashMap<>();
  private final Map<TopicPattern, Binding> bindings =
      new TreeMap<>(java.util.Comparator.comparing(TopicPattern::value));
  private boolean down;

  public InMemoryLive(Clock clock) {
    this.clock = clock;
  }

  private static final class Filter {
    private int subscribers;
    private int shards;
    private final Map<ConnectionId, Long> passes = new HashMap<>();
    private final Map<ConnectionId, Integer> shardOf = new HashMap<>();
    private final Map<Integer, NavigableMap<String, Subscription>> byShard = new HashMap<>();

    private NavigableMap<String, Subscription> shard(int shard) {
      return byShard.computeIfAbsent(shard, _ -> new TreeMap<>());
    }
  }

  /** Whether every call fails. */
  public synchronized void down(boolean isDown) {
    down = isDown;
  }

  private void requireUp() {
    if (down) {
      throw new LiveUnavailableException("it is down");
    }
  }

  @Override
  public synchronized Appended append(Draft draft) {
    requireUp();
    var topic = draft.topic();
    var list = events.computeIfAbsent(topic, _ -> new ArrayList<>());
    if (draft.source().isPresent() && sources.getOrDefault(topic, 0L) >= draft.source().get()) {
      return new Appended.SourceThere();
    }
    if (list.isEmpty() && topic.ward().isPresent()) {
      var topics = wards.computeIfAbsent(topic.ward().get(), _ -> new TreeSet<>());
      if (topics.size() >= WARD_TOPICS_MAX) {
        return new Appended.WardFull();
      }
      topics.add(topic);
    }
    draft.source().ifPresent(source -> sources.put(topic, source));
    var event = new LiveEvent(topic, list.size() + 1, draft.at(), draft.data());
    list.add(event);
    drafts.add(draft);
    return new Appended.Stored(event);
  }

  @Override
  public synchronized long head(Topic topic) {
    requireUp();
    return events.getOrDefault(topic, List.of()).size();
  }

  @Override
  public synchronized List<LiveEvent> read(Topic topic, long after, int eventsMax) {
    requireUp();
    return events.getOrDefault(topic, List.of()).stream()
        .filter(event -> event.seq() > after)
        .filter(event -> event.at().plus(KEPT).isAfter(clock.instant()))
        .limit(eventsMax)
        .toList();
  }

  @Override
  public synchronized WardTopics wardTopics(Topic ward) {
    requireUp();
    var topics = wards.getOrDefault(ward, new TreeSet<>());
    return new WardTopics(new TreeSet<>(topics), topics.size());
  }

  @Override
  public synchronized void relay(Delivery delivery, int shards) {
    requireUp();
    for (int shard = 0; shard < shards; shard++) {
      relayed.add(delivery.ofShard(shard));
    }
  }

  /** What was left to other calls. */
  public synchronized List<Delivery> relayed() {
    return List.copyOf(relayed);
  }

  /** What was appended, in order. */
  public synchronized List<Draft> drafts() {
    return List.copyOf(drafts);
  }

  @Override
  public synchronized void open(ConnectionId id, String subject, Instant at) {
    requireUp();
    silentAt.put(id, at.plus(SILENCE_MAX));
  }

  @Override
  public synchronized boolean heard(ConnectionId id, Instant at) {
    requireUp();
    return silentAt.computeIfPresent(id, (_, _) -> at.plus(SILENCE_MAX)) != null;
  }

  @Override
  public synchronized List<Subscription> close(ConnectionId id) {
    requireUp();
    if (silentAt.remove(id) == null) {
      return List.of();
    }
    return filters.keySet().stream().toList().stream()
        .flatMap(filter -> remove(id, filter).stream())
        .filter(Subscription::present)
        .toList();
  }

  @Override
  public synchronized Added add(Subscription subscription) {
    requireUp();
    var id = subscription.connection();
    if (!silentAt.containsKey(id)) {
      return Added.CLOSED;
    }
    var filter = filters.computeIfAbsent(subscription.filter(), _ -> new Filter());
    var there = filter.shardOf.get(id);
    if (there != null) {
      filter.shard(there).put(id.value(), subscription);
      return Added.REPLACED;
    }
    if (filters.values().stream().filter(f -> f.shardOf.containsKey(id)).count()
        >= SUBSCRIPTIONS_MAX) {
      return Added.TOO_MANY;
    }
    int shard = filter.subscribers++ / SHARD_SUBSCRIBERS;
    filter.shards = Math.max(filter.shards, shard + 1);
    filter.shardOf.put(id, shard);
    filter.shard(shard).put(id.value(), subscription);
    return Added.ADDED;
  }

  @Override
  public synchronized WentLive goLive(GoLive handOver) {
    requireUp();
    var filter = filters.get(handOver.filter());
    if (filter == null || !filter.shardOf.containsKey(handOver.connection())) {
      return WentLive.GONE;
    }
    if (filter.passes.getOrDefault(handOver.connection(), 0L) != handOver.passes()) {
      return WentLive.MOVED;
    }
    var key = handOver.connection().value();
    var shard = filter.shard(filter.shardOf.get(handOver.connection()));
    var old = Objects.requireNonNull(shard.get(key));
    shard.put(
        key,
        new Subscription(
            old.connection(),
            old.filter(),
            old.view(),
            old.subject(),
            old.present(),
            new State.Live(handOver.heads())));
    return WentLive.LIVE;
  }

  @Override
  public synchronized Optional<Long> passes(ConnectionId id, TopicFilter of) {
    requireUp();
    var filter = filters.get(of);
    return filter == null || !filter.shardOf.containsKey(id)
        ? Optional.empty()
        : Optional.of(filter.passes.getOrDefault(id, 0L));
  }

  @Override
  public synchronized Optional<Subscription> pass(Subscription replaying, int shard) {
    requireUp();
    var filter = filters.computeIfAbsent(replaying.filter(), _ -> new Filter());
    var now = Optional.ofNullable(filter.shard(shard).get(replaying.connection().value()));
    if (now.isPresent() && now.get().state() instanceof State.Replaying) {
      filter.passes.merge(replaying.connection(), 1L, Long::sum);
      return Optional.empty();
    }
    return now;
  }

  @Override
  public synchronized Optional<Subscription> remove(ConnectionId id, TopicFilter of) {
    requireUp();
    var filter = filters.get(of);
    if (filter == null || !filter.shardOf.containsKey(id)) {
      return Optional.empty();
    }
    filter.subscribers--;
    return Optional.of(
        Objects.requireNonNull(filter.shard(filter.shardOf.remove(id)).remove(id.value())));
  }

  @Override
  public synchronized int shards(TopicFilter filter) {
    requireUp();
    return filters.containsKey(filter) ? filters.get(filter).shards : 0;
  }

  @Override
  public synchronized Page subscribers(
      TopicFilter of, int shard, Optional<ConnectionId> after, int itemsMax) {
    requireUp();
    var filter = filters.get(of);
    if (filter == null) {
      return new Page(List.of(), Optional.empty());
    }
    var rest =
        after.map(id -> filter.shard(shard).tailMap(id.value(), false)).orElse(filter.shard(shard));
    var page = rest.values().stream().limit(itemsMax).toList();
    return new Page(
        page, rest.size() > itemsMax ? Optional.of(page.getLast().connection()) : Optional.empty());
  }

  @Override
  public synchronized List<ConnectionId> silent(Instant now, int itemsMax) {
    requireUp();
    return silentAt.entrySet().stream()
        .filter(entry -> entry.getValue().isBefore(now))
        .map(Map.Entry::getKey)
        .limit(itemsMax)
        .toList();
  }

  @Override
  public synchronized List<Binding> all() {
    requireUp();
    return List.copyOf(bindings.values());
  }

  @Override
  public synchronized boolean put(Binding binding) {
    requireUp();
    if (bindings.size() >= BINDINGS_MAX && !bindings.containsKey(binding.pattern())) {
      return false;
    }
    bindings.put(binding.pattern(), binding);
    return true;
  }

  @Override
  public synchronized boolean remove(TopicPattern pattern) {
    requireUp();
    return bindings.remove(pattern) != null;
  }
}
