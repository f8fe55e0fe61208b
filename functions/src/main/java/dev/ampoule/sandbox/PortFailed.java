package dev.ampoule.sandbox;

/** Something that the sandbox was given failed: a bug of its owner, not an end of the plugin. */
final class PortFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PortFailed(String port, RuntimeException cause) {
    super(port + " failed", cause);
  }
}
