package dev.ampoule.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.AuditVerification.Counts;
import dev.ampoule.audit.AuditVerification.Result;
import dev.ampoule.audit.Finding.BlockProblem;
import dev.ampoule.privacy.Redacted;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExportReaderTest {
  private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");
  private static final AuditBlock A0 =
      Entries.first(Entries.CHAIN_A, Entries.TIME, Entries.FULL, Entries.numbered(2));
  private static final AuditBlock A1 = Entries.after(A0, Entries.numbered(3));
  private static final AuditBlock A2 = Entries.after(A1, Entries.numbered(4));
  private static final AuditBlock B0 =
      Entries.first(Entries.CHAIN_B, Entries.TIME, Entries.numbered(5));

  @TempDir private Path folder = Path.of("");
  private final InMemoryAuditBlocks blocks = new InMemoryAuditBlocks();
  private final InMemoryCheckpoints checkpoints = new InMemoryCheckpoints();

  @BeforeEach
  void fill() {
    List.of(A0, A1, A2, B0).forEach(blocks::putNew);
    new TakeCheckpoint(blocks, checkpoints, Keys.SIGNER, InstantSource.fixed(NOON)).run();
  }

  private List<String> lines() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(new AuditExport(blocks, checkpoints).write(out))
        .isEqualTo(new AuditExport.Counts(blocks.all().size(), 1));
    return new ArrayList<>(out.toString(StandardCharsets.UTF_8).lines().toList());
  }

  private Result verified(List<String> lines) throws IOException {
    Path file = folder.resolve("export.ndjson");
    Files.write(file, lines);
    try (ExportReader reader = ExportReader.open(file)) {
      return new AuditVerification(reader, reader, Set.of(Keys.SIGNER.publicKey())).run(100);
    }
  }

  private List<Finding> findings(List<String> lines) throws IOException {
    return ((Result.Tampered) verified(lines)).findings();
  }

  @Test
  void anExportVerifiesAsTheStoreDoes() throws Exception {
    Result store =
        new AuditVerification(blocks, checkpoints, Set.of(Keys.SIGNER.publicKey())).run(1);
    assertThat(store).isEqualTo(new Result.Intact(new Counts(2, 4, 5, 1, Optional.of(NOON))));
    assertThat(verified(lines())).isEqualTo(store);
  }

  @Test
  void anExportIsALineForEachThingBetweenAFirstAndALast() throws Exception {
    List<String> lines = lines();
    assertThat(lines).hasSize(7);
    assertThat(lines.getFirst()).isEqualTo("{\"type\":\"audit-export\",\"version\":1}");
    assertThat(lines.get(1))
        .startsWith("{\"type\":\"checkpoint\",\"name\":\"20261124T120000.000Z\"");
    assertThat(lines.get(2))
        .startsWith(
            "{\"type\":\"block\",\"chain\":\"019a0000-0000-7000-8000-00000000000a\",\"seq\":0,"
                + "\"hash\":\""
                + A0.hash()
                + "\",\"index\":{\"chains\":\"CHAINS\",\"day\":\"DAY#2026-11-23\",\"place\":"
                + "\"2026-11-23T13:35:52.123Z#019a0000-0000-7000-8000-00000000000a#000000000000\"}");
    assertThat(lines.getLast()).isEqualTo("{\"type\":\"end\",\"blocks\":4,\"checkpoints\":1}");
  }

  @Test
  void flippingAnyByteOfAnyLineIsFound() throws Exception {
    List<String> lines = lines();
    for (int line = 0; line < lines.size(); line++) {
      // Every seventh place, and not the same ones in every line, is enough of a file.
      for (int at = line; at < lines.get(line).length(); at += 7) {
        char[] chars = lines.get(line).toCharArray();
        chars[at] = (char) (chars[at] ^ 1);
        List<String> changed = new ArrayList<>(lines);
        changed.set(line, new String(chars));
        assertThat(verified(changed))
            .as("line %d, %s", line, new String(chars))
            .isInstanceOf(Result.Tampered.class);
      }
    }
  }

  @Test
  void linesThatAreMissingTwiceThereOrSwappedAreFound() throws Exception {
    List<String> lines = lines();
    for (int i = 0; i < lines.size(); i++) {
      List<String> fewer = new ArrayList<>(lines);
      fewer.remove(i);
      assertThat(verified(fewer)).as("without line %d", i).isInstanceOf(Result.Tampered.class);
      List<String> more = new ArrayList<>(lines);
      more.add(i, lines.get(i));
      assertThat(verified(more)).as("line %d twice", i).isInstanceOf(Result.Tampered.class);
    }
    List<String> without = new ArrayList<>(lines);
    without.remove(3);
    assertThat(findings(without))
        .containsExactly(
            new Finding.OfKey(Redacted.literal("line-6")),
            new Finding.OfBlock(A1.key(), BlockProblem.MISSING));
    List<String> twice = new ArrayList<>(lines);
    twice.add(3, lines.get(3));
    assertThat(findings(twice))
        .containsExactly(
            new Finding.OfKey(Redacted.literal("line-8")),
            new Finding.OfBlock(A1.key(), BlockProblem.DUPLICATE));
    // The order of blocks in the file means nothing: each line says where it belongs.
    List<String> swapped = new ArrayList<>(lines);
    Collections.swap(swapped, 3, 4);
    assertThat(verified(swapped)).isInstanceOf(Result.Intact.class);
  }

  @Test
  void aTruncatedOrForeignFileIsFound() throws Exception {
    List<String> lines = lines();
    assertThat(findings(lines.subList(0, lines.size() - 1)))
        .containsExactly(new Finding.OfKey(Redacted.literal("no-last-line")));
    assertThat(findings(List.of()))
        .containsExactly(new Finding.OfKey(Redacted.literal("no-last-line")));
    assertThat(findings(List.of("<html>")))
        .containsExactly(
            new Finding.OfKey(Redacted.literal("line-1")),
            new Finding.OfKey(Redacted.literal("no-last-line")));
  }

  @Test
  void aChainThatIsHiddenFromTheListOfChainsIsExportedAndFound() throws Exception {
    StoredBlock first = blocks.get(B0.key()).orElseThrow();
    Map<String, String> index = new HashMap<>(first.index());
    index.remove(AuditBlock.CHAINS);
    blocks.replace(new StoredBlock(first.key(), first.bytes(), first.hash(), index));
    assertThat(findings(lines()))
        .containsExactly(new Finding.OfBlock(B0.key(), BlockProblem.INDEX_MISMATCH));
  }
}
