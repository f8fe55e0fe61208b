package dev.ampoule.audit;

import java.util.Arrays;
import java.util.Optional;

/** Reads the name of an enum constant without an exception for a wrong one. */
final class Names {
  private Names() {}

  static <E extends Enum<E>> Optional<E> parse(E[] constants, String name) {
    return Arrays.stream(constants).filter(c -> c.name().equals(name)).findFirst();
  }
}
