package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.entry.ModuleSigning;
import dev.ampoule.local.cli.CommandContext;
import dev.ampoule.local.cli.OfflineVerifier;
import dev.ampoule.local.cli.Pacing;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;

/** From {@code ampoule sign} to the audit entry of a call. */
final class SigningTest {
  private static final Path NEWS2 = Stack.ROOT.resolve("plugins/news2/plugin.wasm");

  @TempDir private Path home;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private String key = "";
  private String module = "";

  @BeforeEach
  void copyModule() throws Exception {
    key = home.resolve("plugin.key").toString();
    module = Files.copy(NEWS2, home.resolve("news2.wasm")).toString();
  }

  private int ampoule(String... arguments) {
    out.reset();
    err.reset();
    return Main.commandLine(
            TemplateApplication::of,
            new CommandContext(
                Map.of(),
                new ByteArrayInputStream(new byte[0]),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                Pacing.ofProcess(),
                Optional::empty,
                new OfflineVerifier()))
        .execute(arguments);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private String newKey(String file) {
    assertThat(ampoule("sign", "--new-key", file)).isZero();
    return out().replaceFirst("^key ([0-9a-f]{64}) in [^\n]*\n$", "$1");
  }

  @Test
  void aKeyIsMadeOnceAndOnlyItsOwnerReadsIt() throws Exception {
    assertThat(newKey(key)).matches("[0-9a-f]{64}");
    assertThat(Files.getPosixFilePermissions(Path.of(key)))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    var before = Files.readString(Path.of(key));
    assertThat(ampoule("sign", "--new-key", key)).isEqualTo(2);
    assertThat(Files.readString(Path.of(key))).isEqualTo(before);
  }

  @Test
  void whatIsSignedIsVerifiedAndWhatIsChangedIsNot() throws Exception {
    var id = newKey(key);
    assertThat(ampoule("sign", module, "--key", key)).isZero();
    assertThat(out()).isEqualTo(module + " signed by " + id + "\n");
    assertThat(ampoule("verify", module, "--key", key + ".pub")).isZero();
    assertThat(out()).isEqualTo(module + " signed by " + id + "\n");
    assertThat(ampoule("verify", NEWS2.toString(), "--key", key + ".pub")).isEqualTo(1);
    assertThat(err()).endsWith("signature: none, and this deployment wants one\n");

    var changed = Files.readAllBytes(Path.of(module));
    changed[changed.length - 1] ^= 1;
    Files.write(Path.of(module), changed);
    assertThat(ampoule("verify", module, "--key", key + ".pub")).isEqualTo(1);
    assertThat(ampoule("verify", module, "--key", module)).isEqualTo(2);
    assertThat(ampoule("sign", module, "--key", key + ".pub")).isEqualTo(2);
    assertThat(ampoule("sign", key, "--key", key)).isEqualTo(2);
    assertThat(ampoule("sign", module)).isEqualTo(2);
  }

  @Test
  void aKeyOfOpenSslSignsToo() throws Exception {
    for (String command :
        List.of(
            "openssl genpkey -algorithm ed25519 -out " + key,
            "openssl pkey -in " + key + " -pubout -out " + key + ".pub")) {
      assertThat(new ProcessBuilder(command.split(" ", -1)).start().waitFor()).isZero();
    }
    assertThat(ampoule("sign", module, "--key", key, "--detached")).isZero();
    assertThat(Files.readAllBytes(Path.of(module))).isEqualTo(Files.readAllBytes(NEWS2));
    assertThat(ampoule("verify", module, "--key", key + ".pub", "--signature", module + ".sig"))
        .isZero();
  }

  @Test
  void theKeyOfASignedModuleStandsInTheVersionAndInTheAuditOfItsRegistrationAndItsCalls()
      throws Exception {
    var id = newKey(key);
    var signatures =
        new LocalEnvironment.Signatures(
            List.of(ModuleSigning.publicKeyBase64(Files.readAllBytes(Path.of(key + ".pub")))),
            true);
    assertThat(ampoule("sign", module, "--key", key, "--detached")).isZero();
    try (var stack =
        new Stack(
            home,
            Stack.ROOT.resolve("template.yaml"),
            new LocalStack.Options(
                "127.0.0.1",
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                WebSocketLimits.AWS,
                signatures))) {
      stack.upload("news2", "unsigned", "1.0.0");
      var unsigned = stack.registered("unsigned", "1.0.0");
      assertThat(unsigned.path("state").asText()).isEqualTo("REJECTED");
      assertThat(unsigned.path("reasons").get(0).asText())
          .isEqualTo("signature: none, and this deployment wants one");

      stack
          .s3()
          .putObject(
              b -> b.bucket(stack.bucket()).key("plugins/news2/1.0.0.wasm.sig"),
              RequestBody.fromFile(Path.of(module + ".sig")));
      stack.upload("news2", "news2", "1.0.0");
      var version = stack.registered("news2", "1.0.0");
      assertThat(version.path("state").asText()).as(version.toString()).isEqualTo("LIVE");
      assertThat(version.path("signedBy").asText()).isEqualTo(id);

      var input =
          Files.readAllBytes(Stack.ROOT.resolve("plugins/news2/testdata/input/sepsis-high.json"));
      assertThat(stack.invoke("news2/invoke", input).statusCode()).isEqualTo(200);
      var entries =
          Stack.json(stack.get("/v1/audit?plugin=news2", stack.token("auditor"))).path("entries");
      for (String action : List.of("REGISTER", "INVOKE")) {
        assertThat(entries)
            .filteredOn(entry -> entry.path("action").asText().equals(action))
            .isNotEmpty()
            .allMatch(entry -> entry.path("signedBy").asText().equals(id));
      }
    }
  }
}
