package dev.ampoule.local.cli;

import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;

/** Says in one line what is wrong with the arguments, and where to read on. */
public final class UsageErrors implements IParameterExceptionHandler {
  /** A mistyped option's value is named in the message, and may be a token. */
  private static final Pattern JWS =
      Pattern.compile("eyJ[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*");

  @Override
  public int handleParseException(ParameterException exception, String[] arguments) {
    CommandLine command = exception.getCommandLine();
    String message = exception.getMessage();
    command
        .getErr()
        .println(Printable.line(JWS.matcher(message == null ? "" : message).replaceAll("[token]")));
    command.getErr().println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
    command.getErr().flush();
    return ExitCode.USAGE;
  }
}
