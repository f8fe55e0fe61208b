package dev.ampoule.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NamesTest {
  @ParameterizedTest
  @CsvSource({
    "a, true",
    "hl7v2-to-fhir, true",
    "A, false",
    "2x, false",
    "a--b, false",
    "a-, false",
    "a/b, false",
    "../x, false",
    "a.b, false",
    "a_b, false",
    "'', false"
  })
  void aPluginNameIsALowerCaseDnsLabel(String text, boolean valid) {
    assertThat(PluginName.parse(text).isPresent()).isEqualTo(valid);
  }

  @Test
  void aPluginNameHasAtMost63Characters() {
    assertThat(PluginName.parse("a".repeat(63))).isPresent();
    assertThat(PluginName.parse("a".repeat(64))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "1.0.0, true",
    "1.0.0-rc.1, true",
    "1.0, false",
    "v1.0.0, false",
    "1.0.0+5, false",
    "01.0.0, false",
    "1.0.0/../2, false",
    "'', false"
  })
  void aVersionIsSemVerWithoutBuildMetadata(String text, boolean valid) {
    assertThat(PluginVersion.parse(text).isPresent()).isEqualTo(valid);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " 1.0.0",
        "1.0.0 ",
        "1.0.0\n",
        "1.0.0-\n",
        "V1.0.0",
        "=1.0.0",
        "1.0.0-é",
        "१.0.0",
        "1.0.0-01",
        "1.0.0-",
        "1.0.0-a..b"
      })
  void aVersionHasNothingAroundItAndOnlyAscii(String text) {
    assertThat(PluginVersion.parse(text)).isEmpty();
  }

  @Test
  void aVersionWhoseNumbersFitNoLongIsEitherOrderedOrNone() {
    for (var text : List.of("99999999999999999999.0.0", "1.0.0-99999999999999999999")) {
      PluginVersion.parse(text)
          .ifPresent(version -> assertThat(version).isGreaterThan(new PluginVersion("0.1.0")));
    }
  }

  @Test
  void versionsAreOrderedBySemVerPrecedence() {
    assertThat(new PluginVersion("1.10.0")).isGreaterThan(new PluginVersion("1.9.0"));
    assertThat(new PluginVersion("1.0.0")).isGreaterThan(new PluginVersion("1.0.0-rc.1"));
  }

  @Test
  void aDigestIsTheSha256OfTheBytes() {
    assertThat(ContentDigest.of(new byte[0]).toString())
        .isEqualTo("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }
}
