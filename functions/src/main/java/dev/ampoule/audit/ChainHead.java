package dev.ampoule.audit;

import java.util.Objects;

/** The last block of a chain at some time, and its hash. */
public record ChainHead(BlockKey block, Sha256 hash) {
  public ChainHead {
    Objects.requireNonNull(block, "block");
    Objects.requireNonNull(hash, "hash");
  }

  byte[] encoded() {
    return Encoding.join(
        Encoding.ascii(block.chain().value()), Encoding.number(block.seq()), hash.bytes());
  }
}
