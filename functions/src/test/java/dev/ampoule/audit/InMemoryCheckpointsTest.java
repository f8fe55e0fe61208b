package dev.ampoule.audit;

final class InMemoryCheckpointsTest extends CheckpointsContract {
  @Override
  protected Checkpoints checkpoints() {
    return new InMemoryCheckpoints();
  }
}
