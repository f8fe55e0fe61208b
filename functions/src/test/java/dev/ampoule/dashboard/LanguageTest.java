package dev.ampoule.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class LanguageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          pt-BR,pt;q=0.9,en;q=0.8 | PT_BR
          pt-PT                   | PT_BR
          de-DE,de;q=0.9,en;q=0.1 | EN
          en;q=0.2,pt;q=0.7       | PT_BR
          fr                      | EN
          ;;;=                    | EN
          """)
  void theOneOfOursThatIsLikedBestIsServed(String header, Language language) {
    assertThat(Language.preferred(header)).isEqualTo(language);
  }

  @Test
  void aHeaderOverTheLimitIsNotLookedAt() {
    assertThat(Language.preferred("pt," + "x".repeat(500))).isEqualTo(Language.EN);
  }

  /** So that no sentence fails where it is said for the first time. */
  @ParameterizedTest
  @EnumSource
  void everyTextHasTheSamePlacesInEachLanguage(Text text) {
    assertThat(places(text.in(Language.PT_BR))).isEqualTo(places(text.in(Language.EN)));
  }

  private static long places(String text) {
    return text.replace("%%", "").chars().filter(c -> c == '%').count();
  }
}
