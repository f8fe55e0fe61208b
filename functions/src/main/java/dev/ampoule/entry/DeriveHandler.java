package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.DynamodbEvent;
import com.amazonaws.services.lambda.runtime.events.StreamsEventResponse;
import dev.ampoule.live.Derive;

/**
 * On changes of topics that go through plugins: runs them and publishes what they answer. Beside
 * the fan-out and not before it, so that no plugin holds up an event.
 */
public final class DeriveHandler extends ObservedHandler<DynamodbEvent, StreamsEventResponse> {
  private final Derive derive;

  public DeriveHandler() {
    this(Wiring.ofProcess());
  }

  public DeriveHandler(Wiring wiring) {
    super(wiring);
    this.derive = wiring.derive();
  }

  @Override
  StreamsEventResponse handle(DynamodbEvent event, Context context) {
    return TopicChanges.of(event)
        .handle(grown -> derive.appended(grown.topic(), grown.from(), grown.to()), _ -> {});
  }
}
