package dev.ampoule.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.ampoule.plugin.StrictJson;
import dev.ampoule.privacy.Redacted;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads an export for verification, with nothing but the file. Keeps where each line is, about 40
 * bytes a block, and reads the rest again when asked. For one thread.
 */
public final class ExportReader implements BlockReader, CheckpointReader, Closeable {
  /** Base64 of the largest checkpoint and some. */
  private static final int LINE_BYTES_MAX = 48 * 1024 * 1024;

  /** Unreadable lines that are remembered; one is enough to fail. */
  private static final int UNREADABLE_MAX = 1000;

  private static final JsonMapper JSON =
      StrictJson.mapper(StreamReadConstraints.builder().maxStringLength(LINE_BYTES_MAX).build());

  private record Place(long seq, long offset) {}

  private final RandomAccessFile file;
  private final TreeMap<ChainId, List<Place>> chains = new TreeMap<>();
  private final TreeMap<String, Long> checkpoints = new TreeMap<>();
  private final List<Redacted> unreadable = new ArrayList<>();

  private ExportReader(RandomAccessFile file) {
    this.file = file;
  }

  /**
   * Reads through the file once. Lines that are none of an export's, and the lack of its first or
   * last line, are findings of a verification, not errors here.
   */
  public static ExportReader open(Path path) throws IOException {
    ExportReader reader = new ExportReader(new RandomAccessFile(path.toFile(), "r"));
    try (InputStream in = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
      reader.index(in);
      return reader;
    } catch (IOException | RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  private void index(InputStream in) throws IOException {
    long offset = 0;
    long number = 0;
    long blocks = 0;
    boolean ended = false;
    for (Optional<byte[]> line = line(in); line.isPresent(); line = line(in)) {
      number++;
      Optional<JsonNode> node = ended ? Optional.empty() : parse(line.get());
      boolean known =
          node.isPresent()
              && (number == 1) == type(node.get()).equals(AuditExport.BEGIN)
              && switch (type(node.get())) {
                case AuditExport.BEGIN -> node.get().path("version").asInt() == AuditExport.VERSION;
                case AuditExport.BLOCK -> {
                  blocks++;
                  yield addBlock(node.get(), offset);
                }
                case AuditExport.CHECKPOINT -> addCheckpoint(node.get(), offset);
                case AuditExport.UNREADABLE -> {
                  report(Redacted.identifier(node.get().path("key").asText()));
                  yield true;
                }
                case AuditExport.END -> {
                  ended = true;
                  yield node.get().path("blocks").asLong(-1) == blocks
                      && node.get().path("checkpoints").asLong(-1) == checkpoints.size();
                }
                default -> false;
              };
      if (!known) {
        report(Redacted.literal("line-").plus(Redacted.of(number)));
      }
      offset += line.get().length + 1L;
    }
    if (!ended) {
      report(Redacted.literal("no-last-line"));
    }
    chains.values().forEach(places -> places.sort(Comparator.comparingLong(Place::seq)));
  }

  private static String type(JsonNode node) {
    return node.path("type").asText();
  }

  private void report(Redacted key) {
    if (unreadable.size() < UNREADABLE_MAX) {
      unreadable.add(key);
    }
  }

  private boolean addBlock(JsonNode node, long offset) {
    Optional<StoredBlock> block = block(node);
    block.ifPresent(b ->
        chains
            .computeIfAbsent(b.key().chain(), _ -> new ArrayList<>())
            .add(new Place(b.key().seq(), offset)));
    return block.isPresent();
  }

  private boolean addCheckpoint(JsonNode node, long offset) {
    return checkpoint(node)
        .filter(c -> checkpoints.putIfAbsent(c.name(), offset) == null)
        .isPresent();
  }

  /** The bytes up to the next line feed; empty at the end of the file. */
  private static Optional<byte[]> line(InputStream in) throws IOException {
    int first = in.read();
    if (first < 0) {
      return Optional.empty();
    }
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = first; c >= 0 && c != '\n'; c = in.read()) {
      if (line.size() == LINE_BYTES_MAX) {
        throw new IOException("a line is longer than " + LINE_BYTES_MAX + " bytes");
      }
      line.write(c);
    }
    return Optional.of(line.toByteArray());
  }

  private static Optional<JsonNode> parse(byte[] line) {
    try {
      return Optional.of(JSON.readTree(line)).filter(JsonNode::isObject);
    } catch (JsonProcessingException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  private static Optional<byte[]> binary(JsonNode node) {
    String text = node.path("bytes").asText();
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      // The last character has bits to spare, in which two texts of the same bytes may differ.
      return Base64.getEncoder().encodeToString(bytes).equals(text)
          ? Optional.of(bytes)
          : Optional.empty();
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static Optional<StoredBlock> block(JsonNode node) {
    Optional<ChainId> chain = ChainId.parse(node.path("chain").asText());
    long seq = node.path("seq").isIntegralNumber() ? node.path("seq").asLong(-1) : -1;
    Optional<byte[]> bytes = binary(node);
    if (chain.isEmpty() || bytes.isEmpty() || seq < 0 || seq > BlockKey.SEQ_MAX) {
      return Optional.empty();
    }
    Map<String, String> index = new HashMap<>();
    for (var attribute : node.path("index").properties()) {
      index.put(attribute.getKey(), attribute.getValue().asText());
    }
    return Optional.of(
        new StoredBlock(
            new BlockKey(chain.get(), seq), bytes.get(), node.path("hash").asText(), index));
  }

  private static Optional<StoredCheckpoint> checkpoint(JsonNode node) {
    return binary(node).map(bytes -> new StoredCheckpoint(node.path("name").asText(), bytes));
  }

  /** The line at an offset that the index pass could read. */
  private JsonNode at(long offset) {
    try {
      file.seek(offset);
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      byte[] chunk = new byte[1 << 16];
      for (int read = file.read(chunk); read > 0; read = file.read(chunk)) {
        int end = 0;
        while (end < read && chunk[end] != '\n') {
          end++;
        }
        line.write(chunk, 0, end);
        if (end < read) {
          break;
        }
      }
      return JSON.readTree(line.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException("reading the export again", e);
    }
  }

  private StoredBlock blockAt(Place place) {
    return block(at(place.offset())).orElseThrow();
  }

  @Override
  public Page<ChainId, TimePosition> chains(Optional<TimePosition> after, int limit) {
    // All at once, whatever the limit: they are in memory already.
    return new Page<>(List.copyOf(chains.keySet()), Optional.empty(), unreadable);
  }

  @Override
  public Optional<StoredBlock> get(BlockKey key) {
    List<Place> places = chains.getOrDefault(key.chain(), List.of());
    int at = lowerBound(places, key.seq());
    return at < places.size() && places.get(at).seq() == key.seq()
        ? Optional.of(blockAt(places.get(at)))
        : Optional.empty();
  }

  @Override
  public Page<StoredBlock, Long> blocks(ChainId chain, long fromSeq, int limit) {
    List<Place> places = chains.getOrDefault(chain, List.of());
    List<StoredBlock> items = new ArrayList<>();
    int at = lowerBound(places, fromSeq);
    // Lines of one number stay on one page, else the second would be passed over.
    while (at < places.size()
        && (items.size() < limit || places.get(at).seq() == places.get(at - 1).seq())) {
      items.add(blockAt(places.get(at)));
      at++;
    }
    return new Page<>(
        items, at < places.size() ? Optional.of(places.get(at).seq()) : Optional.empty());
  }

  private static int lowerBound(List<Place> places, long seq) {
    int low = 0;
    int high = places.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (places.get(middle).seq() < seq) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Nothing: in a file no chain can be hidden from the list of chains. */
  @Override
  public Page<BlockKey, TimePosition> keysByTime(
      TimeRange range, Optional<TimePosition> after, int limit) {
    return new Page<>(List.of(), Optional.empty());
  }

  @Override
  public Page<StoredCheckpoint, String> list(Optional<String> after, int limit) {
    List<StoredCheckpoint> items =
        (after.isEmpty() ? checkpoints : checkpoints.tailMap(after.get(), false))
            .values().stream().limit(limit).map(o -> checkpoint(at(o)).orElseThrow()).toList();
    return new Page<>(
        items, items.size() < limit ? Optional.empty() : Optional.of(items.getLast().name()));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
