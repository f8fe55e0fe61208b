package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteKeyTest {
  private static final List<RouteKey> ROUTES =
      Stream.of(
              "$default",
              "ANY /{proxy+}",
              "ANY /pets/{proxy+}",
              "ANY /pets/{id}",
              "GET /pets/{id}",
              "GET /pets/dog/1",
              "GET /pets/{kind}/{id}",
              "POST /v1/plugins/{name}/invoke",
              "GET /")
          .map(RouteKey::new)
          .sorted(RouteKey.PRECEDENCE)
          .toList();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET  | /pets/dog/1             | GET /pets/dog/1                | {}",
        "GET  | /pets/dog/2             | GET /pets/{kind}/{id}          | {kind=dog, id=2}",
        "GET  | /pets/dog               | GET /pets/{id}                 | {id=dog}",
        "PUT  | /pets/dog               | ANY /pets/{id}                 | {id=dog}",
        "PUT  | /pets/dog/2             | ANY /pets/{proxy+}             | {proxy=dog/2}",
        "GET  | /pets/a/b/c             | ANY /pets/{proxy+}             | {proxy=a/b/c}",
        "GET  | /cats/1                 | ANY /{proxy+}                  | {proxy=cats/1}",
        "POST | /v1/plugins/x/invoke    | POST /v1/plugins/{name}/invoke | {name=x}",
        "POST | /v1/plugins/a%20b%2Fc/invoke | POST /v1/plugins/{name}/invoke | {name=a b/c}",
        "GET  | /                       | GET /                          | {}",
        "PUT  | /                       | ANY /{proxy+}                  | {proxy=}",
      })
  void theMostSpecificRouteTakesTheRequest(
      String method, String path, String route, String parameters) {
    List<String> segments = RouteKey.decodedSegments(path).orElseThrow();
    for (RouteKey key : ROUTES) {
      Optional<Map<String, String>> match = key.match(method, segments);
      if (match.isPresent()) {
        assertThat(key.text()).isEqualTo(route);
        assertThat(match.get()).hasToString(parameters);
        return;
      }
    }
    throw new AssertionError("no route, not even $default");
  }

  @ParameterizedTest
  @CsvSource({
    "GET /pets, POST, /pets",
    "GET /pets, GET, /pets/",
    "GET /pets/{id}, GET, /pets/",
    "GET /pets/{id}, GET, /pets/1/2",
    "GET /pets/{rest+}, GET, /pets",
    "GET /Pets, GET, /pets"
  })
  void whatDiffersDoesNotMatch(String route, String method, String path) {
    assertThat(new RouteKey(route).match(method, RouteKey.decodedSegments(path).orElseThrow()))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "*", "http://x/", "/a%", "/a%2", "/a%zz", "/%ff", "/%c3"})
  void aMalformedPathIsRefused(String path) {
    assertThat(RouteKey.decodedSegments(path)).isEmpty();
  }

  @Test
  void anotherFormOfRouteKeyIsRefused() {
    assertThatThrownBy(() -> new RouteKey("/pets"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("route key: METHOD /path or $default, got /pets");
  }
}
