package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.StrictErrorHandler;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.local.cli.CommandContext;
import dev.ampoule.local.cli.OfflineVerifier;
import dev.ampoule.local.cli.Pacing;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.Bundle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every command that the README shows does what it says. */
final class ReadmeTest {
  private static final String UP = "./ampoule up";

  /** What shows no {@code run:} mark: they are the tests themselves, here or in {@code .ci/run}. */
  private static final Set<String> NOT_RUN =
      Set.of(
          "./mvnw verify", "plugins/build.sh", "plugins/build.sh --check", "plugins/news2/test.sh");

  private static final Pattern RUN = Pattern.compile("<!-- run: [a-z0-9]+ -->");
  private static final Pattern COMMENT = Pattern.compile("\\s+#\\s.*");
  private static final Pattern INDENTED = Pattern.compile(" {4,}\\S.*|\\t.*");

  /** Languages of blocks that hold no command. */
  private static final Set<String> DATA = Set.of("json");

  @TempDir private Path home;

  record Block(String file, boolean run, List<String> commands) {}

  @Test
  void everyBlockIsRunOrListedAsOneThatCannotBe() throws Exception {
    for (var block : blocks()) {
      assertThat(block.commands()).as(block.file()).isNotEmpty();
      if (!block.run()) {
        assertThat(NOT_RUN).as(block.file()).containsAll(block.commands());
      }
    }
    assertThat(blocks().stream().flatMap(block -> block.commands().stream()))
        .as("the list holds nothing that is gone")
        .containsAll(NOT_RUN)
        .contains(UP);
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void everyCommandWorksInTheOrderOfThePage() throws Exception {
    try (var stack = new Stack(home, Optional.empty())) {
      var progress = new Progress(new PrintWriter(new StringWriter()));
      assertThat(SamplePlugins.deploy(Stack.ROOT.resolve("plugins"), stack.local(), progress))
          .isEqualTo(3);
      for (var block : blocks()) {
        for (var command : block.run() ? block.commands() : List.<String>of()) {
          if (command.startsWith("./ampoule ")) {
            if (!command.equals(UP)) {
              var ran = ampoule(stack, command);
              assertThat(ran.exitCode()).as("%s: %s", command, ran.err()).isZero();
              assertThat(ran.out()).as(command).isNotEmpty();
              expectTestData(command, ran.out());
            }
          } else {
            assertThat(command).startsWith("curl ");
            var ran =
                shell(
                    command
                        .replace("localhost:8080", authority(stack.local().url()))
                        .replace(
                            "localhost:4566",
                            authority(stack.local().environment().awsEndpoint())));
            assertThat(ran.exitCode()).as("%s: %s%s", command, ran.out(), ran.err()).isZero();
          }
        }
      }
      // What the page uploads straight to the bucket is registered like any other.
      assertThat(stack.registered("your-score", "1.0.0").path("state").asText()).isEqualTo("LIVE");
    }
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void upPrintsALineThatConvertsAMessageAndStopsCleanly() throws Exception {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dampoule.root=" + Stack.ROOT,
            "-cp",
            System.getProperty("java.class.path"),
            "dev.ampoule.local.Main",
            "up",
            "--port",
            "0",
            "--aws-port",
            "0");
    builder.environment().put("AMPOULE_HOME", home.resolve("ampoule").toString());
    var stderr = home.resolve("stderr.txt");
    var up = builder.redirectError(stderr.toFile()).start();
    try (var out = up.inputReader(StandardCharsets.UTF_8)) {
      var printed = new ArrayList<String>();
      String line;
      while ((line = out.readLine()) != null && !line.startsWith("Try it ")) {
        printed.add(line);
      }
      assertThat(line).as("%s%n%s", printed, Files.readString(stderr)).isNotNull();
      assertThat(printed).anyMatch(p -> p.endsWith("3 sample plugins live"));
      var tried = shell(line.substring("Try it ".length()).strip());
      assertThat(tried.exitCode()).as(tried.err()).isZero();
      var bundle = parsed(tried.out());
      assertThat(bundle.getEntry()).isNotEmpty();

      up.toHandle().destroy(); // SIGTERM; on the process itself it would close the stream too
      var last = out.readAllAsString();
      assertThat(last).contains("stopping").endsWith("stopped\n");
    } finally {
      up.destroy();
    }
    assertThat(up.waitFor()).as("ended by SIGTERM").isEqualTo(128 + 15);
    assertThat(Files.readString(stderr)).doesNotContain("Exception", "ERROR");
  }

  /** An invocation of a sample on its test data gives what the test data say. */
  private static void expectTestData(String command, String out) throws IOException {
    if (!command.contains(" --input ")) {
      return;
    }
    var input = Stack.ROOT.resolve(command.replaceFirst(".* --input (\\S+).*", "$1"));
    var base = input.getFileName().toString().replaceFirst("\\.[^.]*$", ".");
    try (var files = Files.list(input.resolveSibling("../expected").normalize())) {
      var expected =
          files.filter(f -> f.getFileName().toString().startsWith(base)).findFirst().orElseThrow();
      if (expected.toString().endsWith(".json")) {
        assertThat(json(out)).as(command).isEqualTo(json(Files.readString(expected)));
      } else {
        assertThat(out).as(command).isEqualTo(Files.readString(expected));
      }
    }
    if (command.contains("hl7v2-to-fhir")) {
      assertThat(parsed(out).getEntry()).isNotEmpty();
    }
  }

  private static JsonNode json(String text) throws IOException {
    return new JsonMapper().readTree(text);
  }

  private static Bundle parsed(String json) {
    return FhirContext.forR4()
        .newJsonParser()
        .setParserErrorHandler(new StrictErrorHandler())
        .parseResource(Bundle.class, json);
  }

  private record Ran(int exitCode, String out, String err) {}

  private Ran ampoule(Stack stack, String command) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var context =
        new CommandContext(
            Map.of(
                "AMPOULE_URL", stack.local().url().toString(),
                "AMPOULE_TOKEN", stack.token("admin")),
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Pacing.ofProcess(),
            Optional::empty,
            new OfflineVerifier());
    var words = command.split(" ", -1);
    int exitCode =
        Main.commandLine(TemplateApplication::of, context)
            .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
            .execute(Stream.of(words).skip(1).map(this::absolute).toArray(String[]::new));
    return new Ran(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** A reader stands in the repository's root and has a home; this process has others. */
  private String absolute(String word) {
    if (word.startsWith("~/.ampoule/")) {
      return home.resolve(word.substring("~/.ampoule/".length())).toString();
    }
    if (word.endsWith(".ndjson")) {
      return home.resolve(word).toString();
    }
    return word.contains("/") ? Stack.ROOT.resolve(word).toString() : word;
  }

  private Ran shell(String command) throws IOException, InterruptedException {
    var out = Files.createTempFile(home, "out", ".txt");
    var err = Files.createTempFile(home, "err", ".txt");
    int exitCode =
        new ProcessBuilder("sh", "-c", command)
            .directory(Stack.ROOT.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start()
            .waitFor();
    return new Ran(exitCode, Files.readString(out), Files.readString(err));
  }

  private static String authority(URI url) {
    return url.getAuthority();
  }

  private static List<Block> blocks() throws IOException {
    var blocks = new ArrayList<Block>();
    for (var file :
        List.of(
            "README.md",
            "plugins/README.md",
            "docs/plugins.md",
            "docs/local.md",
            "docs/lifecycle.md",
            "docs/signing.md")) {
      blocks.addAll(blocks(file, Files.readAllLines(Stack.ROOT.resolve(file))));
    }
    return blocks;
  }

  private static List<Block> blocks(String file, List<String> lines) {
    var blocks = new ArrayList<Block>();
    var before = ""; // the last line that is not blank
    for (int i = 0; i < lines.size(); i++) {
      var line = lines.get(i);
      assertThat(INDENTED.matcher(line).matches())
          .as("%s:%d: a command belongs in a console block", file, i + 1)
          .isFalse();
      if (line.startsWith("```")) {
        var language = line.substring(3);
        var end = i + 1 + lines.subList(i + 1, lines.size()).indexOf("```");
        if (!DATA.contains(language)) {
          assertThat(language).as("%s:%d", file, i + 1).isEqualTo("console");
          var text = String.join("\n", lines.subList(i + 1, end)).replaceAll(" *\\\\\n *", " ");
          blocks.add(
              new Block(
                  file,
                  RUN.matcher(before).matches(),
                  Arrays.stream(text.split("\n", -1))
                      .map(command -> COMMENT.matcher(command).replaceFirst("").strip())
                      .filter(command -> !command.isEmpty())
                      .toList()));
        }
        i = end;
        before = "";
      } else if (!line.isBlank()) {
        before = line;
      }
    }
    return blocks;
  }
}
