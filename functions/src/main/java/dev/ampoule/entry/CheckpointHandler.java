package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.ScheduledEvent;
import dev.ampoule.audit.DrainSpool;
import dev.ampoule.audit.TakeCheckpoint;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * On a schedule: drains the audit spool, then signs how far every chain has come (RATIONALE: "Why
 * does the function of the checkpoints drain the spool?").
 */
public final class CheckpointHandler extends ObservedHandler<ScheduledEvent, @Nullable Void> {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointHandler.class);

  private final DrainSpool drainSpool;
  private final TakeCheckpoint takeCheckpoint;
  private final Telemetry telemetry;
  private final Clock clock;

  public CheckpointHandler() {
    this(Wiring.ofProcess());
  }

  public CheckpointHandler(Wiring wiring) {
    super(wiring);
    this.drainSpool = wiring.drainSpool();
    this.telemetry = wiring.telemetry();
    this.clock = wiring.clock();
    this.takeCheckpoint = wiring.takeCheckpoint();
  }

  @Override
  @Nullable Void handle(ScheduledEvent event, Context context) {
    drain();
    switch (takeCheckpoint.run()) {
      case TakeCheckpoint.Result.Taken(var checkpoint) ->
          LOG.info("checkpoint over {} chains", checkpoint.heads().size());
      case TakeCheckpoint.Result.SameInstant() ->
          LOG.info("another checkpoint was taken at the same time");
      case TakeCheckpoint.Result.TooManyChains(int max) ->
          throw new IllegalStateException("more than " + max + " audit chains");
    }
    return null;
  }

  /**
   * Whatever comes of it, a checkpoint is taken after: the spool may fail where the log does not.
   */
  private void drain() {
    try {
      var result = drainSpool.run();
      result
          .stoppedBy()
          .ifPresent(e -> LOG.warn("the audit store does not answer: {}", e.getClass().getName()));
      result.faulty().forEach(block -> LOG.error("the spooled block {} cannot be drained", block));
      if (result.drained() > 0) {
        LOG.info("{} audit blocks drained", result.drained());
      }
      telemetry.drained(
          result.drained(),
          result.faulty().size(),
          result
              .oldest()
              .map(since -> Duration.between(since, clock.instant()))
              .orElse(Duration.ZERO));
    } catch (RuntimeException e) {
      LOG.error("the audit spool was not drained: {}", e.getClass().getName());
    }
  }
}
