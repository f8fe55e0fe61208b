package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.ScheduledEvent;
import dev.ampoule.live.Presence;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** On a schedule: removes connections whose end was not told. */
public final class SweepHandler extends ObservedHandler<ScheduledEvent, @Nullable Void> {
  private static final Logger LOG = LoggerFactory.getLogger(SweepHandler.class);

  private final Presence presence;

  public SweepHandler() {
    this(Wiring.ofProcess());
  }

  public SweepHandler(Wiring wiring) {
    super(wiring);
    this.presence = wiring.presence();
  }

  @Override
  @Nullable Void handle(ScheduledEvent event, Context context) {
    int removed = presence.sweep();
    if (removed > 0) {
      LOG.info("{} connections had ended without a word", removed);
    }
    return null;
  }
}
