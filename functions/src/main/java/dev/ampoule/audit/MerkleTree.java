package dev.ampoule.audit;

import java.util.List;

/** The Merkle tree hash of RFC 6962 §2.1 (RFC 9162 §2.1.1), with SHA-256. */
final class MerkleTree {
  private static final byte[] LEAF = {0};
  private static final byte[] NODE = {1};

  private MerkleTree() {}

  static Sha256 root(List<byte[]> leaves) {
    return switch (leaves.size()) {
      case 0 -> Sha256.of();
      case 1 -> Sha256.of(LEAF, leaves.getFirst());
      default -> {
        int split = Integer.highestOneBit(leaves.size() - 1);
        yield Sha256.of(
            NODE,
            root(leaves.subList(0, split)).bytes(),
            root(leaves.subList(split, leaves.size())).bytes());
      }
    };
  }
}
