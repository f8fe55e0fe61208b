package dev.ampoule.sandbox;

/** The deadline found the run inside a host call. Never leaves a run. */
final class Interrupted extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Interrupted() {
    super(null, null, false, false);
  }
}
