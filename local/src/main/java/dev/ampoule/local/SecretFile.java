package dev.ampoule.local;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.function.Supplier;

/** A secret that is made once and kept in a file only its owner can read (mode 0600). */
public final class SecretFile {
  private SecretFile() {}

  /**
   * The content of {@code file}; where there is none, {@code content} is written first. Processes
   * that start at once all get the same: the file appears whole or not at all, and is never
   * replaced.
   *
   * @throws IOException where the folder cannot be written or the file not be read
   */
  public static String readOrCreate(Path file, Supplier<String> content) throws IOException {
    if (!Files.exists(file)) {
      create(file, content.get());
    }
    return Files.readString(file);
  }

  private static void create(Path file, String content) throws IOException {
    Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
    Files.createDirectories(folder, permissions("rwx------"));
    Path draft = Files.createTempFile(folder, "secret", ".tmp", permissions("rw-------"));
    try {
      Files.writeString(draft, content);
      Files.createLink(file, draft);
    } catch (FileAlreadyExistsException e) {
      return; // another process was first
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private static FileAttribute<?>[] permissions(String posix) {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(posix))
        }
        : new FileAttribute<?>[0];
  }
}
