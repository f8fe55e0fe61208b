package dev.ampoule.invocation;

final class InMemoryCallTalliesTest extends CallTalliesContract {
  private final InMemoryCallTallies tallies = new InMemoryCallTallies();

  @Override
  protected CallTallies tallies() {
    return tallies;
  }
}
