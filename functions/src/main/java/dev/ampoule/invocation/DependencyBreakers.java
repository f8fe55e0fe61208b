package dev.ampoule.invocation;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * One breaker for every store: while one fails, it is not asked, so that nobody waits out a
 * time-out to be told what the last caller was told already.
 */
public final class DependencyBreakers {
  /** Of the last so many calls… */
  static final int CALLS = 10;

  /** …so many failed, and the store is left alone for… */
  static final int FAILED_PERCENT = 50;

  /** …so long. */
  static final Duration OPEN = Duration.ofSeconds(2);

  private static final int TRIALS = 2;

  /**
   * How soon a store is left alone, and for how long.
   *
   * @param calls of which half must fail
   * @param trials that are made before it is asked again as before
   * @param pause until the first trials, doubled each time they fail
   */
  public record Patience(int calls, int trials, Duration pause, Duration pauseMax) {
    static final Patience USUAL = new Patience(CALLS, TRIALS, OPEN, OPEN);
  }

  private final Clock clock;
  private final List<CircuitBreaker> breakers = new CopyOnWriteArrayList<>();

  public DependencyBreakers(Clock clock) {
    this.clock = clock;
  }

  private CircuitBreakerConfig config(Patience patience) {
    return CircuitBreakerConfig.custom()
        .clock(clock)
        .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
        .slidingWindowSize(patience.calls())
        .minimumNumberOfCalls(patience.calls())
        .failureRateThreshold(FAILED_PERCENT)
        .waitIntervalFunctionInOpenState(
            IntervalFunction.ofExponentialBackoff(patience.pause(), 2, patience.pauseMax()))
        .permittedNumberOfCallsInHalfOpenState(patience.trials())
        .build();
  }

  /** What a breaker says instead of asking. */
  private static final class LeftAlone extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private LeftAlone(String port) {
      super(port + " failed too often; it is left alone for a while", null, false, false);
    }
  }

  /**
   * A port with a breaker before it.
   *
   * @param failure what the port throws where its store does not answer; anything else it throws is
   *     no failure of the store
   * @param refusal makes such an exception of a cause
   */
  public <T> T guard(
      Class<T> port,
      T adapter,
      Class<? extends RuntimeException> failure,
      Function<Throwable, ? extends RuntimeException> refusal) {
    return guard(port, adapter, failure, refusal, Patience.USUAL);
  }

  /** The same with another patience. */
  public <T> T guard(
      Class<T> port,
      T adapter,
      Class<? extends RuntimeException> failure,
      Function<Throwable, ? extends RuntimeException> refusal,
      Patience patience) {
    var breaker = CircuitBreaker.of(port.getSimpleName(), config(patience));
    breakers.add(breaker);
    return port.cast(
        Proxy.newProxyInstance(
            port.getClassLoader(),
            new Class<?>[] {port},
            (_, method, arguments) -> {
              if (!breaker.tryAcquirePermission()) {
                throw refusal.apply(new LeftAlone(port.getSimpleName()));
              }
              long started = System.nanoTime();
              try {
                var result = method.invoke(adapter, arguments);
                breaker.onSuccess(System.nanoTime() - started, TimeUnit.NANOSECONDS);
                return result;
              } catch (InvocationTargetException e) {
                long took = System.nanoTime() - started;
                if (failure.isInstance(e.getTargetException())) {
                  breaker.onError(took, TimeUnit.NANOSECONDS, e.getTargetException());
                } else {
                  breaker.onSuccess(took, TimeUnit.NANOSECONDS);
                }
                throw e.getTargetException();
              }
            }));
  }

  /** What failed before a snapshot may be well after it. */
  public void forget() {
    breakers.forEach(CircuitBreaker::reset);
  }
}
