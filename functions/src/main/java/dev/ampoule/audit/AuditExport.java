package dev.ampoule.audit;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.privacy.Redacted;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes everything that is stored as it is stored, for keeping or verifying elsewhere: newline
 * delimited JSON, one block, checkpoint or unreadable key a line, between a first line {@code
 * {"type":"audit-export","version":1}} and a last one {@code {"type":"end",…}} without which an
 * export is not whole. {@link ExportReader} reads it.
 */
public final class AuditExport {
  static final String BEGIN = "audit-export";
  static final String BLOCK = "block";
  static final String CHECKPOINT = "checkpoint";
  static final String UNREADABLE = "unreadable";
  static final String END = "end";
  static final int VERSION = 1;

  private static final int BLOCKS_PER_PAGE = 50;
  private static final int CHECKPOINTS_PER_PAGE = 20;
  private static final JsonMapper JSON = new JsonMapper();

  private final BlockReader blocks;
  private final CheckpointReader checkpoints;

  public AuditExport(BlockReader blocks, CheckpointReader checkpoints) {
    this.blocks = Objects.requireNonNull(blocks, "blocks");
    this.checkpoints = Objects.requireNonNull(checkpoints, "checkpoints");
  }

  /** What was written. */
  public record Counts(long blocks, long checkpoints) {}

  /**
   * Writes and flushes, does not close. Checkpoints are read first, so that none of them is ahead
   * of the blocks.
   */
  public Counts write(OutputStream out) throws IOException {
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      json.setRootValueSeparator(null);
      Writer writer = new Writer(json);
      writer.begin();
      writer.checkpoints();
      writer.chains();
      writer.hidden();
      return writer.end();
    }
  }

  private final class Writer {
    private final JsonGenerator json;
    private final Set<ChainId> written = new HashSet<>();
    private long blockCount;
    private long checkpointCount;

    Writer(JsonGenerator json) {
      this.json = json;
    }

    void begin() throws IOException {
      start(BEGIN);
      json.writeNumberField("version", VERSION);
      finish();
    }

    void checkpoints() throws IOException {
      Optional<String> after = Optional.empty();
      do {
        Page<StoredCheckpoint, String> page = checkpoints.list(after, CHECKPOINTS_PER_PAGE);
        unreadable(page.unreadable());
        for (StoredCheckpoint checkpoint : page.items()) {
          start(CHECKPOINT);
          json.writeStringField("name", checkpoint.name());
          json.writeBinaryField("bytes", checkpoint.bytes());
          finish();
          checkpointCount++;
        }
        after = page.next();
      } while (after.isPresent());
    }

    void chains() throws IOException {
      Optional<TimePosition> after = Optional.empty();
      do {
        Page<ChainId, TimePosition> page = blocks.chains(after, BlockReader.PAGE_MAX);
        unreadable(page.unreadable());
        for (ChainId chain : page.items()) {
          chain(chain);
        }
        after = page.next();
      } while (after.isPresent());
    }

    /** A chain that was taken off the list of chains is exported as well, and found out so. */
    void hidden() throws IOException {
      Optional<TimePosition> after = Optional.empty();
      do {
        Page<BlockKey, TimePosition> page =
            blocks.keysByTime(TimeRange.ALL, after, BlockReader.PAGE_MAX);
        unreadable(page.unreadable());
        for (BlockKey key : page.items()) {
          chain(key.chain());
        }
        after = page.next();
      } while (after.isPresent());
    }

    private void chain(ChainId chain) throws IOException {
      if (!written.add(chain)) {
        return;
      }
      Optional<Long> from = Optional.of(0L);
      while (from.isPresent()) {
        Page<StoredBlock, Long> page = blocks.blocks(chain, from.get(), BLOCKS_PER_PAGE);
        unreadable(page.unreadable());
        for (StoredBlock block : page.items()) {
          start(BLOCK);
          json.writeStringField("chain", block.key().chain().value());
          json.writeNumberField("seq", block.key().seq());
          json.writeStringField("hash", block.hash());
          json.writeObjectFieldStart("index");
          for (Map.Entry<String, String> attribute : new TreeMap<>(block.index()).entrySet()) {
            json.writeStringField(attribute.getKey(), attribute.getValue());
          }
          json.writeEndObject();
          json.writeBinaryField("bytes", block.bytes());
          finish();
          blockCount++;
        }
        from = page.next();
      }
    }

    private void unreadable(List<Redacted> keys) throws IOException {
      for (Redacted key : keys) {
        start(UNREADABLE);
        json.writeStringField("key", key.toString());
        finish();
      }
    }

    Counts end() throws IOException {
      start(END);
      json.writeNumberField("blocks", blockCount);
      json.writeNumberField("checkpoints", checkpointCount);
      finish();
      json.flush();
      return new Counts(blockCount, checkpointCount);
    }

    private void start(String type) throws IOException {
      json.writeStartObject();
      json.writeStringField("type", type);
    }

    private void finish() throws IOException {
      json.writeEndObject();
      json.writeRaw('\n');
    }
  }
}
