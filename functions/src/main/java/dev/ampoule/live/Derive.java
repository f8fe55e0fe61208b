package dev.ampoule.live;

import java.time.Clock;
import java.util.Objects;
import java.util.Optional;

/**
 * Has plugins make events of events: what they answer is published below the topic, under the
 * plugin's name. Of a derived event nothing is derived.
 */
public final class Derive {

  /** Runs the plugin. */
  @FunctionalInterface
  public interface Transform {
    Result apply(Binding binding, LiveEvent event);
  }

  /** How it ended. */
  public sealed interface Result {
    /** JSON of at most {@link LiveEvent#DATA_BYTES_MAX} bytes. */
    record Output(String json) implements Result {
      public Output {
        Objects.requireNonNull(json, "json");
      }

      @Override
      public String toString() {
        return "Output[" + json.length() + " characters]";
      }
    }

    /** Of this event there is none; it is in the audit, and the stream goes on. */
    record Failed() implements Result {}

    /** Nothing was run: it is to be tried again. */
    record Unavailable() implements Result {}
  }

  private static final int PAGE_EVENTS = 100;

  private final EventLog log;
  private final BindingCache bindings;
  private final Transform transform;
  private final Clock clock;

  public Derive(EventLog log, BindingCache bindings, Transform transform, Clock clock) {
    this.log = log;
    this.bindings = bindings;
    this.transform = transform;
    this.clock = clock;
  }

  /** Events were appended; returns how many were made of them. */
  public int appended(Topic topic, long from, long to) {
    int made = 0;
    for (Binding binding : bindings.of(topic)) {
      var derived = topic.below(binding.plugin().value());
      if (derived.isEmpty()) {
        continue;
      }
      for (long after = from - 1; after < to; ) {
        var events = log.read(topic, after, (int) Math.min(PAGE_EVENTS, to - after));
        if (events.isEmpty()) {
          throw new LiveUnavailableException("events that were appended are not there");
        }
        for (LiveEvent event : events) {
          made += derive(binding, event, derived.get()) ? 1 : 0;
        }
        after = events.getLast().seq();
      }
    }
    return made;
  }

  private boolean derive(Binding binding, LiveEvent event, Topic derived) {
    return switch (transform.apply(binding, event)) {
      case Result.Output(String json) ->
          log.append(
                  new EventLog.Draft(
                      derived, clock.instant(), json, false, Optional.of(event.seq())))
              instanceof EventLog.Appended.Stored;
      case Result.Failed() -> false;
      case Result.Unavailable() ->
          throw new LiveUnavailableException("the plugin could not be run");
    };
  }
}
