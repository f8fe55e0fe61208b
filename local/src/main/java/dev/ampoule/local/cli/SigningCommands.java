package dev.ampoule.local.cli;

import java.util.List;
import picocli.CommandLine;

/** The commands that sign and verify modules, ready to be added to the top one. */
public final class SigningCommands {
  private SigningCommands() {}

  /** {@code sign} and {@code verify}. */
  public static List<CommandLine> all(CommandContext context) {
    return List.of(new CommandLine(new Sign(context)), new CommandLine(new Verify(context)));
  }
}
