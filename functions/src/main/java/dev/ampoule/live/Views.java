package dev.ampoule.live;

import java.util.Optional;

/** Makes HTML of events, once for each view, however many look at it. */
@FunctionalInterface
public interface Views {
  /** No view is known. */
  Views NONE = (view, event) -> Optional.empty();

  /** The fragment that shows the event; empty where the view does not show it. */
  Optional<String> render(View view, LiveEvent event);
}
