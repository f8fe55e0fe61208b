package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The served description is that of what is served. */
final class OpenApiTest {
  @TempDir private Path home;

  @Test
  void itDescribesExactlyTheRoutesAndProblemsThereAre() throws Exception {
    try (var stack = new Stack(home, Optional.empty())) {
      var document = Stack.json(stack.get("/openapi.json", ""));
      var described = new TreeSet<String>();
      document
          .path("paths")
          .properties()
          .forEach(path ->
              path.getValue()
                  .fieldNames()
                  .forEachRemaining(method ->
                      described.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey())));
      var routed = new TreeSet<String>();
      // Pages are for people; docs/dashboards.md lists them.
      stack.local().application().routes().stream()
          .map(route -> route.key().text())
          .filter(key -> key.matches("[A-Z]+ /(v1/.*|health|[a-z]+\\.json)"))
          .forEach(routed::add);
      assertThat(described).isEqualTo(routed);

      var guide = Files.readString(Stack.ROOT.resolve("docs/plugins.md"));
      for (JsonNode type : document.at("/components/schemas/Problem/properties/type/enum")) {
        assertThat(guide)
            .contains(
                "| `" + type.asText().substring("https://ampoule.dev/problems/".length()) + "` |");
      }
      // Every reference leads somewhere.
      document
          .findValuesAsText("$ref")
          .forEach(
              ref -> assertThat(document.at(ref.substring(1)).isMissingNode()).as(ref).isFalse());
    }
  }
}
