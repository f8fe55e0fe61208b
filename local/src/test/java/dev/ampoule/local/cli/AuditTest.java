package dev.ampoule.local.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ampoule.local.cli.FakeAmpoule.Canned;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AuditTest {
  private static final String CHAIN = "3f0c6c1e-8f0a-4c59-a3f1-6f5d6b1f9a10";

  private final FakeAmpoule server = new FakeAmpoule();
  private final Shell shell = new Shell();

  @BeforeEach
  void useServer() {
    shell.environment.put("AMPOULE_URL", server.url());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private ObjectNode entry(int index, String action, String outcome) {
    ObjectNode entry =
        new JsonMapper()
            .createObjectNode()
            .put("id", CHAIN + ".7." + index)
            .put("time", "2026-11-23T10:00:00.00" + index + "Z")
            .put("action", action)
            .put("actor", "alice")
            .put("outcome", outcome);
    server.entries.add(entry);
    return entry;
  }

  @Test
  void entriesOfEveryPageAreOneAlignedTable() {
    entry(0, "INVOKE", "SUCCESS").put("plugin", "deidentify").put("version", "1.0.0");
    entry(1, "INVOKE", "NOT_FOUND").put("plugin", "nope");
    entry(2, "READ_PLUGINS", "FORBIDDEN");
    Shell.Result result = shell.run("audit");

    assertThat(result.exitCode()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .isEqualTo(
            """
            TIME                      ACTION        OUTCOME    ACTOR  PLUGIN            ID
            2026-11-23T10:00:00.000Z  INVOKE        SUCCESS    alice  deidentify@1.0.0  %1$s.7.0
            2026-11-23T10:00:00.001Z  INVOKE        NOT_FOUND  alice  nope              %1$s.7.1
            2026-11-23T10:00:00.002Z  READ_PLUGINS  FORBIDDEN  alice  -                 %1$s.7.2
            """
                .formatted(CHAIN));
  }

  @Test
  void everyFilterIsSentWithEveryPage() {
    entry(0, "INVOKE", "SUCCESS");
    entry(1, "INVOKE", "SUCCESS");
    entry(2, "INVOKE", "SUCCESS");
    shell.run(
        "audit",
        "--from",
        "2026-11-01T00:00:00Z",
        "--to",
        "2026-12-01T00:00:00+01:00",
        "--plugin",
        "p",
        "--actor",
        "a b&c",
        "--outcome",
        "SUCCESS");

    Map<String, String> filters =
        Map.of(
            "from", "2026-11-01T00:00:00Z",
            "to", "2026-12-01T00:00:00+01:00",
            "plugin", "p",
            "actor", "a b&c",
            "outcome", "SUCCESS");
    assertThat(server.seen).hasSize(2);
    assertThat(server.seen.get(0).query())
        .containsAllEntriesOf(filters)
        .containsEntry("limit", "50")
        .hasSize(6);
    assertThat(server.seen.get(1).query())
        .containsAllEntriesOf(filters)
        .containsEntry("limit", "48")
        .containsEntry("next", "2")
        .hasSize(7);
  }

  @Test
  void atTheLimitItSaysThatThereIsMore() {
    for (int i = 0; i < 4; i++) {
      entry(i, "INVOKE", "SUCCESS");
    }
    Shell.Result result = shell.run("audit", "--limit", "3", "--json");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out())
        .isEqualTo("{\"entries\":[%s,%s,%s]}\n".formatted(server.entries.subList(0, 3).toArray()));
    assertThat(result.err()).isEqualTo("there are more; --limit N shows up to 10000\n");
    assertThat(server.seen).extracting(seen -> seen.query().get("limit")).containsExactly("3", "1");
  }

  @Test
  void damagedBlocksOfEveryPageAreAFailureThatNamesThem() {
    String page = "{\"entries\":[{\"id\":\"%s\"}],\"damaged\":[\"c1.%s\"]%s}";
    server.cannedPages.put("GET /v1/audit", page.formatted("a", "7", ",\"next\":\"2\""));
    server.cannedPages.put("GET /v1/audit 2", page.formatted("b", "9", ""));
    Shell.Result result = shell.run("audit", "--json");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out())
        .isEqualTo(
            "{\"damaged\":[\"c1.7\",\"c1.9\"],\"entries\":[{\"id\":\"a\"},{\"id\":\"b\"}]}\n");
    assertThat(result.err())
        .isEqualTo(
            """
            entries cannot be read: block c1.7
            entries cannot be read: block c1.9
            the log is damaged; run: ampoule audit verify
            """);
  }

  @Test
  void noEntriesIsSaidOnStandardError() {
    Shell.Result result = shell.run("audit");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).isEqualTo("no entries\n");
  }

  static Stream<Arguments> usageErrors() {
    return Stream.of(
        arguments(List.of("audit", "--limit", "0"), "audit", "--limit: must be 1 to 10000, not 0"),
        arguments(
            List.of("audit", "--limit", "10001"),
            "audit",
            "--limit: must be 1 to 10000, not 10001"),
        arguments(
            List.of("audit", "--limit", "x"),
            "audit",
            "Invalid value for option '--limit': 'x' is not an int"),
        arguments(List.of("audit", "show"), "audit show", "Missing required parameter: 'ID'"),
        arguments(
            List.of("audit", "show", ".."), "audit show", "ID: must not be empty, '.' or '..'"),
        arguments(
            List.of("audit", "--from", "x", "verify"),
            "audit verify",
            "--from: is for listing, not for verify"),
        arguments(
            List.of("audit", "--json", "show", "x"),
            "audit show",
            "--json: is for listing, not for show"),
        arguments(
            List.of("audit", "verify", "--export", "x"),
            "audit verify",
            "Error: Missing required argument(s): --public-key=FILE"));
  }

  @ParameterizedTest
  @MethodSource("usageErrors")
  void wrongUsageIsExitCode2AndNothingIsSent(List<String> arguments, String command, String error) {
    Shell.Result result = shell.run(arguments.toArray(String[]::new));

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).isEqualTo(error + "\nTry: ampoule " + command + " --help\n");
    assertThat(server.seen).isEmpty();
  }

  @Test
  void anEntryIsShownInFull() {
    entry(0, "INVOKE", "SUCCESS").put("durationMs", 12);
    Shell.Result result = shell.run("audit", "show", CHAIN + ".7.0");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out())
        .isEqualTo(
            """
            {
              "id" : "%s.7.0",
              "time" : "2026-11-23T10:00:00.000Z",
              "action" : "INVOKE",
              "actor" : "alice",
              "outcome" : "SUCCESS",
              "durationMs" : 12
            }
            """
                .formatted(CHAIN));
    assertThat(server.last().headers()).containsEntry("Accept", "application/json");
  }

  @Test
  void anEntryIsShownAsFhirWithItsDecimalsKept() {
    server.canned.put(
        "GET /v1/audit/x",
        Canned.of(200, "application/fhir+json", "{\"resourceType\":\"AuditEvent\",\"v\":1.10}"));
    Shell.Result result = shell.run("audit", "show", "x", "--fhir");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out())
        .isEqualTo("{\n  \"resourceType\" : \"AuditEvent\",\n  \"v\" : 1.10\n}\n");
    assertThat(server.last().headers()).containsEntry("Accept", "application/fhir+json");
  }

  @Test
  void anUnknownEntryIsExitCode1() {
    Shell.Result result = shell.run("audit", "show", CHAIN + ".9.9");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).isEqualTo("No such audit entry: No entry has this id.\n");
  }

  static Stream<Arguments> verifications() {
    return Stream.of(
        arguments(
            "{\"ok\":true,\"blocks\":12,\"entries\":34,\"chains\":2,\"findings\":[]}",
            0,
            "verified: 12 blocks, 34 entries, 2 chains\n",
            ""),
        arguments(
            "{\"ok\":true,\"blocks\":1,\"entries\":1,\"chains\":1,\"findings\":[]}",
            0,
            "verified: 1 block, 1 entry, 1 chain\n",
            ""),
        arguments(
            """
            {"ok":false,"blocks":12,"entries":34,"chains":2,
             "findings":[{"block":"c1#7","problem":"HASH_MISMATCH"}]}\
            """,
            1,
            "",
            """
            verification failed: 12 blocks, 34 entries, 2 chains, 1 finding
              c1#7: HASH_MISMATCH
            """),
        arguments(
            """
            {"ok":false,"chains":1,"blocks":2,"entries":3,"checkpoints":4,"complete":false,
             "findings":[{"checkpoint":"t1","problem":"BAD_ROOT"},
                         {"key":"k1","problem":"UNREADABLE_KEY"}]}\
            """,
            1,
            "",
            """
            verification failed: 2 blocks, 3 entries, 1 chain, 2 findings
              checkpoint t1: BAD_ROOT
              key k1: UNREADABLE_KEY
              it stopped there; there is more
            """),
        arguments(
            "{\"ok\":false,\"blocks\":0,\"entries\":0,\"chains\":0,\"findings\":[]}",
            1,
            "",
            "verification failed: 0 blocks, 0 entries, 0 chains, 0 findings\n"),
        arguments(
            """
            {"ok":true,"blocks":1,"entries":1,"chains":1,
             "findings":[{"block":"c1#7","problem":"MISSING"}]}\
            """,
            1,
            "",
            "verification failed: 1 block, 1 entry, 1 chain, 1 finding\n  c1#7: MISSING\n"),
        arguments(
            "{\"blocks\":1,\"entries\":1,\"chains\":1,\"findings\":[]}",
            1,
            "",
            "GET /v1/audit/verification was answered without the field ok; is this the URL of an Ampoule server?\n"),
        arguments(
            "{\"ok\":true,\"entries\":1,\"chains\":1,\"findings\":[]}",
            1,
            "",
            "GET /v1/audit/verification was answered without the field blocks; is this the URL of an Ampoule server?\n"));
  }

  @ParameterizedTest
  @MethodSource("verifications")
  void verificationByTheServer(String answer, int exitCode, String out, String err) {
    server.canned.put("GET /v1/audit/verification", Canned.json(200, answer));
    Shell.Result result = shell.run("audit", "verify");

    assertThat(result.exitCode()).isEqualTo(exitCode);
    assertThat(result.out()).isEqualTo(out);
    assertThat(result.err()).isEqualTo(err);
  }

  @Test
  void optionsOfTheServerMayStandBeforeTheSubcommand() {
    shell.environment.clear();
    server.canned.put(
        "GET /v1/audit/verification",
        Canned.json(200, "{\"ok\":true,\"blocks\":1,\"entries\":1,\"chains\":1,\"findings\":[]}"));

    assertThat(shell.run("audit", "--url", server.url(), "verify").exitCode()).isZero();
    assertThat(shell.run("audit", "verify", "--url", server.url()).exitCode()).isZero();
  }

  static Stream<Arguments> exports() {
    List<Verification.Finding> findings = new ArrayList<>();
    for (int i = 0; i < 102; i++) {
      findings.add(new Verification.Finding("b" + i, "MISSING"));
    }
    StringBuilder hundred = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      hundred.append("  b").append(i).append(": MISSING\n");
    }
    return Stream.of(
        arguments(
            new Verification.Checked(true, 3, 9, 1, List.of(), true),
            0,
            "verified: 3 blocks, 9 entries, 1 chain\n",
            ""),
        arguments(
            new Verification.Checked(false, 3, 9, 1, findings, false),
            1,
            "",
            "verification failed: 3 blocks, 9 entries, 1 chain, 102 findings\n"
                + hundred
                + "  and 2 more\n  it stopped there; there is more\n"),
        arguments(
            new Verification.Unreadable("key.pem: no public key"),
            1,
            "",
            "cannot verify: key.pem: no public key\n"));
  }

  @ParameterizedTest
  @MethodSource("exports")
  void verificationOfAnExportAsksNoServer(
      Verification verification, int exitCode, String out, String err) {
    List<Path> given = new ArrayList<>();
    shell.exportVerifier =
        (export, publicKey) -> {
          given.add(export);
          given.add(publicKey);
          return verification;
        };
    Shell.Result result =
        shell.run("audit", "verify", "--export", "audit.jsonl", "--public-key", "key.pem");

    assertThat(result.exitCode()).isEqualTo(exitCode);
    assertThat(result.out()).isEqualTo(out);
    assertThat(result.err()).isEqualTo(err);
    assertThat(given).containsExactly(Path.of("audit.jsonl"), Path.of("key.pem"));
    assertThat(server.seen).isEmpty();
  }
}
