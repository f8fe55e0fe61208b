package dev.ampoule;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class CitationsTest {
  private static final Pattern CITATION = Pattern.compile("RATIONALE(?:\\.md)?: \"([^\"]+)\"");

  @Test
  void everyQuestionThatTheCodeCitesIsAnswered() throws Exception {
    var asked =
        Files.readString(Path.of("../RATIONALE.md"))
            .lines()
            .filter(line -> line.startsWith("### "))
            .map(line -> line.substring(4))
            .collect(Collectors.toSet());
    var cited = new TreeSet<String>();
    for (var sources :
        new String[] {"../functions/src/main", "../local/src/main", "../bench/src/test"}) {
      try (Stream<Path> files = Files.walk(Path.of(sources))) {
        for (var file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
          // A citation may be broken over two lines of a comment.
          var text = Files.readString(file).replaceAll("\\s*\\n\\s*(\\*|//)\\s*", " ");
          CITATION.matcher(text).results().forEach(found -> cited.add(found.group(1)));
        }
      }
    }
    assertThat(cited).isNotEmpty().isSubsetOf(asked);
  }
}
