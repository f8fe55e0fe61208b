package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;

final class ProblemTypeTest {
  @Test
  void theGuideListsEveryProblemAsItIs() throws Exception {
    var guide = Files.readString(Path.of("../docs/plugins.md"));
    var listed = guide.lines().filter(line -> line.matches("\\| `[a-z-]+` \\| \\d+ \\| .* \\|"));
    assertThat(listed)
        .containsExactlyElementsOf(
            Arrays.stream(ProblemType.values())
                .map(type ->
                    "| `%s` | %d | %s |"
                        .formatted(
                            type.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                            type.status(),
                            type.title()))
                .toList());
  }
}
