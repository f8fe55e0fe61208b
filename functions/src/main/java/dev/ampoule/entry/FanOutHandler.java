package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.DynamodbEvent;
import com.amazonaws.services.lambda.runtime.events.StreamsEventResponse;
import dev.ampoule.live.FanOut;
import dev.ampoule.live.Topic;
import dev.ampoule.live.Topics;

/** On changes of topics: pushes their events to whoever listens. */
public final class FanOutHandler extends ObservedHandler<DynamodbEvent, StreamsEventResponse> {
  private final FanOut fanOut;
  private final Topics topics;

  public FanOutHandler() {
    this(Wiring.ofProcess());
  }

  public FanOutHandler(Wiring wiring) {
    super(wiring);
    this.fanOut = wiring.fanOut();
    this.topics = wiring.topics();
  }

  @Override
  void prime() {
    var _ = topics.head(Topic.PLATFORM_PLUGINS);
  }

  @Override
  StreamsEventResponse handle(DynamodbEvent event, Context context) {
    return TopicChanges.of(event)
        .handle(grown -> fanOut.appended(grown.topic(), grown.from(), grown.to()), fanOut::deliver);
  }
}
