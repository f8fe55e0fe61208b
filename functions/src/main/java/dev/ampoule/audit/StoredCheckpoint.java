package dev.ampoule.audit;

import java.util.Objects;
import java.util.Optional;

/**
 * A checkpoint as it was found in a store, before anything about it is believed.
 *
 * @param name what it is stored as
 * @param bytes what should be {@link Checkpoint#json}; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes; never compared
public record StoredCheckpoint(String name, byte[] bytes) {
  public StoredCheckpoint {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(bytes, "bytes");
  }

  /** The checkpoint, where it is one and is stored under its own name. */
  public Optional<Checkpoint> readable() {
    return Checkpoint.read(bytes).filter(c -> c.name().equals(name));
  }

  @Override
  public String toString() {
    return "StoredCheckpoint[" + name + ", " + bytes.length + " bytes]";
  }
}
