package dev.ampoule.local.cli;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How every command reports what went wrong: a line on standard error, and the exit code. */
@Command(
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:refused by the server, rejected, failed",
      "2:wrong usage",
      "3:the server cannot be reached"
    })
abstract class RemoteCommand implements Callable<Integer> {
  private static final int UNAUTHENTICATED = 401;

  final CommandContext context;

  @Spec @Nullable CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  private boolean tokenSent;

  RemoteCommand(CommandContext context) {
    this.context = context;
  }

  abstract RemoteOptions remote();

  abstract int run()
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException;

  @Override
  public final Integer call() {
    try {
      return run();
    } catch (ServerUnreachableException e) {
      context
          .err()
          .println(
              e.getMessage()
                  + (ServerUrl.isLoopback(e.origin()) ? "; start it with ./ampoule up" : ""));
      return ExitCode.UNREACHABLE;
    } catch (UnexpectedAnswerException e) {
      return failed(e.getMessage() + "; is this the URL of an Ampoule server?");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed("interrupted");
    } catch (TokenUnavailableException e) {
      return failed(Printable.line(String.valueOf(e.getMessage())));
    } catch (ParameterException e) {
      throw e;
    } catch (RuntimeException e) {
      // The class and the place alone: a message could hold a token or content.
      return failed("a bug in ampoule: " + e.getClass().getName() + " at " + e.getStackTrace()[0]);
    }
  }

  /** A client of the server that the options name. */
  ApiClient client() {
    ServerUrl server = remote().server(context, command());
    Optional<BearerToken> token = remote().token(context, command(), server);
    tokenSent = token.isPresent();
    if (!server.isEncrypted() && !server.isLoopback()) {
      context
          .err()
          .println("warning: " + server + " is not encrypted; token and content can be read");
    }
    return new ApiClient(server, token);
  }

  CommandLine command() {
    if (spec == null) {
      throw new IllegalStateException("run without picocli");
    }
    return spec.commandLine();
  }

  /** A plugin's name, a version or an id, as it will stand in a path. */
  String segment(String argument, String text) {
    if (!ApiPath.isSegment(text)) {
      throw new ParameterException(command(), argument + ": must not be empty, '.' or '..'");
    }
    return text;
  }

  int refused(Problem problem) {
    failed(problem.summary(), problem.members());
    if (problem.status() == UNAUTHENTICATED && !tokenSent) {
      context.err().println("  no token was sent: use --token @FILE or set AMPOULE_TOKEN");
    }
    return ExitCode.REFUSED;
  }

  int failed(String line, List<String> further) {
    failed(line);
    further.forEach(member -> context.err().println("  " + member));
    return ExitCode.REFUSED;
  }

  int failed(@Nullable String line) {
    context.err().println(line);
    return ExitCode.REFUSED;
  }
}
