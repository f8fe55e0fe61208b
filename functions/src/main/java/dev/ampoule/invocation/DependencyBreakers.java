package dev.ampoule.invocation;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
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

  private final CircuitBreakerConfig config;
  private final List<CircuitBreaker> breakers = new CopyOnWriteArrayList<>();

  public DependencyBreakers(Clock clock) {
    this.config =
        CircuitBreakerConfig.custom()
            .clock(clock)
            .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
            .slidingWindowSize(CALLS)
            .minimumNumberOfCalls(CALLS)
            .failureRateThreshold(FAILED_PERCENT)
            .waitDurationInOpenState(OPEN)
            .permittedNumberOfCallsInHalfOpenState(TRIALS)
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
    var breaker = CircuitBreaker.of(port.getSimpleName(), config);
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
