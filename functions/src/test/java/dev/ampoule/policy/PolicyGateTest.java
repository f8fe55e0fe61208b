package dev.ampoule.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PolicyGateTest {
  @ParameterizedTest
  @CsvSource({
    "ADMIN,       true,  true, true,  true,  true",
    "INTEGRATION, true,  true, false, false, false",
    "AUTHOR,      false, true, true,  false, false",
    "OPERATOR,    false, true, false, true,  false",
    "AUDITOR,     false, true, false, false, true",
  })
  void aRolePermitsExactlyItsActions(
      Role role, boolean invoke, boolean read, boolean upload, boolean move, boolean audit) {
    assertThat(permits(role, Action.INVOKE_PLUGIN)).isEqualTo(invoke);
    assertThat(permits(role, Action.READ_PLUGIN)).isEqualTo(read);
    assertThat(permits(role, Action.UPLOAD_PLUGIN)).isEqualTo(upload);
    assertThat(permits(role, Action.MOVE_VERSION)).isEqualTo(move);
    assertThat(permits(role, Action.READ_AUDIT)).isEqualTo(audit);
  }

  @Test
  void withoutARoleNothingIsPermitted() {
    for (Action action : Action.values()) {
      assertThat(new PolicyGate().decide(new Principal("someone", Set.of()), action))
          .isEqualTo(new Decision.Forbid("default-deny"));
    }
  }

  private static boolean permits(Role role, Action action) {
    return switch (new PolicyGate().decide(new Principal("someone", Set.of(role)), action)) {
      case Decision.Permit _ -> true;
      case Decision.Forbid _ -> false;
    };
  }
}
