package dev.ampoule.local.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.local.cli.FakeAmpoule.Canned;
import dev.ampoule.local.cli.FakeAmpoule.Version;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PluginsAndActivateTest {
  private static final String DIGEST = "sha256:" + "a".repeat(64);

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

  private void register(String name, String version, Version record) {
    server.plugins.computeIfAbsent(name, _ -> new LinkedHashMap<>()).put(version, record);
  }

  @Test
  void pluginsOfEveryPageAreOneAlignedTable() {
    register("deidentify", "1.0.0", Version.live(DIGEST));
    register("hl7v2-to-fhir", "2.1.0", Version.live(DIGEST));
    register("news2", "1.0.0", Version.live(DIGEST).in("REJECTED"));
    Shell.Result result = shell.run("plugins");

    assertThat(result.exitCode()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .isEqualTo(
            """
            NAME           LIVE
            deidentify     1.0.0
            hl7v2-to-fhir  2.1.0
            news2          -
            """);
    assertThat(server.seen)
        .extracting(FakeAmpoule.Seen::query)
        .containsExactly(Map.of(), Map.of("next", "2"));
  }

  @Test
  void noPluginsIsSaidOnStandardError() {
    Shell.Result result = shell.run("plugins");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).isEqualTo("no plugins yet\n");
  }

  @Test
  void jsonIsTheServersWithAllPagesInOne() {
    register("a", "1.0.0", Version.live(DIGEST));
    register("b", "1.0.0", Version.live(DIGEST));
    register("c", "1.0.0", Version.live(DIGEST));

    assertThat(shell.run("plugins", "--json").out())
        .isEqualTo(
            """
            {"plugins":[{"name":"a","live":"1.0.0"},{"name":"b","live":"1.0.0"},{"name":"c","live":"1.0.0"}]}
            """);
  }

  @Test
  void theVersionsOfAPluginAreOneTableAndRejectionsSayWhy() {
    register("p", "1.0.0", Version.live(DIGEST));
    register("p", "1.1.0", Version.live(DIGEST).in("VALIDATED"));
    register("p", "1.2.0-rc.1", Version.live(DIGEST).in("REJECTED").because("two memories"));
    Shell.Result result = shell.run("plugins", "p");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out())
        .isEqualTo(
            """
            VERSION     STATE      REGISTERED            DIGEST
            1.0.0       LIVE       2026-11-23T10:00:00Z  %1$s
            1.1.0       VALIDATED  2026-11-23T10:00:00Z  %1$s
            1.2.0-rc.1  REJECTED   2026-11-23T10:00:00Z  %1$s
            1.2.0-rc.1 was rejected:
              two memories
            """
                .formatted(DIGEST));
    assertThat(server.calls()).containsExactly("GET /v1/plugins/p", "GET /v1/plugins/p/versions");
  }

  @Test
  void theJsonOfOnePluginKeepsItsOtherFields() {
    register("p", "1.0.0", Version.live("d"));

    assertThat(shell.run("plugins", "p", "--json").out())
        .isEqualTo(
            """
            {"name":"p","live":"1.0.0","versions":[{"version":"1.0.0","state":"LIVE","digest":"d","registeredAt":"2026-11-23T10:00:00Z"}]}
            """);
  }

  @Test
  void anUnknownPluginIsExitCode1() {
    Shell.Result result = shell.run("plugins", "nope");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).isEqualTo("No such plugin: No version of it was ever registered.\n");
  }

  @Test
  void activatingNamesTheVersionThatWasLiveBefore() {
    register("p", "1.0.0", Version.live(DIGEST));
    register("p", "1.1.0", Version.live(DIGEST).in("VALIDATED"));
    Shell.Result result = shell.run("activate", "p", "1.1.0");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEqualTo("p@1.1.0 is LIVE (before: 1.0.0)\n");
    assertThat(result.err()).isEmpty();
    assertThat(server.last().call()).isEqualTo("POST /v1/plugins/p/versions/1.1.0/activate");
    assertThat(server.last().text()).isEqualTo("{}");
  }

  @Test
  void aVersionThatCannotGoLiveIsExitCode1() {
    server.canned.put(
        "POST /v1/plugins/p/versions/1.0.0/activate",
        Canned.problem(
            409,
            """
            {"title":"The version's state does not allow this","status":409,
             "detail":"The version is RETIRED; it cannot go live from there.",
             "state":"RETIRED","allowed":["VALIDATED","LIVE"]}\
            """));
    Shell.Result result = shell.run("activate", "p", "1.0.0");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            """
            The version's state does not allow this: The version is RETIRED; it cannot go live from there.
              state: RETIRED
              allowed: VALIDATED, LIVE
            """);
  }

  @Test
  void activatingNeedsAVersion() {
    Shell.Result result = shell.run("activate", "p");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .isEqualTo("Missing required parameter: 'VERSION'\nTry: ampoule activate --help\n");
  }

  @Test
  void aTrialsShareIsSentAsItIsGiven() {
    register("p", "1.0.0", Version.live(DIGEST));
    register("p", "1.1.0", Version.live(DIGEST).in("VALIDATED"));

    assertThat(shell.run("activate", "p", "1.1.0", "--weight", "10").exitCode()).isZero();
    assertThat(server.last().text()).isEqualTo("{\"weight\":10}");
    assertThat(shell.run("activate", "p", "1.1.0", "--shadow").exitCode()).isZero();
    assertThat(server.last().text()).isEqualTo("{\"shadow\":true}");
    assertThat(shell.run("activate", "p", "1.1.0", "--weight", "some").exitCode()).isEqualTo(2);
  }

  @Test
  void everyMoveIsOneCall() {
    moves("rollback p", "POST /v1/plugins/p/rollback", "{}");
    moves("rollback p 1.0.0", "POST /v1/plugins/p/rollback", "{\"version\":\"1.0.0\"}");
    moves("retire p 1.0.0", "POST /v1/plugins/p/versions/1.0.0/retire", "{}");
    moves("quarantine p 1.0.0", "POST /v1/plugins/p/versions/1.0.0/quarantine", "{}");
    moves(
        "quarantine p 1.0.0 --reason CVE-2026-1",
        "POST /v1/plugins/p/versions/1.0.0/quarantine",
        "{\"reason\":\"CVE-2026-1\"}");
  }

  private void moves(String command, String call, String body) {
    server.canned.put(
        call,
        Canned.json(
            200,
            "{\"name\":\"p\",\"version\":\"1.0.0\",\"state\":\"MOVED\",\"before\":\"1.1.0\"}"));
    Shell.Result result = shell.run(command.split(" "));

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).isEqualTo("p@1.0.0 is MOVED (before: 1.1.0)\n");
    assertThat(server.last().call()).isEqualTo(call);
    assertThat(server.last().text()).isEqualTo(body);
  }

  @Test
  void theStoryOfAPluginFollowsItsVersions() {
    server.canned.put(
        "GET /v1/plugins/p",
        Canned.json(
            200,
            """
            {"name":"p","versions":[{"version":"1.0.0","state":"QUARANTINED","digest":"d",
             "registeredAt":"2026-11-23T10:00:00Z"}],
             "history":[{"at":"2026-11-28T10:00:00Z","actor":"system","move":"quarantine",
             "version":"1.0.0","from":"LIVE","to":"QUARANTINED","why":"10 crashes in 60 s"}]}
            """));

    assertThat(shell.run("plugins", "p").out())
        .isEqualTo(
            """
            VERSION  STATE        REGISTERED            DIGEST
            1.0.0    QUARANTINED  2026-11-23T10:00:00Z  d

            WHEN                  MOVE        VERSION  FROM  TO           BY      WHY
            2026-11-28T10:00:00Z  quarantine  1.0.0    LIVE  QUARANTINED  system  10 crashes in 60 s
            """);
  }
}
