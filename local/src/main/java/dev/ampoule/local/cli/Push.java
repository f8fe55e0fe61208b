package dev.ampoule.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.entry.ModuleSigning;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code ampoule push}: uploads a module and waits until it is registered, or rejected. */
@Command(
    name = "push",
    description = "Upload a module as a version of a plugin, and wait until it is registered.",
    footer = {
      "",
      "Example:",
      "  ampoule push news2.wasm --name news2 --version 1.0.0 --manifest plugin.json"
    })
final class Push extends RemoteCommand {
  /** Twice what the platform compiles today; the server says what it takes. */
  static final int MODULE_BYTES_MAX = 64 * 1024 * 1024;

  static final int MANIFEST_BYTES_MAX = 256 * 1024;
  private static final Duration PAUSE_FIRST = Duration.ofMillis(100);
  private static final Duration PAUSE_MAX = Duration.ofSeconds(1);
  private static final Duration PROGRESS_EVERY = Duration.ofSeconds(5);
  private static final int NOT_FOUND = 404;
  private static final int THROTTLED = 429;
  private static final int SERVER_ERROR_MIN = 500;

  @Mixin final RemoteOptions remote = new RemoteOptions();

  @Parameters(paramLabel = "FILE.wasm", description = "The module, at most 64 MiB.")
  String file = "";

  @Option(names = "--name", paramLabel = "NAME", required = true, description = "The plugin.")
  String name = "";

  @Option(
      names = "--version",
      paramLabel = "VERSION",
      required = true,
      description = "A semantic version that the plugin has not yet.")
  String version = "";

  @Option(
      names = "--manifest",
      paramLabel = "FILE",
      description = "Its plugin.json; without one it gets no capability.")
  @Nullable String manifest;

