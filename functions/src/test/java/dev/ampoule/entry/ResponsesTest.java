package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ResponsesTest {
  @ParameterizedTest
  @CsvSource({"0, 65536, false", "0, 65537, true", "34, 4194304, true", "97, 4194304, true"})
  void longTextGoesInBase64(int character, int bytes, boolean base64) {
    var text = Character.toString(character).repeat(bytes);
    var response = Responses.body(200, "text/plain", text.getBytes(StandardCharsets.US_ASCII));
    assertThat(response.getIsBase64Encoded()).isEqualTo(base64);
    var sent = response.getBody();
    assertThat(
            base64 ? new String(Base64.getDecoder().decode(sent), StandardCharsets.US_ASCII) : sent)
        .isEqualTo(text);
  }
}
