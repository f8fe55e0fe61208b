package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.entry.PluginsHandler.Body;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PluginsHandlerTest {
  private static final Set<String> KNOWN = Set.of("version", "manifest");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          []             | The body must be a JSON object (RFC 8259) of manifest, version.
          {"version":    | The body must be a JSON object (RFC 8259) of manifest, version.
          {} {}          | The body must be a JSON object (RFC 8259) of manifest, version.
          {"colour":"x"} | colour: unknown field; known are manifest, version
          """)
  void aBodyThatCannotBeUnderstoodIsToldWhy(String json, String detail) {
    assertThat(PluginsHandler.body(json.getBytes(StandardCharsets.UTF_8), KNOWN))
        .isEqualTo(new Body.Bad(detail));
  }

  @Test
  void aBodyOverTheLimitIsToldTheLimitAndItsSize() {
    assertThat(PluginsHandler.body(new byte[262_145], KNOWN))
        .isEqualTo(new Body.Bad("The body has 262145 bytes; at most 262144."));
    var largest = "{\"version\":\"" + "x".repeat(262_144 - 14) + "\"}";
    assertThat(PluginsHandler.body(largest.getBytes(StandardCharsets.UTF_8), KNOWN))
        .isInstanceOf(Body.Good.class);
  }

  @Test
  void noBodyIsOneWithoutFields() {
    assertThat(PluginsHandler.body(new byte[0], KNOWN)).isEqualTo(new Body.Good(Json.object()));
  }
}
