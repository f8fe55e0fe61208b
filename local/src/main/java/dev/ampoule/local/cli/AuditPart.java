package dev.ampoule.local.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** A command under {@code audit}: it shares where the server is, and takes no filter. */
abstract class AuditPart extends RemoteCommand {
  private final Audit audit;

  AuditPart(CommandContext context, Audit audit) {
    super(context);
    this.audit = audit;
  }

  @Override
  final RemoteOptions remote() {
    return audit.remote;
  }

  /** {@code audit --from X verify} would look as if it verified from X on. */
  void requireNoFilter() {
    CommandLine parent = audit.command();
    for (OptionSpec option : parent.getParseResult().matchedOptions()) {
      if (option.scopeType() == ScopeType.LOCAL) {
        throw new ParameterException(
            command(),
            option.longestName() + ": is for listing, not for " + command().getCommandName());
      }
    }
  }
}
