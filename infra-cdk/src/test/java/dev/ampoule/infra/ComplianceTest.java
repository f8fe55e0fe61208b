package dev.ampoule.infra;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ComplianceTest {
  @Test
  void neitherPackOfCdkNagFindsAnythingThatIsNotExplained() {
    assertThat(Templates.of(StageConfig.PROD).findings()).isEmpty();
    assertThat(Templates.of(StageConfig.DEV).findings()).isEmpty();
  }
}
