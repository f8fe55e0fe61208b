package dev.ampoule.audit;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A block as it was found in a store, before anything about it is believed.
 *
 * @param key where it was found
 * @param bytes what should be {@link AuditBlock#bytes}; not copied
 * @param hash what is stored as its hash, in hexadecimal; any text
 * @param index everything else that is stored with it, by attribute
 */
@SuppressWarnings("ArrayRecordComponent") // up to 300 KiB; compared by hash, never by equals
public record StoredBlock(BlockKey key, byte[] bytes, String hash, Map<String, String> index) {
  public StoredBlock {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(bytes, "bytes");
    Objects.requireNonNull(hash, "hash");
    index = Map.copyOf(index);
  }

  /** How a store must keep {@code block}. */
  public static StoredBlock of(AuditBlock block) {
    return new StoredBlock(block.key(), block.bytes(), block.hash().hex(), block.index());
  }

  /** The hash of the bytes that are there, whatever is stored as their hash. */
  public Sha256 computedHash() {
    return Sha256.of(bytes);
  }

  /** The block, where it is one, belongs here and is what its hash says. */
  public Optional<AuditBlock> intact() {
    return AuditBlock.decode(bytes).filter(b -> b.key().equals(key) && b.hash().hex().equals(hash));
  }

  @Override
  public String toString() {
    return "StoredBlock[" + key + ", " + bytes.length + " bytes, " + new TreeMap<>(index) + "]";
  }
}
