package dev.ampoule.infra;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.CheckpointSigner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/deploy.md says of the stack is so. */
class DeployGuideTest {
  private static final Resources PROD = Templates.of(StageConfig.PROD).resources();

  @TempDir private Path folder;

  private static String guide() throws IOException {
    return Files.readString(Path.of("..", "docs", "deploy.md"));
  }

  @Test
  void theKeysThatItMakesAreAPairThatTheStackTakes() throws Exception {
    var commands = Pattern.compile("<!-- run: keys -->\n```console\n(.*?)```", Pattern.DOTALL);
    var block = commands.matcher(guide());
    assertThat(block.find()).isTrue();
    var shell =
        new ProcessBuilder("bash", "-euo", "pipefail", "-c", block.group(1))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    assertThat(new String(shell.getInputStream().readAllBytes(), UTF_8)).isEmpty();
    assertThat(shell.waitFor()).isZero();
    var publicKey = Files.readString(folder.resolve("checkpoint.pub"));
    assertThat(
            CheckpointSigner.of(Files.readString(folder.resolve("checkpoint.key")), publicKey)
                .publicKey())
        .isEqualTo(CheckpointSigner.publicKey(publicKey));
    assertThat(publicKey)
        .matches(
            Templates.of(StageConfig.PROD)
                .parameters()
                .at("CheckpointPublicKey")
                .text("AllowedPattern"));
    assertThat(Files.getPosixFilePermissions(folder.resolve("checkpoint.key")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void everyParameterAndEveryOutputIsExplained() throws IOException {
    var guide = guide();
    assertThat(Templates.of(StageConfig.PROD).parameters().keys())
        .filteredOn(name -> !name.equals("BootstrapVersion"))
        .isNotEmpty()
        .allSatisfy(name -> assertThat(guide).contains("`" + name + "`"));
    assertThat(Templates.of(StageConfig.PROD).outputs().keys())
        .isNotEmpty()
        .allSatisfy(name -> assertThat(guide).contains("`" + name + "`"));
  }

  /** A row of the table is for every alarm that has its name in its own. */
  @Test
  void everyAlarmIsExplained() throws IOException {
    var section = guide().replaceAll("(?s).*\n## Alarms\n|\n## .*", "");
    var names =
        Pattern.compile("^\\| (`.+?) \\|", Pattern.MULTILINE)
            .matcher(section)
            .results()
            .map(MatchResult::group)
            .flatMap(cell -> Pattern.compile("`(\\w+)`").matcher(cell).results())
            .map(match -> match.group(1))
            .toList();
    assertThat(names).contains("SloFAST", "Failing", "NoCheckpoint");
    for (String type : List.of("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")) {
      assertThat(PROD.ofType(type))
          .isNotEmpty()
          .allSatisfy(alarm -> assertThat(names).anyMatch(alarm.id()::contains));
    }
    assertThat(names)
        .allSatisfy(
            name -> assertThat(PROD.all().keys()).as(name).anyMatch(id -> id.contains(name)));
  }
}
