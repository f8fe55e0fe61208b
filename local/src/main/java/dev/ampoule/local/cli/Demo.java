package dev.ampoule.local.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.local.demo.FhirVitals;
import dev.ampoule.local.demo.OruMessage;
import dev.ampoule.local.demo.Patient;
import dev.ampoule.local.demo.VitalSigns;
import dev.ampoule.local.demo.VitalsEvent;
import dev.ampoule.local.demo.Ward;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * {@code ampoule demo}: invented patients whose observations take the way of real ones, from HL7 v2
 * through the plugins to the topics (docs/demo.md).
 */
@Command(
    name = "demo",
    description = "Feed a running server with a ward of invented patients, until Ctrl-C.",
    footer = {"", "Example:", "  ampoule demo --patients 12 --seconds 60"})
final class Demo extends RemoteCommand {
  private static final String CONVERTER = "hl7v2-to-fhir";
  private static final String SCORE = "news2";
  private static final int SECONDS_MAX = 86_400;

  /** What passes: throttled, degraded or a circuit open. */
  private static final Set<Integer> PASSING = Set.of(429, 503);

  /** A token of the local issuer is good for 15 minutes, so it is fetched again in time. */
  private static final Duration CLIENT_LIFETIME = Duration.ofMinutes(10);

  private static final Duration RETRY = Duration.ofSeconds(1);

  @Mixin final RemoteOptions remote = new RemoteOptions();

  @Option(
      names = "--patients",
      paramLabel = "N",
      description = "How many, 1 to " + Ward.PATIENTS_MAX + "; default: ${DEFAULT-VALUE}.",
      defaultValue = "8")
  int patients = 8;

  @Option(
      names = "--ward",
      paramLabel = "NAME",
      description = "1 to 32 of a-z, 0-9 and -; default: ${DEFAULT-VALUE}.",
      defaultValue = "3")
  String ward = "3";

