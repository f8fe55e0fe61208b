package dev.ampoule.local.cli;

import dev.ampoule.entry.ModuleSigning;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ampoule verify}: tells whether a key signed a module. */
@Command(
    name = "verify",
    description = "Tell whether a module is signed by a key, as a deployment that trusts it would.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:it is", "1:it is not", "2:wrong usage"},
    footer = {
      "",
      "Examples:",
      "  ampoule verify news2.wasm --key plugin.key.pub",
      "  ampoule verify news2.wasm --key plugin.key.pub --signature news2.wasm.sig"
    })
final class Verify implements Callable<Integer> {
  private final CommandContext context;

  @Spec @Nullable CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  @Parameters(paramLabel = "FILE.wasm", description = "The module.")
  String file = "";

  @Option(
      names = "--key",
      paramLabel = "FILE",
      required = true,
      description = "The public key: PEM, its base64, or as wasmsign2 keeps it.")
  String key = "";

  @Option(
      names = "--signature",
      paramLabel = "FILE",
      description = "The signature, where it is not in the module.")
  @Nullable String signature;

  Verify(CommandContext context) {
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
    byte[] module = InputFile.read(command(), file, file, Push.MODULE_BYTES_MAX);
    String keyArgument = "--key " + key;
    byte[] publicKey =
        InputFile.read(command(), keyArgument, key, ModuleSigning.KEY_FILE_BYTES_MAX);
    Optional<byte[]> detached =
        Optional.ofNullable(signature)
            .map(path ->
                InputFile.read(
                    command(), "--signature " + path, path, ModuleSigning.SIGNATURE_BYTES_MAX));
    try {
      return switch (ModuleSigning.verify(module, detached, publicKey)) {
        case ModuleSigning.Verified.By(String id) -> {
          context.out().println(file + " signed by " + id);
          yield ExitCode.DONE;
        }
        case ModuleSigning.Verified.Not(String reason) -> {
          context.err().println(Printable.line(file + ": " + reason));
          yield ExitCode.REFUSED;
        }
      };
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command(), keyArgument + ": " + e.getMessage());
    }
  }
}
