package dev.ampoule.registry;

import dev.ampoule.plugin.ContentDigest;

/** How one upload was taken. */
public sealed interface Registration {
  /** A new version; {@code live} where it is the plugin's first and went live by itself. */
  record Registered(VersionRecord version, boolean live) implements Registration {}

  /** Stored with its reasons; nothing of it can be invoked. */
  record Rejected(VersionRecord version) implements Registration {}

  /** The same upload was taken before and not rejected. */
  record Unchanged(VersionRecord version) implements Registration {}

  /** The version exists with other content. Versions are immutable: the upload is refused. */
  record Conflict(VersionRecord existing, ContentDigest offered) implements Registration {}

  /** The object is gone. */
  record Missing() implements Registration {}
}
