package dev.ampoule.registry;

/** The module store is broken or out of reach. */
public final class ModuleStoreUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ModuleStoreUnavailableException(Throwable cause) {
    super("the module store does not answer", cause);
  }
}
