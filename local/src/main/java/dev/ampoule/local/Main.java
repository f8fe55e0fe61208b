package dev.ampoule.local;

import dev.ampoule.local.cli.CommandContext;
import dev.ampoule.local.cli.OfflineVerifier;
import dev.ampoule.local.cli.RemoteCommands;
import dev.ampoule.local.cli.SigningCommands;
import dev.ampoule.local.cli.UsageErrors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The {@code ampoule} command. */
@Command(
    name = "ampoule",
    description = "Sealed plugins for clinical content.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND")
public final class Main implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  public static void main(String[] arguments) {
    System.exit(commandLine(TemplateApplication::of).execute(arguments));
  }

  static CommandLine commandLine(Function<Path, Application.Factory> application) {
    return commandLine(
        application, CommandContext.ofProcess(Main::loopbackToken, new OfflineVerifier()));
  }

  /**
   * Every subcommand is named here.
   *
   * @param application what {@code up} serves, of a template
   */
  static CommandLine commandLine(
      Function<Path, Application.Factory> application, CommandContext context) {
    var command =
        new CommandLine(new Main())
            .addSubcommand(new UpCommand(application))
            .addSubcommand(new TokenCommand());
    RemoteCommands.all(context).forEach(command::addSubcommand);
    SigningCommands.all(context).forEach(command::addSubcommand);
    return command
        .setExpandAtFiles(false)
        .setParameterExceptionHandler(new UsageErrors())
        .setExecutionExceptionHandler(Main::explain);
  }

  /** A token for the stack of this machine, where there is the key of its issuer. */
  private static Optional<String> loopbackToken() {
    try {
      return Optional.of(
          LocalIssuer.open(LocalIssuer.defaultHome())
              .issue("local", List.of("admin"), Duration.ofMinutes(15)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * What can go wrong on a healthy build is told in one line; the rest is a bug, with its trace.
   */
  private static int explain(Exception e, CommandLine command, CommandLine.ParseResult parsed)
      throws Exception {
    if (e instanceof IOException || e instanceof IllegalArgumentException) {
      PrintWriter err = command.getErr();
      err.println(command.getCommandName() + ": " + e.getMessage());
      err.flush();
      return e instanceof IllegalArgumentException
          ? command.getCommandSpec().exitCodeOnInvalidInput()
          : command.getCommandSpec().exitCodeOnExecutionException();
    }
    throw e;
  }

  @Override
  public void run() {
    CommandLine command = Objects.requireNonNull(spec).commandLine();
    command.usage(command.getOut());
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"ampoule " + (version == null ? "(development)" : version)};
    }
  }
}
