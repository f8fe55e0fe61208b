package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.api.client.AWSLambda;
import com.amazonaws.services.lambda.runtime.serialization.PojoSerializer;
import com.fasterxml.jackson.databind.JsonNode;
import dev.ampoule.entry.RuntimeApi.Posted;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.utilslite.SdkInternalThreadLocal;

/**
 * The package as Lambda runs it: unpacked to the task's folder, in a process whose class path is
 * the runtime's own and nothing else, started through the runtime interface client as from a
 * snapshot.
 */
final class PackageIT {
  private static final Path ZIP = Path.of(System.getProperty("ampoule.package"));

  /** Lambda takes 50 MB zipped; half of it is what the functions need today, and some room. */
  private static final long ZIP_BYTES_MAX = 32L * 1024 * 1024;

  private static Backend backend;

  @TempDir private static Path task;

  @BeforeAll
  static void start() throws Exception {
    unpack();
    backend = Backend.start();
    Events.prepare(backend);
  }

  private static void unpack() throws IOException {
    try (var zip = new ZipFile(ZIP.toFile())) {
      for (var entry : zip.stream().toList()) {
        var target = task.resolve(entry.getName()).normalize();
        if (entry.isDirectory()) {
          Files.createDirectories(target);
        } else {
          Files.createDirectories(target.getParent());
          try (var in = zip.getInputStream(entry)) {
            Files.copy(in, target);
          }
        }
      }
    }
  }

  @Test
  void itIsWellBelowWhatLambdaTakes() throws IOException {
    assertThat(Files.size(ZIP)).isLessThan(ZIP_BYTES_MAX);
  }

  @Test
  void itHoldsWhatTheFunctionsNeedAndNothingElse() throws IOException {
    var libraries =
        entries()
            .map(ZipEntry::getName)
            .filter(name -> name.startsWith("lib/") && name.endsWith(".jar"))
            .map(name -> name.substring("lib/".length()).replaceAll("-\\d.*", ""))
            .toList();
    assertThat(libraries)
        .contains("ampoule-functions", "dynamodb", "s3", "url-connection-client", "log4j-core")
        .doesNotHaveDuplicates()
        .noneMatch(name ->
            name.matches(
                "(netty|jetty|logback|junit|assertj|archunit|wabt|wasi|picocli|mockito|aspectj)"
                    + ".*|.*(DynamoDBLocal|s3proxy|cdk|jsii|constructs|apache-client|runtime-interface-client|"
                    + "java-serialization|ampoule-(local|infra)).*"));
    assertThat(entries().map(ZipEntry::getName).filter(name -> !name.startsWith("lib/")))
        .containsExactlyInAnyOrder("log4j2.xml", "log-line.json");
  }

  /** Maven's outputTimestamp everywhere: one commit, one zip, byte for byte. */
  @Test
  void itsBytesDoNotDependOnWhenItWasBuilt() throws IOException {
    assertThat(entries().map(ZipEntry::getLastModifiedTime).map(FileTime::toInstant).distinct())
        .hasSize(1)
        .first()
        .satisfies(time -> assertThat(time).isBefore(Instant.parse("2026-01-03T00:00:00Z")));
  }

  private static Stream<? extends ZipEntry> entries() throws IOException {
    try (var zip = new ZipFile(ZIP.toFile())) {
      return zip.stream().toList().stream();
    }
  }

  private static final Map<Class<?>, Environment> ENVIRONMENTS = new LinkedHashMap<>();

  @TestFactory
  Stream<DynamicTest> itStartsAndAnswersTheEventOfEveryTrigger() {
    return Events.IN_ORDER.stream()
        .map(one ->
            DynamicTest.dynamicTest(
                one.toString(),
                () -> {
                  if (one.file().equals("activate.json")) {
                    environment(RegisterHandler.class).call(Events.secondUpload());
                  }
                  var environment = environment(one.handler());
                  one.expected().check(environment.call(Events.text(one.file())), backend);
                  environment.check();
                }));
  }

  @AfterAll
  static void stop() {
    ENVIRONMENTS.values().forEach(Environment::close);
    backend.close();
  }

  private static Environment environment(Class<?> handler) throws IOException {
    var environment = ENVIRONMENTS.get(handler);
    if (environment == null) {
      environment = new Environment(handler);
      ENVIRONMENTS.put(handler, environment);
    }
    return environment;
  }