  @Option(
      names = "--signature",
      paramLabel = "FILE",
      description =
          "Its signature, where it is not in the module: what ampoule sign --detached made.")
  @Nullable String signature;

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      converter = WaitTime.class,
      description = "How long to wait for the registration, as 90s or 2m; default: 60s.")
  Duration wait = Duration.ofSeconds(60);

  Push(CommandContext context) {
    super(context);
  }

  /** What the server knows of the version. */
  private record Registered(
      String state, String digest, String registeredAt, List<String> reasons) {
    boolean isRejected() {
      return state.equals("REJECTED");
    }

    boolean isPending() {
      return state.equals("PENDING");
    }
  }

  /** How the wait came out. */
  private sealed interface Wait {
    record Settled(Registered registered) implements Wait {}

    record Refused(Problem problem) implements Wait {}

    record Expired(Optional<Problem> last) implements Wait {}
  }

  @Override
  RemoteOptions remote() {
    return remote;
  }

  @Override
  int run() throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    ApiPath versionPath =
        ApiPath.of(
            "v1", "plugins", segment("--name", name), "versions", segment("--version", version));
    byte[] module = module();
    String digest = digest(module);
    ObjectNode upload = ApiJson.object().put("version", version);
    manifest().ifPresent(json -> upload.set("manifest", json));
    Optional<byte[]> signed = signature();

    try (ApiClient api = client()) {
      // A version that was rejected may be uploaded again; its old rejection is not the answer.
      Optional<Registered> before =
          switch (api.get(versionPath)) {
            case Reply.Success success -> Optional.of(registered(success));
            case Reply.Refused _ -> Optional.empty();
          };
      Reply grant =
          api.post(
              ApiPath.of("v1", "plugins", name, "uploads"),
              "application/json",
              ApiJson.compact(upload).getBytes(StandardCharsets.UTF_8));
      if (grant instanceof Reply.Refused(Problem problem)) {
        return refused(problem);
      }
      // Before the module, which is registered as soon as it is there.
      if (signed.isPresent()
          && api.upload(url((Reply.Success) grant, "signature"), signed.get())
              instanceof Reply.Refused(Problem problem)) {
        return refused(problem);
      }
      if (api.upload(url((Reply.Success) grant, "module"), module)
          instanceof Reply.Refused(Problem problem)) {
        return refused(problem);
      }
      context
          .err()
          .println(
              "uploaded "
                  + module.length
                  + " bytes, waiting for the registration, at most "
                  + wait.toSeconds()
                  + " s");
      return report(await(api, versionPath, before, digest), before, digest);
    }
  }

  private byte[] module() {
    byte[] module = InputFile.read(command(), file, file, MODULE_BYTES_MAX);
    if (module.length == 0) {
      throw new ParameterException(command(), file + ": is empty");
    }
    return module;
  }

  private Optional<ObjectNode> manifest() {
    if (manifest == null) {
      return Optional.empty();
    }
    String argument = "--manifest " + manifest;
    return Optional.of(
        ApiJson.object(InputFile.read(command(), argument, manifest, MANIFEST_BYTES_MAX))
            .orElseThrow(() ->
                new ParameterException(
                    command(), argument + ": is not one JSON object without repeated fields")));
  }

  private Optional<byte[]> signature() {
    return Optional.ofNullable(signature)
        .map(path ->
            InputFile.read(
                command(), "--signature " + path, path, ModuleSigning.SIGNATURE_BYTES_MAX));
  }

  private static URI url(Reply.Success grant, String what) throws UnexpectedAnswerException {
    String url = ApiJson.text(grant, ApiJson.object(grant).path("uploads").path(what), "url");
    try {
      URI uri = new URI(url);
      if (ServerUrl.isHttp(uri)) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Reported as any other URL that cannot be used.
    }
    throw new UnexpectedAnswerException(grant.call() + " was answered with an unusable url");
  }

  private Wait await(ApiClient api, ApiPath versionPath, Optional<Registered> before, String digest)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    long start = context.pacing().nanoTime();
    Duration pause = PAUSE_FIRST;
    Duration progress = PROGRESS_EVERY;
    while (true) {
      Optional<Problem> last = Optional.empty();
      switch (api.get(versionPath)) {
        case Reply.Success success -> {
          Registered now = registered(success);
          if (isSettled(now, before, digest)) {
            return new Wait.Settled(now);
          }
        }
        case Reply.Refused(Problem problem) -> {
          if (!isTransient(problem.status())) {
            return new Wait.Refused(problem);
          }
          last = Optional.of(problem).filter(p -> p.status() != NOT_FOUND);
        }
      }
      Duration waited = Duration.ofNanos(context.pacing().nanoTime() - start);
      if (waited.compareTo(wait) >= 0) {
        return new Wait.Expired(last);
      }
      if (waited.compareTo(progress) >= 0) {
        context
            .err()
            .println("still waiting, " + waited.toSeconds() + " of " + wait.toSeconds() + " s");
        progress = progress.plus(PROGRESS_EVERY);
      }
      context.pacing().pause(pause);
      pause = pause.multipliedBy(2).compareTo(PAUSE_MAX) < 0 ? pause.multipliedBy(2) : PAUSE_MAX;
    }
  }

  private static boolean isTransient(int status) {
    return status == NOT_FOUND || status == THROTTLED || status >= SERVER_ERROR_MIN;
  }

  private static boolean isSettled(Registered now, Optional<Registered> before, String digest) {
    if (now.isRejected()) {
      return now.digest().equals(digest) && !before.equals(Optional.of(now));
    }
    return !now.isPending();
  }

  private int report(Wait result, Optional<Registered> before, String digest) {
    String which = name + "@" + version;
    return switch (result) {
      case Wait.Refused(Problem problem) -> refused(problem);
      case Wait.Settled(Registered now) when now.isRejected() ->
          failed(Printable.line(which + " was rejected:"), now.reasons());
      case Wait.Settled(Registered now) when !now.digest().equals(digest) ->
          failed(
              Printable.line(
                  which
                      + " is registered with other content: "
                      + now.digest()
                      + ", not "
                      + digest
                      + " of "
                      + file));
      case Wait.Settled(Registered now) -> {
        context.out().println(Printable.line(which + " is " + now.state() + ", " + digest));
        if (now.state().equals("VALIDATED")) {
          context.err().println("make it live with: ampoule activate " + name + " " + version);
        }
        yield ExitCode.DONE;
      }
      case Wait.Expired(Optional<Problem> last) -> expired(which, last, before, digest);
    };
  }

  private int expired(
      String which, Optional<Problem> last, Optional<Registered> before, String digest) {
    if (last.isPresent()) {
      return refused(last.get());
    }
    // The same module and manifest again: nothing was registered anew, nothing will be.
    Optional<Registered> same = before.filter(b -> b.isRejected() && b.digest().equals(digest));
    return same.isPresent()
        ? failed(
            Printable.line(
                which
                    + " was rejected before, and that has not changed within "
                    + wait.toSeconds()
                    + " s:"),
            same.get().reasons())
        : failed(
            Printable.line(
                which
                    + " was not registered within "
                    + wait.toSeconds()
                    + " s; look again with: ampoule plugins "
                    + name));
  }

  private static Registered registered(Reply.Success success) throws UnexpectedAnswerException {
    ObjectNode record = ApiJson.object(success);
    List<String> reasons = new ArrayList<>();
    for (JsonNode reason : record.path("reasons")) {
      reasons.add(Printable.line(reason.asText()));
    }
    return new Registered(
        ApiJson.text(success, record, "state"),
        ApiJson.text(success, record, "digest"),
        ApiJson.text(success, record, "registeredAt"),
        List.copyOf(reasons));
  }

  /** As the server writes digests: {@code sha256:…}. */
  private static String digest(byte[] content) {
    try {
      return "sha256:"
          + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
