package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import org.jspecify.annotations.Nullable;

/**
 * What every handler is, so that none can forget to be watched, or what a snapshot needs: a call
 * goes through {@link Telemetry}, and the process through {@link SnapStart}.
 *
 * @param <I> the event
 * @param <O> the answer
 */
abstract class ObservedHandler<I, O extends @Nullable Object> implements RequestHandler<I, O> {
  private static final String SUFFIX = "Handler";

  private final String function = getClass().getSimpleName().replace(SUFFIX, "");
  private final Telemetry telemetry;

  /** Held here, because its context refers to it weakly. */
  private final SnapStart snapStart;

  ObservedHandler(Wiring wiring) {
    this.telemetry = wiring.telemetry();
    this.snapStart = new SnapStart(wiring, this::prime);
    snapStart.register();
  }

  @Override
  public final @Nullable O handleRequest(I event, Context context) {
    return telemetry.observe(function, context, () -> handle(event, context));
  }

  /** Parses, calls, renders; null where the trigger expects no answer. */
  abstract @Nullable O handle(I event, Context context);

  /**
   * Does once, before the snapshot, what the first call would do slowly. It may fail: the version
   * is published all the same.
   */
  void prime() {}
}
