package dev.ampoule.invocation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.registry.CatalogUnavailableException;
import dev.ampoule.registry.PlatformEvent;
import dev.ampoule.registry.PlatformEvents;
import dev.ampoule.registry.PluginCatalog;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One breaker for every version: while it breaks too often, its calls are refused instead of run.
 * That a breaker opened is written into the catalogue, where every process finds it with the
 * rollout it reads anyway; so a new process starts with it open.
 */
public final class CircuitBreakers {
  /** Of the last so many runs… */
  static final int RUNS = 20;

  /** …so many crashed, and the breaker opens for… */
  static final int CRASH_PERCENT = 50;

  /** …so long; then it lets {@link #TRIALS} calls through and closes or opens after them. */
  static final Duration OPEN = Duration.ofSeconds(10);

  static final int TRIALS = 3;

  private static final Logger LOG = LoggerFactory.getLogger(CircuitBreakers.class);
  private static final int VERSIONS_MAX = 10_000;
  private static final Duration TRIALS_UNDER_WAY = Duration.ofSeconds(1);

  private record Key(PluginName name, PluginVersion version) {}

  private final PluginCatalog catalog;
  private final PlatformEvents events;
  private final Executor background;
  private final Clock clock;
  private final CircuitBreakerConfig config;
  private final Cache<Key, Breaker> breakers =
      Caffeine.newBuilder().maximumSize(VERSIONS_MAX).build();

  public CircuitBreakers(
      PluginCatalog catalog, PlatformEvents events, Executor background, Clock clock) {
    this.catalog = catalog;
    this.events = events;
    this.background = background;
    this.clock = clock;
    this.config =
        CircuitBreakerConfig.custom()
            .clock(clock)
            .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
            .slidingWindowSize(RUNS)
            .minimumNumberOfCalls(RUNS)
            .failureRateThreshold(CRASH_PERCENT)
            .waitDurationInOpenState(OPEN)
            .permittedNumberOfCallsInHalfOpenState(TRIALS)
            .build();
  }

  /** Whether a call may run. */
  sealed interface Entry {
    /** It may, and must be told how that ended. */
    record Permitted(Permit permit) implements Entry {}

    record Refused(Duration retryAfter) implements Entry {}
  }

  /** For one run. Exactly one {@link #ended} follows. */
  @FunctionalInterface
  interface Permit {
    void ended(Ending ending);
  }

  /**
   * Asks for a run.
   *
   * @param openUntil what the catalogue says of the breaker
   */
  Entry enter(PluginName name, PluginVersion version, Optional<Instant> openUntil) {
    return breakers.get(new Key(name, version), key -> new Breaker(key, config)).enter(openUntil);
  }

  /** A breaker of before a snapshot is another process's. */
  public void forget() {
    breakers.invalidateAll();
  }

  private void opened(Key key, Instant until) {
    var event = new PlatformEvent.BreakerOpened(key.name(), key.version(), clock.instant(), until);
    background.execute(() -> {
      try {
        catalog.openBreaker(key.name(), key.version(), until);
      } catch (CatalogUnavailableException e) {
        LOG.warn("only this process knows that {}@{} is open", key.name(), key.version());
      }
      try {
        events.happened(event);
      } catch (RuntimeException e) {
        LOG.warn("{}@{} is open, which was not told: {}", key.name(), key.version(), e.getClass());
      }
    });
  }

  private final class Breaker {
    private final Key key;
    private final CircuitBreaker breaker;
    private Instant openUntil = Instant.MIN;
    private boolean following;

    private Breaker(Key key, CircuitBreakerConfig config) {
      this.key = key;
      this.breaker = CircuitBreaker.of(key.name() + "@" + key.version(), config);
      breaker
          .getEventPublisher()
          .onStateTransition(event -> {
            if (event.getStateTransition().getToState() == CircuitBreaker.State.OPEN) {
              becameOpen();
            }
          });
    }

    private Entry enter(Optional<Instant> shared) {
      shared.ifPresent(this::follow);
      if (breaker.tryAcquirePermission()) {
        long started = System.nanoTime();
        return new Entry.Permitted(ending -> ended(ending, System.nanoTime() - started));
      }
      return new Entry.Refused(retryAfter());
    }

    private void ended(Ending ending, long nanos) {
      switch (ending) {
        case OK, ERROR -> breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
        case TRAP, TIME_LIMIT -> breaker.onError(nanos, TimeUnit.NANOSECONDS, new Crash(ending));
        case NONE -> breaker.releasePermission();
      }
    }

    /** Opens as another process did, if that is news. */
    private synchronized void follow(Instant shared) {
      if (shared.isAfter(openUntil) && shared.isAfter(clock.instant())) {
        openUntil = shared;
        following = true;
        try {
          breaker.transitionToOpenStateFor(Duration.between(clock.instant(), shared));
        } finally {
          following = false;
        }
      }
    }

    private synchronized void becameOpen() {
      if (!following) {
        openUntil = clock.instant().plus(OPEN);
        opened(key, openUntil);
      }
    }

    private synchronized Duration retryAfter() {
      var left = Duration.between(clock.instant(), openUntil);
      return left.compareTo(TRIALS_UNDER_WAY) > 0 ? left : TRIALS_UNDER_WAY;
    }
  }

  /** What the library wants to be told of a crash. */
  private static final class Crash extends Exception {
    private static final long serialVersionUID = 1L;

    private Crash(Ending ending) {
      super(ending.name(), null, false, false);
    }
  }
}
