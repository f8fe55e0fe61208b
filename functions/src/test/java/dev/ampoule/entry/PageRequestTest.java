package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PageRequestTest {
  private static final String HOST = "a1b2.execute-api.eu-central-1.amazonaws.com";

  private static PageRequest request(Map<String, String> headers, String form) {
    var all = new HashMap<>(headers);
    all.putIfAbsent("host", HOST);
    return PageRequest.of(
        APIGatewayV2HTTPEvent.builder()
            .withRouteKey("POST /session")
            .withRawPath("/session")
            .withHeaders(all)
            .withCookies(List.of("other=1", "ampoule-session=a.b.c", "ampoule-lang=pt-BR"))
            .withBody(Base64.getEncoder().encodeToString(form.getBytes(StandardCharsets.UTF_8)))
            .withIsBase64Encoded(true)
            .withRequestContext(
                APIGatewayV2HTTPEvent.RequestContext.builder()
                    .withRequestId("JKJaXmPLvHcESHA=")
                    .build())
            .build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          https://a1b2.execute-api.eu-central-1.amazonaws.com | -           | true
          https://evil.example                                | same-origin | false
          https://evil.example:443                            | -           | false
          null                                                | same-origin | false
          not a URI                                           | -           | false
          -                                                   | same-origin | true
          -                                                   | same-site   | false
          -                                                   | cross-site  | false
          -                                                   | -           | false
          """)
  void aFormIsFromThisSiteAloneIfTheBrowserSaysSo(String origin, String site, boolean same) {
    var headers = new HashMap<String, String>();
    if (origin != null) {
      headers.put("origin", origin);
    }
    if (site != null) {
      headers.put("sec-fetch-site", site);
    }
    assertThat(request(headers, "").sameOrigin()).isEqualTo(same);
  }

  @ParameterizedTest
  @CsvSource({
    "/audit, /audit",
    "/plugins/news2, /plugins/news2",
    "//evil.example, /",
    "/\\evil.example, /",
    "https://evil.example/, /",
    "'', /",
    "/audit?x=1, /",
    "/a\tb, /"
  })
  void aPathToGoOnToIsOneOfOurs(String asked, String path) {
    assertThat(PageRequest.ownPath(asked)).isEqualTo(path);
  }

  @Test
  void cookiesFormAndLanguageAreRead() {
    var request = request(Map.of(), "token=a%2Bb+c&next=%2Faudit&broken");
    assertThat(request.form()).isEqualTo(Map.of("token", "a+b c", "next", "/audit"));
    assertThat(request.token()).contains("a.b.c");
    assertThat(request.language().tag()).isEqualTo("pt-BR");
    assertThat(request.loopback()).isFalse();
    assertThat(request(Map.of("host", "localhost:8080"), "").loopback()).isTrue();
    assertThat(request(Map.of("host", "[::1]:8080"), "").loopback()).isTrue();
    assertThat(request(Map.of("host", "localhost.evil.example"), "").loopback()).isFalse();
  }

  @Test
  void aFormOverTheLimitOrWithAnIncompleteEscapeIsEmpty() {
    assertThat(request(Map.of(), "token=" + "x".repeat(16_380)).form()).isEmpty();
    assertThat(request(Map.of(), "token=%2").form()).isEmpty();
  }

  @Test
  void nothingOfItsContentIsInItsText() {
    assertThat(request(Map.of(), "token=secret").toString())
        .isEqualTo("PageRequest[POST /session, JKJaXmPLvHcESHA=]");
  }
}
