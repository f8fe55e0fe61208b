package dev.ampoule.local.cli;

import java.util.List;
import picocli.CommandLine;

/** The commands, ready to be added to the top one. */
public final class RemoteCommands {
  private RemoteCommands() {}

  /**
   * {@code push}, {@code invoke}, {@code plugins}, {@code activate}, {@code rollback}, {@code
   * retire}, {@code quarantine} and {@code audit} with its {@code show}, {@code verify} and {@code
   * export}, in the order of their help.
   *
   * <p>The top command turns off {@linkplain CommandLine#setExpandAtFiles argument files}, which
   * would take {@code --token @FILE} for themselves, and reports usage errors with {@link
   * UsageErrors}.
   */
  public static List<CommandLine> all(CommandContext context) {
    Audit audit = new Audit(context);
    return List.of(
        new CommandLine(new Push(context)),
        new CommandLine(new Invoke(context)),
        new CommandLine(new Plugins(context)),
        new CommandLine(new Activate(context)),
        new CommandLine(new Rollback(context)),
        new CommandLine(new Retire(context)),
        new CommandLine(new Quarantine(context)),
        new CommandLine(audit)
            .addSubcommand(new AuditShow(context, audit))
            .addSubcommand(new AuditVerify(context, audit))
            .addSubcommand(new AuditExport(context, audit)));
  }
}
