package dev.ampoule.audit;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Entries that were stored together, linked to the block before by its hash. The stored bytes are
 * the hashed bytes: six fields, each after its length in four bytes, big-endian: {@link #DOMAIN},
 * chain, seq (8 bytes), hash of the previous block (32), time (milliseconds since 1970, 8), and the
 * entries as a JSON array in UTF-8. Nothing is ever serialised again to be verified.
 */
public final class AuditBlock {
  /** 300 KiB; an item of DynamoDB holds 400 KB, names and index attributes included. */
  public static final int BYTES_MAX = 300 * 1024;

  public static final int ENTRIES_MAX = 1000;

  /** Says what the bytes are, so that a hash made for anything else cannot pass for a block's. */
  public static final String DOMAIN = "ampoule.dev/audit-block/v1";

  /** Bytes of a block beside its JSON array. */
  static final int OVERHEAD_BYTES =
      6 * Integer.BYTES + DOMAIN.length() + 36 + Long.BYTES + Sha256.BYTES + Long.BYTES;

  private final BlockKey key;
  private final Sha256 previous;
  private final Instant time;
  private final byte[] bytes;
  private final byte[] body;
  private final Sha256 hash;

  private AuditBlock(BlockKey key, Sha256 previous, Instant time, byte[] bytes, byte[] body) {
    this.key = key;
    this.previous = previous;
    this.time = time;
    this.bytes = bytes;
    this.body = body;
    this.hash = Sha256.of(bytes);
  }

  /**
   * Makes a block.
   *
   * @throws IllegalArgumentException where there is no entry, or more than {@value #ENTRIES_MAX},
   *     or more bytes than {@link #BYTES_MAX}, or {@code time} is out of range
   */
  public static AuditBlock of(
      BlockKey key, Sha256 previous, Instant time, List<AuditEntry> entries) {
    return ofWritten(key, previous, time, entries.stream().map(EntryJson::write).toList());
  }

  static AuditBlock ofWritten(BlockKey key, Sha256 previous, Instant time, List<byte[]> entries) {
    if (entries.isEmpty() || entries.size() > ENTRIES_MAX) {
      throw new IllegalArgumentException(entries.size() + " entries, not 1.." + ENTRIES_MAX);
    }
    Instant cut = AuditEntry.requireTime(time);
    byte[] body = EntryJson.array(entries);
    byte[] bytes =
        Encoding.join(
            Encoding.ascii(DOMAIN),
            Encoding.ascii(key.chain().value()),
            Encoding.number(key.seq()),
            previous.bytes(),
            Encoding.number(cut.toEpochMilli()),
            body);
    if (bytes.length > BYTES_MAX) {
      throw new IllegalArgumentException(bytes.length + " bytes, more than " + BYTES_MAX);
    }
    return new AuditBlock(key, previous, cut, bytes, body);
  }

  /** Empty where {@code bytes} are no block. The entries are not looked at. */
  public static Optional<AuditBlock> decode(byte[] bytes) {
    if (bytes.length > BYTES_MAX) {
      return Optional.empty();
    }
    byte[] own = bytes.clone();
    ByteBuffer in = ByteBuffer.wrap(own);
    try {
      if (!text(field(in)).equals(DOMAIN)) {
        return Optional.empty();
      }
      Optional<ChainId> chain = ChainId.parse(text(field(in)));
      byte[] seq = field(in);
      byte[] previous = field(in);
      byte[] millis = field(in);
      byte[] body = field(in);
      if (chain.isEmpty()
          || seq.length != Long.BYTES
          || previous.length != Sha256.BYTES
          || millis.length != Long.BYTES
          || in.hasRemaining()) {
        return Optional.empty();
      }
      long number = ByteBuffer.wrap(seq).getLong();
      long time = ByteBuffer.wrap(millis).getLong();
      if (number < 0
          || number > BlockKey.SEQ_MAX
          || time < AuditEntry.TIME_MIN.toEpochMilli()
          || time > AuditEntry.TIME_MAX.toEpochMilli()) {
        return Optional.empty();
      }
      return Optional.of(
          new AuditBlock(
              new BlockKey(chain.get(), number),
              new Sha256(HexFormat.of().formatHex(previous)),
              Instant.ofEpochMilli(time),
              own,
              body));
    } catch (BufferUnderflowException _) {
      return Optional.empty();
    }
  }

  private static byte[] field(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] field = new byte[length];
    in.get(field);
    return field;
  }

  private static String text(byte[] field) {
    return new String(field, StandardCharsets.ISO_8859_1);
  }

  public BlockKey key() {
    return key;
  }

  /** The hash of the block before; {@link Sha256#ZERO} in the first. */
  public Sha256 previous() {
    return previous;
  }

  /** When it was put together, to the millisecond; never before any of its entries. */
  public Instant time() {
    return time;
  }

  /** A copy of the stored form. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** The SHA-256 of {@link #bytes}. */
  public Sha256 hash() {
    return hash;
  }

  /** Empty where the entries cannot be read; those of a block made by {@link #of} always can. */
  public Optional<List<AuditEntry>> entries() {
    return EntryJson.read(body);
  }

  /** Where it stands in time. */
  public TimePosition position() {
    return new TimePosition(time, Optional.of(key));
  }

  /**
   * What a store keeps beside the bytes to find the block again, by attribute: {@code day} and
   * {@code place} for reviews by time, {@code chains} on the first block of a chain for listing
   * chains. Made of the hashed content alone, so that a verifier can tell when it was changed.
   */
  public Map<String, String> index() {
    TreeMap<String, String> index = new TreeMap<>();
    index.put(DAY, day(time));
    index.put(PLACE, position().toString());
    if (key.seq() == 0) {
      index.put(CHAINS, CHAINS_ALL);
    }
    return index;
  }

  /** The attribute whose value {@link #day(Instant)} makes. */
  public static final String DAY = "day";

  /** The attribute that holds a {@link TimePosition}. */
  public static final String PLACE = "place";

  /** The attribute that only the first block of a chain has, always {@link #CHAINS_ALL}. */
  public static final String CHAINS = "chains";

  public static final String CHAINS_ALL = "CHAINS";

  /** The UTC day of a time, as {@code DAY#yyyy-mm-dd}. */
  public static String day(Instant time) {
    return "DAY#" + EntryJson.time(time).substring(0, 10);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AuditBlock that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return hash.hashCode();
  }

  @Override
  public String toString() {
    return "AuditBlock[" + key + ", " + bytes.length + " bytes]";
  }
}
