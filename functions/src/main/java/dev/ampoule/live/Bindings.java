package dev.ampoule.live;

import java.util.List;

/**
 * Which topics go through which plugin.
 *
 * @see LiveUnavailableException every method throws it
 */
public interface Bindings {
  int BINDINGS_MAX = 200;

  /** All of them, at most {@link #BINDINGS_MAX}. */
  List<Binding> all();

  /** Replaces the one of this pattern; false where there are {@link #BINDINGS_MAX} already. */
  boolean put(Binding binding);

  /** Whether there was one. */
  boolean remove(TopicPattern pattern);
}
