package dev.ampoule.audit;

import dev.ampoule.privacy.Redacted;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Some of a list.
 *
 * @param next where the following page begins; empty on the last. A page may be short, even empty,
 *     and not be the last
 * @param unreadable keys met on the way that are none the log would have written; only tampering
 *     puts them there
 */
public record Page<T, C>(List<T> items, Optional<C> next, List<Redacted> unreadable) {
  public Page {
    items = List.copyOf(items);
    Objects.requireNonNull(next, "next");
    unreadable = List.copyOf(unreadable);
  }

  public Page(List<T> items, Optional<C> next) {
    this(items, next, List.of());
  }
}