  @Option(
      names = "--every",
      paramLabel = "TIME",
      converter = WaitTime.class,
      description = "Between two observations of a patient, 1s to 1h; default: ${DEFAULT-VALUE}.",
      defaultValue = "2s")
  Duration every = Duration.ofSeconds(2);

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "Stop after so long, 1 to " + SECONDS_MAX + "; default: never.")
  @Nullable Integer seconds;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed gives the same vital signs; default: ${DEFAULT-VALUE}.",
      defaultValue = "1")
  long seed = 1;

  private int published;

  /** When the next observation is made, as {@link Pacing#nanoTime}. */
  private long due;

  Demo(CommandContext context) {
    super(context);
  }

  @Override
  RemoteOptions remote() {
    return remote;
  }

  @Override
  int run() throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    if (seconds != null && (seconds < 1 || seconds > SECONDS_MAX)) {
      throw new ParameterException(command(), "--seconds: 1 to " + SECONDS_MAX);
    }
    Ward invented = ward();
    context
        .out()
        .printf(
            "Ward %s: %d invented patients, each observed every %d s; watch it at %s%n",
            invented.name(),
            patients,
            every.toSeconds(),
            remote.server(context, command()).resolve(ApiPath.of("wards", invented.name())));
    due = context.pacing().nanoTime();
    long end = seconds == null ? Long.MAX_VALUE : due + Duration.ofSeconds(seconds).toNanos();
    while (true) {
      int exitCode = feed(invented, end);
      if (exitCode != ExitCode.DONE || context.pacing().nanoTime() >= end) {
        context.out().printf("%d observations published%n", published);
        return exitCode;
      }
    }
  }

  private Ward ward() {
    try {
      return Ward.of(ward, patients, seed);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command(), "--" + e.getMessage());
    }
  }

  /** For as long as one client is good. */
  private int feed(Ward invented, long end)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    Pacing pacing = context.pacing();
    long step =
        Math.ceilDiv(
            every.toNanos(), (long) patients); // spread, so that something happens all the time
    long renewed = pacing.nanoTime() + CLIENT_LIFETIME.toNanos();
    try (ApiClient api = client()) {
      while (due < renewed) {
        for (Patient patient : invented.patients()) {
          long wait = due - pacing.nanoTime();
          if (wait > 0) {
            pacing.pause(Duration.ofNanos(wait));
          } else {
            due -= wait; // a slow server is not to be caught up with
          }
          if (pacing.nanoTime() >= end) {
            return ExitCode.DONE;
          }
          Optional<Problem> refusal = observed(api, invented, patient);
          if (refusal.isPresent()) {
            int exitCode = refused(refusal.get());
            if (!PASSING.contains(refusal.get().status())) {
              return exitCode;
            }
          }
          due += step;
        }
      }
    }
    return ExitCode.DONE;
  }

  /** One observation, that a restart of the server does not end once it has been there. */
  private Optional<Problem> observed(ApiClient api, Ward invented, Patient patient)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    try {
      return observe(api, invented, patient);
    } catch (ServerUnreachableException e) {
      if (published == 0) {
        throw e;
      }
      context.err().println(e.getMessage() + "; trying again");
      context.pacing().pause(RETRY);
      return Optional.empty();
    }
  }

  /** Empty where it was published. */
  private Optional<Problem> observe(ApiClient api, Ward invented, Patient patient)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    Instant at = Instant.now();
    byte[] message = OruMessage.of(invented, patient, patient.observe(), at, published);
    Reply converted = invoke(api, CONVERTER, "x-application/hl7-v2+er7", message);
    if (!(converted instanceof Reply.Success bundle)) {
      return problem(converted);
    }
    VitalSigns signs = signs(bundle);
    Reply scored = invoke(api, SCORE, "application/json", utf8(VitalsEvent.vitals(signs)));
    if (!(scored instanceof Reply.Success score)) {
      return problem(scored);
    }
    ObjectNode news2 = ApiJson.object(score);
    byte[] event = utf8(VitalsEvent.of(invented, patient, signs, news2, at));
    for (ApiPath topic :
        List.of(
            ApiPath.of("v1", "topics", "patient", patient.id(), "vitals"),
            ApiPath.of("v1", "topics", "ward", invented.name()))) {
      Reply reply = api.post(topic, "application/json", event);
      if (!(reply instanceof Reply.Success)) {
        return problem(reply);
      }
    }
    published++;
    context.out().println(line(patient, signs, news2, at));
    return Optional.empty();
  }

  private static Reply invoke(ApiClient api, String plugin, String contentType, byte[] content)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    return api.post(ApiPath.of("v1", "plugins", plugin, "invoke"), contentType, content);
  }

  /** RATIONALE: "Why does the demo read the vital signs back from the FHIR Bundle?" */
  private static VitalSigns signs(Reply.Success bundle) throws UnexpectedAnswerException {
    return switch (FhirVitals.read(ApiJson.object(bundle))) {
      case FhirVitals.Reading.Complete(VitalSigns signs) -> signs;
      case FhirVitals.Reading.Incomplete(var codes) ->
          throw new UnexpectedAnswerException(
              bundle.call() + " was answered without the observations " + String.join(", ", codes));
    };
  }

  private static Optional<Problem> problem(Reply reply) {
    return switch (reply) {
      case Reply.Refused(Problem problem) -> Optional.of(problem);
      case Reply.Success _ -> Optional.empty();
    };
  }

  private static byte[] utf8(ObjectNode json) {
    return ApiJson.compact(json).getBytes(StandardCharsets.UTF_8);
  }

  private static String line(Patient patient, VitalSigns signs, ObjectNode news2, Instant at) {
    return String.format(
        Locale.ROOT,
        "%s  %-8s NEWS2 %2d %-10s  RR %2d  SpO2 %3d%s  BP %3d  pulse %3d  %s  %s",
        at.toString().substring(11, 19),
        patient.id(),
        news2.path("score").asInt(),
        Printable.line(news2.path("risk").asText()),
        signs.respiratoryRate(),
        signs.spo2(),
        signs.supplementalOxygen() ? "+O2" : "   ",
        signs.systolicBloodPressure(),
        signs.pulse(),
        signs.consciousness(),
        signs.temperature());
  }
}
