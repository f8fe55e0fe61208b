package dev.ampoule.local.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** Which server, and as whom. */
final class RemoteOptions {
  private static final String DEFAULT_URL = "http://localhost:8080";
  private static final String URL_VARIABLE = "AMPOULE_URL";
  private static final String TOKEN_VARIABLE = "AMPOULE_TOKEN";

  @Option(
      names = "--url",
      paramLabel = "URL",
      scope = ScopeType.INHERIT,
      description = {"Server. Default: $$AMPOULE_URL,", "else " + DEFAULT_URL + "."})
  @Nullable String url;

  @Option(
      names = "--token",
      paramLabel = "@FILE|TOKEN",
      scope = ScopeType.INHERIT,
      description =
          "Bearer token, best in a file: what is typed here can be read by others in the list of"
              + " processes. Default: $$AMPOULE_TOKEN, else a token of the local issuer when the"
              + " server is on this machine.")
  @Nullable String token;

  ServerUrl server(CommandContext context, CommandLine command) {
    if (url != null) {
      return parseUrl(url, "--url", command);
    }
    String variable = context.environment().getOrDefault(URL_VARIABLE, "");
    return variable.isBlank()
        ? ServerUrl.parse(DEFAULT_URL).orElseThrow()
        : parseUrl(variable, URL_VARIABLE, command);
  }

  Optional<BearerToken> token(CommandContext context, CommandLine command, ServerUrl server) {
    if (token != null) {
      return Optional.of(
          token.startsWith("@")
              ? fromFile(token.substring(1), command)
              : parseToken(token, "--token", command));
    }
    String variable = context.environment().getOrDefault(TOKEN_VARIABLE, "");
    if (!variable.isBlank()) {
      return Optional.of(parseToken(variable, TOKEN_VARIABLE, command));
    }
    if (!server.isLoopback()) {
      return Optional.empty();
    }
    try {
      return context
          .loopbackTokens()
          .token()
          .map(text -> parseToken(text, "the local issuer's token", command));
    } catch (IOException e) {
      throw new TokenUnavailableException(e);
    }
  }

  private static BearerToken fromFile(String file, CommandLine command) {
    byte[] text = InputFile.read(command, "--token @" + file, file, 2 * BearerToken.CHARS_MAX);
    return parseToken(new String(text, StandardCharsets.UTF_8), "--token @" + file, command);
  }

  private static ServerUrl parseUrl(String text, String from, CommandLine command) {
    // The value is not repeated: a mistake here may have put a password into it.
    return ServerUrl.parse(text.strip())
        .orElseThrow(() -> new ParameterException(command, from + ": " + ServerUrl.FORM));
  }

  private static BearerToken parseToken(String text, String from, CommandLine command) {
    return BearerToken.parse(text.strip())
        .orElseThrow(() ->
            new ParameterException(
                command,
                from
                    + ": not a bearer token (RFC 6750) of at most "
                    + BearerToken.CHARS_MAX
                    + " characters; it has "
                    + text.strip().length()));
  }
}
