package dev.ampoule.live;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TopicTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"ward/3", "patient/12.A_b-c/vitals", "platform/plugins", "x", "a/b/c/d/e/f"})
  void theseAreTopics(String text) {
    assertThat(Topic.parse(text)).contains(new Topic(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "ward/",
        "/ward",
        "ward//3",
        "ward/..",
        "ward/*",
        "a b",
        "á",
        "a/b/c/d/e/f/g",
        "ward/3#",
        "-a",
        "ward/3\n"
      })
  void theseAreNot(String text) {
    assertThat(Topic.parse(text)).isEmpty();
    assertThat(Topic.parse("x".repeat(65))).isEmpty();
    assertThat(Topic.parse("x".repeat(64))).isPresent();
  }

  @Test
  void onlyThePlatformPublishesWhereItTellsOfItself() {
    assertThat(Topic.PLATFORM_PLUGINS.isReserved()).isTrue();
    assertThat(new Topic("ward/3/presence").isReserved()).isTrue();
    assertThat(new Topic("ward/3").isReserved()).isFalse();
  }

  @Test
  void aWildcardIsAWardAndNothingElse() {
    assertThat(TopicFilter.parse("ward/3/*")).contains(new TopicFilter(new Topic("ward/3"), true));
    assertThat(TopicFilter.parse("ward/3")).contains(TopicFilter.of(new Topic("ward/3")));
    for (var text : new String[] {"ward/*", "*", "patient/3/*", "ward/3/news2/*", "ward/3/*/x"}) {
      assertThat(TopicFilter.parse(text)).as(text).isEmpty();
    }
  }

  @Test
  void aPatternsStarIsOnePart() {
    var pattern = TopicPattern.parse("patient/*/vitals").orElseThrow();
    assertThat(pattern.matches(new Topic("patient/3/vitals"))).isTrue();
    assertThat(pattern.matches(new Topic("patient/3/vitals/news2"))).isFalse();
    assertThat(pattern.matches(new Topic("patient/3/notes"))).isFalse();
    assertThat(TopicPattern.parse("ward/**")).isEmpty();
    assertThat(TopicPattern.parse("")).isEmpty();
  }
}
