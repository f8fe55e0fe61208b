package dev.ampoule.live;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The bindings, as they were at most {@link #AGE_MAX} ago. */
public final class BindingCache {
  static final Duration AGE_MAX = Duration.ofSeconds(2);

  private final Bindings bindings;
  private final Clock clock;
  private volatile @Nullable Known known;

  public BindingCache(Bindings bindings, Clock clock) {
    this.bindings = bindings;
    this.clock = clock;
  }

  private record Known(List<Binding> all, Instant at) {}

  List<Binding> of(Topic topic) {
    var now = clock.instant();
    var current = known;
    if (current == null || now.isAfter(current.at().plus(AGE_MAX))) {
      current = new Known(bindings.all(), now);
      known = current;
    }
    return current.all().stream().filter(binding -> binding.pattern().matches(topic)).toList();
  }

  /** What was changed here counts here at once. */
  public void forget() {
    known = null;
  }
}
