package dev.ampoule.sandbox;

import java.security.SecureRandom;
import java.util.function.Supplier;

/**
 * What plugins get as random bytes. A process that starts from a snapshot would give what its twins
 * give, so the generator can be replaced.
 */
final class Randomness {
  private final Supplier<SecureRandom> generators;
  private volatile SecureRandom current;

  Randomness(Supplier<SecureRandom> generators) {
    this.generators = generators;
    this.current = generators.get();
  }

  void fill(byte[] bytes) {
    current.nextBytes(bytes);
  }

  /** Takes a new generator, seeded by the operating system. */
  void renew() {
    current = generators.get();
  }
}
