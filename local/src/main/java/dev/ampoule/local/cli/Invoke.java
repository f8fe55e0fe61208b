package dev.ampoule.local.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code ampoule invoke}: content in, what the plugin made of it out, byte for byte. */
@Command(
    name = "invoke",
    description = "Run a plugin on some content.",
    footer = {
      "",
      "Example:",
      "  ampoule invoke hl7v2-to-fhir --input message.hl7 --output bundle.json"
    })
final class Invoke extends RemoteCommand {
  /** What Lambda takes in one request, 6 MiB; the server and the plugin may take less. */
  static final int INPUT_BYTES_MAX = 6 * 1024 * 1024;

  /** RFC 9110 §8.3.1, without looking into the parameters. */
  private static final Pattern MEDIA_TYPE =
      Pattern.compile("[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}(;[ -~]{0,127})?");

  @Mixin final RemoteOptions remote = new RemoteOptions();

  @Parameters(paramLabel = "NAME", description = "The plugin.")
  String name = "";

  @Option(
      names = "--function",
      paramLabel = "F",
      description = "Exported function; default: the manifest's, else the only one.")
  @Nullable String function;

  @Option(names = "--version", paramLabel = "V", description = "Version; default: the live one.")
  @Nullable String version;

  @Option(
      names = "--input",
      paramLabel = "FILE|-",
      description =
          "Content, at most " + INPUT_BYTES_MAX + " bytes; - is standard input. Default: none.")
  @Nullable String input;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Where the result goes; default: standard output. Written only on success.")
  @Nullable String output;

  @Option(
      names = "--content-type",
      paramLabel = "TYPE",
      description = "Media type of the content; default: ${DEFAULT-VALUE}.",
      defaultValue = "application/octet-stream")
  String contentType = "application/octet-stream";

  Invoke(CommandContext context) {
    super(context);
  }

  @Override
  RemoteOptions remote() {
    return remote;
  }

  @Override
  int run() throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    if (!MEDIA_TYPE.matcher(contentType).matches()) {
      throw new ParameterException(command(), "--content-type: not a media type (RFC 9110)");
    }
    String plugin = segment("NAME", name);
    ApiPath path =
        version == null
            ? ApiPath.of("v1", "plugins", plugin, "invoke")
            : ApiPath.of(
                "v1", "plugins", plugin, "versions", segment("--version", version), "invoke");
    Map<String, String> query = function == null ? Map.of() : Map.of("function", function);
    byte[] content = content();
    try (ApiClient api = client()) {
      return switch (api.post(path.query(query), contentType, content)) {
        case Reply.Success success -> write(success.body());
        case Reply.Refused(Problem problem) -> refused(problem);
      };
    }
  }

  private byte[] content() {
    if (input == null) {
      return new byte[0];
    }
    return input.equals("-")
        ? standardInput()
        : InputFile.read(command(), "--input " + input, input, INPUT_BYTES_MAX);
  }

  private byte[] standardInput() {
    try {
      InputStream in = context.in();
      return InputFile.read(command(), "--input -", in, INPUT_BYTES_MAX);
    } catch (IOException e) {
      throw new ParameterException(command(), "--input -: cannot be read, " + InputFile.reason(e));
    }
  }

  private int write(byte[] result) {
    if (output == null) {
      context.out().write(result, 0, result.length);
      return context.out().checkError()
          ? failed("the result could not be written to standard output")
          : ExitCode.DONE;
    }
    try {
      Files.write(Path.of(output), result);
      return ExitCode.DONE;
    } catch (IOException e) {
      return failed("--output " + output + ": cannot be written, " + InputFile.reason(e));
    } catch (InvalidPathException e) {
      return failed("--output: not a file's name");
    }
  }
}
