package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.ScheduledEvent;
import dev.ampoule.audit.TakeCheckpoint;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** On a schedule: signs how far every audit chain has come. */
public final class CheckpointHandler extends ObservedHandler<ScheduledEvent, @Nullable Void> {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointHandler.class);

  private final TakeCheckpoint takeCheckpoint;

  public CheckpointHandler() {
    this(Wiring.ofProcess());
  }

  public CheckpointHandler(Wiring wiring) {
    super(wiring);
    this.takeCheckpoint = wiring.takeCheckpoint();
  }

  @Override
  @Nullable Void handle(ScheduledEvent event, Context context) {
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
}
