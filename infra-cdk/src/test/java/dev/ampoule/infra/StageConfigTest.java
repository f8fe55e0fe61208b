package dev.ampoule.infra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class StageConfigTest {
  @Test
  void aStageIsFoundByItsNameAndAnotherNameIsRefused() {
    assertThat(StageConfig.named("prod")).isEqualTo(StageConfig.PROD);
    assertThat(StageConfig.named("dev")).isEqualTo(StageConfig.DEV);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StageConfig.named("test"))
        .withMessage("stage test is not dev or prod");
  }
}
