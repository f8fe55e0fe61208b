package dev.ampoule.audit;

import dev.ampoule.audit.Finding.BlockProblem;
import dev.ampoule.audit.Finding.CheckpointProblem;
import dev.ampoule.privacy.Redacted;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Verifies everything that is stored: every block's hash, link, number, entries and index, every
 * checkpoint's signature and root, that every checkpointed head is there with its hash, and that no
 * chain is hidden from the list of chains. Needs memory for one page of blocks and two numbers per
 * chain, however many blocks there are.
 *
 * <p>What it cannot find: that the end of a chain was cut off, or rewritten with new hashes, beyond
 * its last checkpointed head; or a whole chain that no checkpoint names. Hence the schedule of
 * {@link TakeCheckpoint}, and Object Lock on the checkpoints: whoever can delete those too can cut
 * back to the one they leave.
 */
public final class AuditVerification {
  /** The most findings a report may be asked for. */
  public static final int FINDINGS_MAX = 10_000;

  private static final int BLOCKS_PER_PAGE = 50;
  private static final int CHECKPOINTS_PER_PAGE = 20;

  private final BlockReader blocks;
  private final CheckpointReader checkpoints;
  private final Map<SigningKeyId, PublicKey> trusted;

  public AuditVerification(
      BlockReader blocks, CheckpointReader checkpoints, Collection<PublicKey> trusted) {
    this.blocks = Objects.requireNonNull(blocks, "blocks");
    this.checkpoints = Objects.requireNonNull(checkpoints, "checkpoints");
    this.trusted = trusted.stream().collect(Collectors.toUnmodifiableMap(SigningKeyId::of, k -> k));
  }

  /** What was looked at. */
  public record Counts(
      long chains, long blocks, long entries, long checkpoints, Optional<Instant> lastCheckpoint) {}

  /** How it came out. */
  public sealed interface Result {
    Counts counts();

    /** All is as it was written, up to what the class says it cannot find. */
    record Intact(Counts counts) implements Result {}

    /**
     * Not all is.
     *
     * @param findings at most as many as were asked for, at least one
     * @param complete whether that is all of them; verification stops when there are too many
     */
    record Tampered(Counts counts, List<Finding> findings, boolean complete) implements Result {
      public Tampered {
        findings = List.copyOf(findings);
      }
    }
  }

  /**
   * Verifies; throws the stores' exceptions where they do not answer.
   *
   * @param findingsMax when to stop, 1 to {@value #FINDINGS_MAX}
   */
  public Result run(int findingsMax) {
    if (findingsMax < 1 || findingsMax > FINDINGS_MAX) {
      throw new IllegalArgumentException("findingsMax " + findingsMax);
    }
    Walk walk = new Walk(findingsMax);
    boolean complete = walk.chains() && walk.hidden() && walk.checkpoints();
    Counts counts =
        new Counts(
            walk.heads.size(),
            walk.blockCount,
            walk.entryCount,
            walk.checkpointCount,
            Optional.ofNullable(walk.lastCheckpoint));
    return walk.findings.isEmpty()
        ? new Result.Intact(counts)
        : new Result.Tampered(counts, walk.findings, complete);
  }

  /** One verification. Its steps answer false when there are as many findings as wanted. */
  private final class Walk {
    private final int findingsMax;
    private final List<Finding> findings = new ArrayList<>();
    private final Set<Finding> known = new HashSet<>();

    /** The number of the last block met in each chain; -1 where there was none. */
    private final Map<ChainId, Long> heads = new HashMap<>();

    private long blockCount;
    private long entryCount;
    private long checkpointCount;
    private @Nullable Instant lastCheckpoint;

    Walk(int findingsMax) {
      this.findingsMax = findingsMax;
    }

    private boolean find(Finding finding) {
      if (known.contains(finding)) {
        return true;
      }
      if (findings.size() == findingsMax) {
        return false;
      }
      known.add(finding);
      return findings.add(finding);
    }

    private boolean find(BlockKey block, BlockProblem problem) {
      return find(new Finding.OfBlock(block, problem));
    }

    private boolean findKeys(List<Redacted> keys) {
      for (Redacted key : keys) {
        if (!find(new Finding.OfKey(key))) {
          return false;
        }
      }
      return true;
    }

    boolean chains() {
      Optional<TimePosition> after = Optional.empty();
      do {
        Page<ChainId, TimePosition> page = blocks.chains(after, BlockReader.PAGE_MAX);
        if (!findKeys(page.unreadable())) {
          return false;
        }
        for (ChainId chain : page.items()) {
          if (!heads.containsKey(chain) && !chain(chain)) {
            return false;
          }
        }
        after = page.next();
      } while (after.isPresent());
      return true;
    }

