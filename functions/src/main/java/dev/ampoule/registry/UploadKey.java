package dev.ampoule.registry;

import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import java.util.Optional;

/**
 * Where a version is uploaded to: {@code plugins/{name}/{version}.wasm}, its manifest and, where it
 * has one apart, its signature beside it.
 */
public record UploadKey(PluginName name, PluginVersion version) {
  private static final String FOLDER = "plugins/";
  private static final String MODULE = ".wasm";

  public static Optional<UploadKey> parse(String key) {
    if (!key.startsWith(FOLDER) || !key.endsWith(MODULE)) {
      return Optional.empty();
    }
    var parts = key.substring(FOLDER.length(), key.length() - MODULE.length()).split("/", -1);
    return parts.length != 2
        ? Optional.empty()
        : PluginName.parse(parts[0])
            .flatMap(
                name -> PluginVersion.parse(parts[1]).map(version -> new UploadKey(name, version)));
  }

  public String module() {
    return FOLDER + name + "/" + version + MODULE;
  }

  /** Signature data that came beside the module. */
  public String signature() {
    return module() + ".sig";
  }

  public String manifest() {
    return FOLDER + name + "/" + version + ".json";
  }
}
