package dev.ampoule.local;

import dev.ampoule.entry.Deployment;
import java.io.IOException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Prints a token for the local stack. */
@Command(
    name = "token",
    description = "Print a token that the local stack accepts.",
    mixinStandardHelpOptions = true)
final class TokenCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--role",
      required = true,
      split = ",",
      paramLabel = "ROLE",
      description = "A role to grant, may be repeated: ${COMPLETION-CANDIDATES}.",
      completionCandidates = TokenCommand.Roles.class)
  private List<String> roles = List.of();

  @Option(
      names = "--subject",
      paramLabel = "NAME",
      defaultValue = "${sys:user.name}",
      description = "Whom the token names (default: ${DEFAULT-VALUE}).")
  private String subject = "";

  @Option(
      names = "--expires",
      paramLabel = "TIME",
      defaultValue = "8h",
      converter = TokenCommand.Lifetime.class,
      description =
          "How long it is valid, as 90s, 30m or 8h, at most 24h (default: ${DEFAULT-VALUE}).")
  private Duration expires = Duration.ZERO;

  /** For the help and shell completion. */
  static final class Roles extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Roles() {
      super(Deployment.roles());
    }
  }

  /** {@code 90s}, {@code 30m}, {@code 8h} or ISO 8601; the issuer has the limits. */
  static final class Lifetime implements ITypeConverter<Duration> {
    private static final Pattern SHORT = Pattern.compile("[0-9]{1,5}[smhSMH]");

    @Override
    public Duration convert(String text) {
      try {
        return Duration.parse(SHORT.matcher(text).matches() ? "PT" + text : text);
      } catch (DateTimeParseException e) {
        throw new TypeConversionException("must be 1s to 24h, as 90s, 30m or 8h");
      }
    }
  }

  @Override
  public Integer call() throws IOException {
    for (String role : roles) {
      if (!Deployment.roles().contains(role)) {
        throw new ParameterException(
            Objects.requireNonNull(spec).commandLine(),
            "--role: must be one of " + String.join(", ", Deployment.roles()));
      }
    }
    LocalIssuer issuer = LocalIssuer.open(LocalIssuer.defaultHome());
    String token = issuer.issue(subject, roles, expires);
    Objects.requireNonNull(spec).commandLine().getOut().println(token);
    return 0;
  }
}
