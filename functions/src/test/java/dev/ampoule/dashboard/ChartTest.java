package dev.ampoule.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ChartTest {
  @Test
  void theNewestValueIsAtTheRightAndTheLeastAtTheBottom() {
    assertThat(Chart.of(List.of(0.0, 10.0, 5.0), 3, 0, 10).points())
        .isEqualTo("2.0,30.0 60.0,2.0 118.0,16.0");
  }

  @Test
  void fewerValuesThanThereIsRoomForBeginFurtherRight() {
    assertThat(Chart.of(List.of(1.0), 3, 0, 10).points()).isEqualTo("118.0,27.2 118.0,27.2");
  }

  @Test
  void valuesThatAreAllEqualAreALine() {
    assertThat(Chart.of(List.of(7.0, 7.0), 2, 7, 7).points()).isEqualTo("2.0,30.0 118.0,30.0");
  }

  @Test
  void moreValuesThanThereIsRoomForAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Chart.of(List.of(1.0, 2.0), 1, 0, 1))
        .withMessage("2 values for 1");
  }
}
