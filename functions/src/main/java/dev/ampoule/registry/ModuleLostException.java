package dev.ampoule.registry;

import dev.ampoule.plugin.ContentDigest;

/** A registered module is no longer in the store as it was registered, or compiles no more. */
public final class ModuleLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ModuleLostException(ContentDigest digest) {
    super(digest + " is not in the module store as it was registered");
  }
}
