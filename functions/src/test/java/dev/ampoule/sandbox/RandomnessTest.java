package dev.ampoule.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RandomnessTest {
  /** Two processes restored from one snapshot: the same generator in the same state. */
  private final Randomness one = restored();

  private final Randomness twin = restored();

  private static Randomness restored() {
    var generators = new ArrayDeque<>(List.of(ofSnapshot(), new SecureRandom()));
    return new Randomness(generators::remove);
  }

  private static SecureRandom ofSnapshot() {
    try {
      var random = SecureRandom.getInstance("SHA1PRNG");
      random.setSeed(42); // before any byte is taken, this is its whole state
      return random;
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void twinsGiveTheSameUntilTheirGeneratorsAreRenewed() {
    assertThat(bytes(one)).isEqualTo(bytes(twin));
    one.renew();
    twin.renew();
    assertThat(bytes(one)).isNotEqualTo(bytes(twin));
  }

  private static byte[] bytes(Randomness randomness) {
    var bytes = new byte[32];
    randomness.fill(bytes);
    return bytes;
  }
}