  /** An execution environment: one process of one function. */
  private static final class Environment implements AutoCloseable {
    private final String function;
    private final RuntimeApi api = new RuntimeApi();
    private final Process process;
    private final Path output;

    Environment(Class<?> handler) throws IOException {
      function = handler.getSimpleName().replace("Handler", "");
      output = Files.createTempFile("lambda-" + function, ".log");
      var builder =
          new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-XX:+UseSerialGC",
              "-XX:TieredStopAtLevel=1",
              // The client has native code of its own.
              "--enable-native-access=ALL-UNNAMED",
              "-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac",
              "-cp",
              runtimeClassPath(),
              AWSLambda.class.getName(),
              handler.getName());
      builder.directory(task.toFile());
      builder.environment().clear();
      builder.environment().putAll(backend.environment());
      builder
          .environment()
          .putAll(
              Map.of(
                  "AWS_LAMBDA_RUNTIME_API", api.address(),
                  "AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start",
                  "AWS_LAMBDA_FUNCTION_NAME", "ampoule-" + function,
                  "AWS_LAMBDA_FUNCTION_VERSION", "7",
                  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048",
                  "AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/ampoule",
                  "AWS_LAMBDA_LOG_STREAM_NAME", "stream",
                  "_HANDLER", handler.getName(),
                  "LAMBDA_TASK_ROOT", task.toString(),
                  "LANG", "C.UTF-8"));
      process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    }

    JsonNode call(String event) throws Exception {
      var ended = process.onExit().thenRun(() -> api.died(said()));
      Posted answer = api.call(event);
      ended.cancel(false);
      assertThat(answer.path()).as("%s%n%s", answer.body(), said()).endsWith("/response");
      return Events.json(answer.body());
    }

    private String said() {
      try {
        return Files.readString(output);
      } catch (IOException e) {
        return "(its output could not be read)";
      }
    }

    /** What it left on standard output: JSON lines, its own metrics, and no cold snapshot. */
    void check() throws IOException {
      assertThat(api.restores()).isEqualTo(1);
      var lines = new ArrayList<JsonNode>();
      for (var line : Files.readAllLines(output)) {
        assertThat(line).startsWith("{").endsWith("}");
        lines.add(Events.json(line));
      }
      assertThat(lines)
          .noneMatch(line -> line.at("/message").asText().contains("starts cold"))
          .anySatisfy(line -> {
            assertThat(line.at("/_aws/CloudWatchMetrics/0/Namespace").asText())
                .isEqualTo("Ampoule");
            assertThat(line.at("/Function").asText()).isEqualTo(function);
            assertThat(line.at("/ColdStarts").intValue()).isEqualTo(1);
            assertThat(line.at("/CallFailures").intValue()).isZero();
            assertThat(line.at("/FunctionRequestId").asText()).isEqualTo(RuntimeApi.requestId(1));
          });
      switch (function) {
        case "Register" ->
            assertThat(lines)
                .anySatisfy(line -> {
                  assertThat(line.at("/message").asText()).isEqualTo("echo@1.0.0 registered, live");
                  assertThat(line.at("/level").asText()).isEqualTo("INFO");
                  assertThat(line.at("/function_request_id").asText())
                      .isEqualTo(RuntimeApi.requestId(1));
                  assertThat(line.at("/xray_trace_id").asText())
                      .isEqualTo("1-6924a1b0-3f8a1c2d4e5f60718293a4b5");
                });
        case "Invoke" ->
            assertThat(lines)
                .anySatisfy(line ->
                    assertThat(line.at("/message").asText())
                        .matches("the snapshot holds 1 modules of \\d+ bytes; left out: 0"))
                .anySatisfy(line -> {
                  assertThat(line.at("/PluginInvocations").intValue()).isEqualTo(1);
                  assertThat(line.at("/Plugin").asText()).isEqualTo("echo");
                  assertThat(line.at("/Version").asText()).isEqualTo("1.0.0");
                  assertThat(line.at("/Outcome").asText()).isEqualTo("SUCCESS");
                });
        default -> {}
      }
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
      api.close();
      try {
        Files.deleteIfExists(output);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The java25 runtime's own jars: the client, its serializers, the interfaces. */
  private static String runtimeClassPath() {
    return Stream.of(
            AWSLambda.class, PojoSerializer.class, LambdaLogger.class, SdkInternalThreadLocal.class)
        .map(PackageIT::jar)
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String jar(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