    private boolean chain(ChainId chain) {
      long expected = 0;
      heads.put(chain, -1L);
      Optional<Sha256> previous = Optional.of(Sha256.ZERO);
      Optional<Long> from = Optional.of(0L);
      while (from.isPresent()) {
        Page<StoredBlock, Long> page = blocks.blocks(chain, from.get(), BLOCKS_PER_PAGE);
        if (!findKeys(page.unreadable())) {
          return false;
        }
        for (StoredBlock stored : page.items()) {
          blockCount++;
          long seq = stored.key().seq();
          if (seq < expected) {
            if (!find(stored.key(), BlockProblem.DUPLICATE)) {
              return false;
            }
            continue;
          }
          if (seq > expected) {
            previous = Optional.empty();
            if (!find(new BlockKey(chain, expected), BlockProblem.MISSING)) {
              return false;
            }
          }
          int before = findings.size();
          if (!block(stored, previous)) {
            return false;
          }
          // What follows a faulty block names the hash of the true one, and is not to blame.
          previous =
              findings.size() == before ? Optional.of(stored.computedHash()) : Optional.empty();
          expected = seq + 1;
          heads.put(chain, seq);
        }
        from = page.next();
      }
      return true;
    }

    /** {@code previous} is empty where the block before is missing or faulty. */
    private boolean block(StoredBlock stored, Optional<Sha256> previous) {
      BlockKey key = stored.key();
      boolean hashHolds = stored.computedHash().hex().equals(stored.hash());
      if (!hashHolds && !find(key, BlockProblem.HASH_MISMATCH)) {
        return false;
      }
      Optional<AuditBlock> decoded = AuditBlock.decode(stored.bytes());
      if (decoded.isEmpty()) {
        return find(key, BlockProblem.UNREADABLE);
      }
      AuditBlock block = decoded.get();
      if (!block.key().equals(key)) {
        return find(key, BlockProblem.MISPLACED);
      }
      if (previous.isPresent()
          && !previous.get().equals(block.previous())
          && !find(key, BlockProblem.LINK_BROKEN)) {
        return false;
      }
      if (!block.index().equals(stored.index()) && !find(key, BlockProblem.INDEX_MISMATCH)) {
        return false;
      }
      Optional<List<AuditEntry>> entries = block.entries();
      if (entries.isEmpty()) {
        return find(key, BlockProblem.ENTRIES_UNREADABLE);
      }
      entryCount += entries.get().size();
      return true;
    }

    /** Blocks that the index by time lists and the walk along the chains has not met. */
    boolean hidden() {
      Optional<TimePosition> after = Optional.empty();
      do {
        Page<BlockKey, TimePosition> page =
            blocks.keysByTime(TimeRange.ALL, after, BlockReader.PAGE_MAX);
        if (!findKeys(page.unreadable())) {
          return false;
        }
        for (BlockKey key : page.items()) {
          if (!hidden(key)) {
            return false;
          }
        }
        after = page.next();
      } while (after.isPresent());
      return true;
    }

    private boolean hidden(BlockKey key) {
      if (!heads.containsKey(key.chain()) && !chain(key.chain())) {
        return false;
      }
      long next = heads.getOrDefault(key.chain(), -1L) + 1;
      if (key.seq() < next) {
        return true;
      }
      // The log goes on while it is verified: the chain may have grown since.
      BlockKey following = new BlockKey(key.chain(), next);
      return blocks.get(following).isPresent() || find(following, BlockProblem.MISSING);
    }

    boolean checkpoints() {
      Map<ChainId, ChainHead> pinned = new HashMap<>();
      Optional<String> after = Optional.empty();
      do {
        Page<StoredCheckpoint, String> page = checkpoints.list(after, CHECKPOINTS_PER_PAGE);
        if (!findKeys(page.unreadable())) {
          return false;
        }
        for (StoredCheckpoint stored : page.items()) {
          checkpointCount++;
          if (!checkpoint(stored, pinned)) {
            return false;
          }
        }
        after = page.next();
      } while (after.isPresent());
      return true;
    }

    private boolean checkpoint(StoredCheckpoint stored, Map<ChainId, ChainHead> pinned) {
      Redacted name = Redacted.identifier(stored.name());
      Optional<Checkpoint> readable = stored.readable();
      if (readable.isEmpty()) {
        return find(new Finding.OfCheckpoint(name, CheckpointProblem.UNREADABLE));
      }
      Checkpoint checkpoint = readable.get();
      PublicKey key = trusted.get(checkpoint.keyId());
      if (key == null) {
        return find(new Finding.OfCheckpoint(name, CheckpointProblem.UNKNOWN_KEY));
      }
      if (!checkpoint.rootHolds()) {
        return find(new Finding.OfCheckpoint(name, CheckpointProblem.BAD_ROOT));
      }
      if (!checkpoint.signedBy(key)) {
        return find(new Finding.OfCheckpoint(name, CheckpointProblem.BAD_SIGNATURE));
      }
      lastCheckpoint = checkpoint.time();
      for (ChainHead head : checkpoint.heads()) {
        ChainHead before = pinned.put(head.block().chain(), head);
        if (head.equals(before)) {
          continue; // an idle chain, looked up for an earlier checkpoint
        }
        if (!heads.containsKey(head.block().chain()) && !chain(head.block().chain())) {
          return false;
        }
        if (!head(head)) {
          return false;
        }
      }
      return true;
    }

    private boolean head(ChainHead head) {
      Optional<StoredBlock> there = blocks.get(head.block());
      if (there.isEmpty()) {
        return find(head.block(), BlockProblem.CHECKPOINTED_MISSING);
      }
      return there.get().computedHash().equals(head.hash())
          || find(head.block(), BlockProblem.CHECKPOINT_MISMATCH);
    }
  }
}
