package dev.ampoule.local;

import dev.ampoule.local.template.InvalidTemplateException;
import dev.ampoule.local.template.Surroundings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The secrets of the template as files, made once and kept with the data: {@code checkpoint.key}
 * for {@code ampoule/prod/checkpoint-key}, {@code artifact.key} for the generated {@code
 * KeysArtifactKey…}, by the last two words of the name.
 */
final class LocalSecrets implements Surroundings.Secrets {
  private static final String CHECKPOINT_KEY = "checkpoint.key";
  private static final int GENERATED_BYTES = 32;

  /** What CDK appends to a construct's path. */
  private static final Pattern CDK_HASH = Pattern.compile("[0-9A-F]{8}$");

  private static final Pattern WORD = Pattern.compile("[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])");

  private final Path folder;

  LocalSecrets(Path folder) {
    this.folder = folder;
  }

  @Override
  public String value(String name, boolean generated) {
    String file = fileName(name);
    if (file.equals(CHECKPOINT_KEY)) {
      return checkpointKeys().getFirst();
    }
    if (!generated) {
      throw new InvalidTemplateException(
          "secret " + name, "the template does not make it, and nothing here knows what it holds");
    }
    return read(file, LocalSecrets::random);
  }

  /**
   * The public half of the key pair that checkpoints are signed with; also in a file of its own.
   */
  String checkpointPublicKey() {
    return read("checkpoint.pub", () -> checkpointKeys().getLast());
  }

  /** Both halves in one file, so that they belong together whoever was first to write it. */
  private List<String> checkpointKeys() {
    return read(CHECKPOINT_KEY, LocalSecrets::keyPair).lines().toList();
  }

  static String fileName(String secret) {
    List<String> words =
        WORD.matcher(CDK_HASH.matcher(secret).replaceFirst(""))
            .results()
            .map(MatchResult::group)
            .toList();
    return String.join(".", words.subList(Math.max(0, words.size() - 2), words.size()))
        .toLowerCase(Locale.ROOT);
  }

  private String read(String file, java.util.function.Supplier<String> content) {
    try {
      return SecretFile.readOrCreate(folder.resolve(file), content);
    } catch (IOException e) {
      throw new UncheckedIOException("the keys of the local stack", e);
    }
  }

  private static String random() {
    var key = new byte[GENERATED_BYTES];
    new SecureRandom().nextBytes(key);
    return Base64.getEncoder().encodeToString(key);
  }

  private static String keyPair() {
    try {
      var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      var base64 = Base64.getEncoder();
      return base64.encodeToString(pair.getPrivate().getEncoded())
          + "\n"
          + base64.encodeToString(pair.getPublic().getEncoded());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has Ed25519", e);
    }
  }
}
