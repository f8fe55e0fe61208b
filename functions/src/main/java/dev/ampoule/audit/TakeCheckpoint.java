package dev.ampoule.audit;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Signs how far every chain has come. Run it on a schedule: what is not yet checkpointed can be cut
 * off the end of a chain unnoticed.
 */
public final class TakeCheckpoint {
  private final AuditBlocks blocks;
  private final Checkpoints checkpoints;
  private final CheckpointSigner signer;
  private final InstantSource clock;

  public TakeCheckpoint(
      AuditBlocks blocks, Checkpoints checkpoints, CheckpointSigner signer, InstantSource clock) {
    this.blocks = Objects.requireNonNull(blocks, "blocks");
    this.checkpoints = Objects.requireNonNull(checkpoints, "checkpoints");
    this.signer = Objects.requireNonNull(signer, "signer");
    this.clock = Objects.requireNonNull(clock, "clock");
  }

  /** How it went. */
  public sealed interface Result {
    /** It is stored. */
    record Taken(Checkpoint checkpoint) implements Result {}

    /** Another one, with other heads, was taken in the same millisecond; nothing was stored. */
    record SameInstant() implements Result {}

    /** More chains than a checkpoint may hold; nothing was stored. */
    record TooManyChains(int max) implements Result {}
  }

  /** Takes one; throws the stores' exceptions where they do not answer. */
  public Result run() {
    Instant began = clock.instant();
    // The list of chains may lag behind; what the last checkpoint knew is never dropped again.
    TreeSet<ChainId> chains = new TreeSet<>();
    checkpoints
        .latest()
        .flatMap(StoredCheckpoint::readable)
        .ifPresent(c -> c.heads().forEach(h -> chains.add(h.block().chain())));
    Optional<TimePosition> after = Optional.empty();
    do {
      Page<ChainId, TimePosition> page = blocks.chains(after, BlockReader.PAGE_MAX);
      chains.addAll(page.items());
      after = page.next();
      if (chains.size() > Checkpoint.HEADS_MAX) {
        return new Result.TooManyChains(Checkpoint.HEADS_MAX);
      }
    } while (after.isPresent());

    List<ChainHead> heads = new ArrayList<>(chains.size());
    for (ChainId chain : chains) {
      blocks.head(chain).ifPresent(h -> heads.add(new ChainHead(h.key(), h.computedHash())));
    }
    Checkpoint checkpoint = signer.sign(began, heads);
    return checkpoints.putNew(checkpoint) ? new Result.Taken(checkpoint) : new Result.SameInstant();
  }
}
