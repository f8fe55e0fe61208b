package dev.ampoule.registry;

import java.util.List;
import java.util.Optional;

/**
 * Part of a longer list.
 *
 * @param next the last key of this page, to be given as {@code after} for the next; empty at the
 *     end
 */
public record Page<T>(List<T> items, Optional<String> next) {
  public static final int ITEMS_MAX = 100;

  public Page {
    items = List.copyOf(items);
  }
}
