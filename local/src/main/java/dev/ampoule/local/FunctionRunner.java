package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.ClientContext;
import com.amazonaws.services.lambda.runtime.CognitoIdentity;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one function as Lambda does: bounded concurrency, a timeout that interrupts, a {@link
 * Context} per call. Events pass as objects; this is the seam where they would be serialised.
 *
 * <p>Platform threads, not virtual ones: a plugin may burn its whole time limit in a loop, and a
 * loop on each of the few carrier threads would stop every other call.
 */
final class FunctionRunner<I, O> implements AutoCloseable {
  private final LambdaFunction<I, O> function;
  private final Semaphore slots;
  private final ExecutorService threads;
  private final LambdaLogger logger;

  FunctionRunner(LambdaFunction<I, O> function) {
    this.function = function;
    this.slots = new Semaphore(function.concurrency());
    // The slots bound it. A pool of exactly that size would refuse a call whose slot is free but
    // whose thread is still on its way back.
    this.threads =
        Executors.newCachedThreadPool(
            Thread.ofPlatform().name("lambda-" + function.name() + "-", 0).daemon(true).factory());
    this.logger = new FunctionLogger(LoggerFactory.getLogger("lambda." + function.name()));
  }

  String name() {
    return function.name();
  }

  String arn() {
    return "arn:aws:lambda:%s:%s:function:%s"
        .formatted(AwsEdge.REGION, HttpApi.ACCOUNT_ID, function.name());
  }

  /** A synchronous call: throttled, never queued, where no slot is free. */
  Invocation<O> invoke(I event, String requestId, Duration callerTimeout)
      throws InterruptedException {
    return slots.tryAcquire() ? run(event, requestId, callerTimeout) : new Invocation.Throttled<>();
  }

  /** An asynchronous call: waits for a free slot, as Lambda's event queue does. */
  Invocation<O> invokeQueued(I event, String requestId) throws InterruptedException {
    slots.acquire();
    return run(event, requestId, function.timeout());
  }

  private Invocation<O> run(I event, String requestId, Duration callerTimeout)
      throws InterruptedException {
    Duration timeout =
        callerTimeout.compareTo(function.timeout()) < 0 ? callerTimeout : function.timeout();
    Future<@Nullable O> running;
    try {
      running = threads.submit(() -> call(event, requestId));
    } catch (RuntimeException e) {
      slots.release();
      throw e;
    }
    try {
      return new Invocation.Returned<>(running.get(timeout.toNanos(), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      running.cancel(true); // the slot stays taken until the handler has really ended
      return new Invocation.TimedOut<>();
    } catch (ExecutionException e) {
      return new Invocation.Failed<>(errorType(e.getCause() == null ? e : e.getCause()));
    }
  }

  private @Nullable O call(I event, String requestId) {
    try {
      return function.handler().handleRequest(event, new CallContext(requestId));
    } finally {
      Thread.interrupted(); // of a time-out that came too late: not the next call's business
      slots.release();
    }
  }

  /** The class and the place, never the message. */
  static String errorType(Throwable e) {
    StackTraceElement[] trace = e.getStackTrace();
    String type = e.getClass().getName();
    return trace.length == 0 ? type : type + " at " + trace[0];
  }

  /** Lets the calls in flight end for as long as {@code patience}, then interrupts them. */
  void close(Duration patience) {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        threads.shutdownNow();
      }
    } catch (InterruptedException e) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }

  private record FunctionLogger(Logger log) implements LambdaLogger {
    @Override
    public void log(String message) {
      log.info("{}", message.stripTrailing());
    }

    @Override
    public void log(byte[] message) {
      log(new String(message, StandardCharsets.UTF_8));
    }
  }

  private final class CallContext implements Context {
    private final String requestId;
    private final long deadlineNanos = System.nanoTime() + function.timeout().toNanos();

    CallContext(String requestId) {
      this.requestId = requestId;
    }

    @Override
    public String getAwsRequestId() {
      return requestId;
    }

    @Override
    public String getLogGroupName() {
      return "/aws/lambda/" + function.name();
    }

    @Override
    public String getLogStreamName() {
      return "local";
    }

    @Override
    public String getFunctionName() {
      return function.name();
    }

    @Override
    public String getFunctionVersion() {
      return "$LATEST";
    }

    @Override
    public String getInvokedFunctionArn() {
      return arn();
    }

    @Override
    @SuppressWarnings("NullAway") // Lambda's own null: no Cognito identity
    public CognitoIdentity getIdentity() {
      return null;
    }

    @Override
    @SuppressWarnings("NullAway") // Lambda's own null: no mobile client
    public ClientContext getClientContext() {
      return null;
    }

    @Override
    public int getRemainingTimeInMillis() {
      return (int) Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime()));
    }

    @Override
    public int getMemoryLimitInMB() {
      return (int) (Runtime.getRuntime().maxMemory() >> 20);
    }

    @Override
    public LambdaLogger getLogger() {
      return logger;
    }
  }
}
