package dev.ampoule.registry;

/** The plugin catalogue's store is broken or out of reach. */
public final class CatalogUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CatalogUnavailableException(Throwable cause) {
    super("the plugin catalogue does not answer", cause);
  }
}
