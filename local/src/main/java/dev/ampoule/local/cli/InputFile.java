package dev.ampoule.local.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Reads what the arguments name; whatever is wrong with it is wrong usage. */
final class InputFile {
  private InputFile() {}

  /**
   * @param argument as it was given, for the error
   */
  static byte[] read(CommandLine command, String argument, String file, int bytesMax) {
    try {
      Path path = Path.of(file);
      if (Files.isDirectory(path)) {
        throw new ParameterException(command, argument + ": is a directory");
      }
      try (InputStream in = Files.newInputStream(path)) {
        return read(command, argument, in, bytesMax);
      }
    } catch (IOException e) {
      throw new ParameterException(command, argument + ": cannot be read, " + reason(e));
    } catch (InvalidPathException e) {
      throw new ParameterException(command, argument + ": not a file's name");
    }
  }

  static byte[] read(CommandLine command, String argument, InputStream in, int bytesMax)
      throws IOException {
    byte[] bytes = in.readNBytes(bytesMax + 1);
    if (bytes.length > bytesMax) {
      throw new ParameterException(
          command, argument + ": more than " + bytesMax + " bytes; at most that many are sent");
    }
    return bytes;
  }

  static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "no such file or directory";
      case AccessDeniedException _ -> "access denied";
      case FileSystemException f when f.getReason() != null -> f.getReason();
      default -> e.getClass().getSimpleName();
    };
  }
}
