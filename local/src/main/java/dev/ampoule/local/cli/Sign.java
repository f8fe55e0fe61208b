package dev.ampoule.local.cli;

import dev.ampoule.entry.ModuleSigning;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ampoule sign}: signs a module, or makes a key to sign with. */
@Command(
    name = "sign",
    description = {
      "Sign a module with Ed25519, in the format of WebAssembly's tool conventions; or make a key.",
      "A module that is signed already is signed anew: its old signature is replaced."
    },
    footer = {
      "",
      "Examples:",
      "  ampoule sign --new-key plugin.key",
      "  ampoule sign news2.wasm --key plugin.key",
      "  ampoule sign news2.wasm --key plugin.key --detached"
    })
final class Sign implements Callable<Integer> {
  private static final String PUBLIC_SUFFIX = ".pub";

  private final CommandContext context;

  @Spec @Nullable CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  @Parameters(paramLabel = "FILE.wasm", arity = "0..1", description = "The module.")
  @Nullable String file;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "The private key: PEM (PKCS#8), its base64, or as wasmsign2 keeps it.")
  @Nullable String key;

  @Option(
      names = "--detached",
      description = "Keep the signature apart, in FILE.wasm.sig, and leave the module as it is.")
  boolean detached;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where the result goes (default: the module itself; detached, FILE.wasm.sig).")
  @Nullable String out;

  @Option(
      names = "--new-key",
      paramLabel = "FILE",
      description = "Make a key: the private one in FILE, the public one in FILE.pub.")
  @Nullable String newKey;

  Sign(CommandContext context) {
    this.context = context;
  }

  private CommandLine command() {
    if (spec == null) {
      throw new IllegalStateException("run without picocli");
    }
    return spec.commandLine();
  }

  @Override
  public Integer call() {
    if (newKey != null) {
      if (file != null || key != null || detached || out != null) {
        throw new ParameterException(command(), "--new-key: goes with nothing else");
      }
      return makeKey(newKey);
    }
    if (file == null || key == null) {
      throw new ParameterException(command(), "a module and --key are needed, or --new-key");
    }
    return sign(file, key);
  }

  private int makeKey(String path) {
    var made = ModuleSigning.newKey();
    try {
      var privateFile = Files.createFile(Path.of(path), onlyForOwner());
      Files.writeString(privateFile, made.privatePem(), StandardCharsets.US_ASCII);
      Files.writeString(Path.of(path + PUBLIC_SUFFIX), made.publicPem(), StandardCharsets.US_ASCII);
    } catch (FileAlreadyExistsException e) {
      throw new ParameterException(command(), "--new-key " + path + ": is there already");
    } catch (IOException e) {
      return failed(path + ": cannot be written, " + InputFile.reason(e));
    }
    context.out().println("key " + made.id() + " in " + path + " and " + path + PUBLIC_SUFFIX);
    return ExitCode.DONE;
  }

  private static FileAttribute<?>[] onlyForOwner() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  private int sign(String file, String keyFile) {
    byte[] module = InputFile.read(command(), file, file, Push.MODULE_BYTES_MAX);
    String keyArgument = "--key " + keyFile;
    byte[] privateKey =
        InputFile.read(command(), keyArgument, keyFile, ModuleSigning.KEY_FILE_BYTES_MAX);
    String id;
    try {
      id = ModuleSigning.keyId(privateKey);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command(), keyArgument + ": " + e.getMessage());
    }
    byte[] result;
    try {
      result =
          detached
              ? ModuleSigning.signature(module, privateKey)
              : ModuleSigning.signed(module, privateKey);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command(), file + ": " + e.getMessage());
    }
    String target = out != null ? out : detached ? file + ".sig" : file;
    try {
      write(Path.of(target), result);
    } catch (IOException e) {
      return failed(target + ": cannot be written, " + InputFile.reason(e));
    }
    context.out().println(target + " signed by " + id);
    return ExitCode.DONE;
  }

  /** Whole or not at all: the target may be the module itself. */
  private static void write(Path target, byte[] content) throws IOException {
    Path part = Path.of(target + ".part");
    Files.write(part, content);
    Files.move(part, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  private int failed(String line) {
    context.err().println(Printable.line(line));
    return ExitCode.REFUSED;
  }
}
