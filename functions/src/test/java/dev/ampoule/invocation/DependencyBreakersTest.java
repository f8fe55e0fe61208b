package dev.ampoule.invocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ampoule.registry.CatalogUnavailableException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class DependencyBreakersTest {
  /** A port, as the slices' own are. */
  interface Store {
    String read(String key);
  }

  private final SteppedClock clock = new SteppedClock();
  private final DependencyBreakers breakers = new DependencyBreakers(clock);
  private int asked;
  private boolean down;
  private final Store guarded =
      breakers.guard(
          Store.class,
          key -> {
            asked++;
            if (down) {
              throw new CatalogUnavailableException(new IllegalStateException("down"));
            }
            if (key.isEmpty()) {
              throw new IllegalArgumentException("no key");
            }
            return "value of " + key;
          },
          CatalogUnavailableException.class,
          CatalogUnavailableException::new);

  private void fail(int times) {
    down = true;
    for (int i = 0; i < times; i++) {
      assertThatThrownBy(() -> guarded.read("k")).isInstanceOf(CatalogUnavailableException.class);
    }
  }

  @Test
  void aStoreThatAnswersIsAskedEachTime() {
    assertThat(guarded.read("k")).isEqualTo("value of k");
    assertThat(guarded.read("l")).isEqualTo("value of l");
    assertThat(asked).isEqualTo(2);
  }

  @Test
  void aStoreThatFailsIsLeftAloneAndThenTriedAgain() {
    fail(DependencyBreakers.CALLS);
    assertThat(asked).isEqualTo(10);
    fail(50);
    assertThat(asked).as("nobody waits for it").isEqualTo(10);
    down = false;
    clock.pass(DependencyBreakers.OPEN.plusMillis(1));
    assertThat(guarded.read("k")).isEqualTo("value of k");
    assertThat(guarded.read("k")).isEqualTo("value of k");
    assertThat(guarded.read("k")).isEqualTo("value of k");
    clock.pass(Duration.ofSeconds(1));
    assertThat(asked).isEqualTo(13);
  }

  @Test
  void anExceptionThatIsNoFailureOfTheStoreComesThroughAndOpensNothing() {
    for (int i = 0; i < 40; i++) {
      assertThatThrownBy(() -> guarded.read(""))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("no key");
    }
    assertThat(guarded.read("k")).isEqualTo("value of k");
  }

  @Test
  void aRestoredProcessTriesEveryStore() {
    fail(DependencyBreakers.CALLS);
    down = false;
    breakers.forget();
    assertThat(guarded.read("k")).isEqualTo("value of k");
  }
}
