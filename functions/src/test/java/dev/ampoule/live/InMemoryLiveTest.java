package dev.ampoule.live;

import java.time.Clock;

final class InMemoryLiveTest extends LiveContract {
  private final InMemoryLive live = new InMemoryLive(Clock.systemUTC());

  @Override
  protected EventLog log() {
    return live;
  }

  @Override
  protected Connections connections() {
    return live;
  }

  @Override
  protected Bindings bindings() {
    return live;
  }
}
