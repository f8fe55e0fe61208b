package dev.ampoule.local;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import dev.ampoule.local.Browser.Visitor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pages that keep themselves up to date, in browsers whose line to the server is cut and whose
 * server is replaced. Each event has a pulse of its own, so what was shown tells which events were.
 */
final class LivePagesTest {
  /** What the page showed after each event that came in. */
  private static final String RECORD =
      """
      window.shown = []
      window.ampouleTiming = {backoffFirst: 100, backoffMax: 400, gap: 500}
      document.addEventListener('htmx:wsAfterMessage', () => {
        const pulse = document.querySelector('#pulse dd')
        if (pulse) window.shown.push(parseInt(pulse.textContent))
      })
      """;

  private static final int FIRST_PULSE = 50;

  @TempDir private Path home;
  @TempDir private Path data;
  private Stack stack;
  private Line line;
  private Browser browser;
  private int observed;

  @BeforeEach
  void start() throws Exception {
    // The line's port must be known to the functions, and the server's to the line.
    line = new Line(1);
    stack = server();
    line.restore(stack.url("/").getPort());
    browser = new Browser();
    for (var version : List.of("1.0.0", "1.1.0")) {
      stack.upload("news2", "news2", version);
      stack.registered("news2", version);
    }
  }

  /** The functions tell browsers the line's address, and not the gateway's own. */
  private Stack server() throws Exception {
    var template =
        Files.readString(Stack.ROOT.resolve("template.yaml"))
            .replaceFirst(
                "(AMPOULE_LIVE_URL:)\\n(?: {12,}.*\\n)+",
                "$1 ws://127.0.0.1:" + line.port() + "/live\n");
    assertThat(template).contains("AMPOULE_LIVE_URL: ws://127.0.0.1:" + line.port());
    var file = home.resolve("template.yaml");
    Files.writeString(file, template);
    return new Stack(home, Optional.of(data), file);
  }

  @AfterEach
  void stop() throws Exception {
    browser.close();
    line.close();
    stack.close();
  }

  private Page open(BrowserContext visitor, String path) {
    visitor.addInitScript(RECORD);
    return Browser.signIn(visitor, "http://127.0.0.1:" + line.port() + path, stack.token("admin"));
  }

  private void observe(int times) throws Exception {
    for (int i = 0; i < times; i++) {
      Ward.observe(stack, "3", "demo-1", "1", Ward.vitals(FIRST_PULSE + observed++));
    }
  }

  /** Every event, each once, in order. */
  private void assertShownAll(Page page) {
    page.waitForFunction("n => window.shown.length >= n", observed);
    assertThat(page.evaluate("window.shown"))
        .isEqualTo(IntStream.range(0, observed).mapToObj(i -> FIRST_PULSE + i).toList());
  }

  private static void assertSays(Page page, String text) {
    assertThat(page.locator("#feed"))
        .hasText(text, new LocatorAssertions.HasTextOptions().setTimeout(30_000));
  }

  @Test
  void anUpdateReachesTwoBrowsersEachInItsLanguage() throws Exception {
    try (var one = browser.visitor(Visitor.ENGLISH);
        var other = browser.visitor(Visitor.ENGLISH.brazilian().onAPhone())) {
      var english = open(one, "/patients/demo-1");
      var portuguese = open(other, "/patients/demo-1");
      assertSays(english, "Live.");
      assertSays(portuguese, "Ao vivo.");
      Ward.observe(stack, "3", "demo-1", "1", Ward.SEPSIS);
      assertThat(english.locator("#score")).hasText("14");
      assertThat(english.locator("#risk")).hasText("high risk");
      assertThat(english.locator("#alarm")).hasText("NEWS2 score: high risk");
      assertThat(portuguese.locator("#score")).hasText("14");
      assertThat(portuguese.locator("#risk")).hasText("risco alto");
      assertThat(portuguese.locator("#temperature dd")).containsText("38,6 °C");
    }
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void nothingIsLostWhenTheLineIsCutAndRestored() throws Exception {
    try (var visitor = browser.visitor(Visitor.ENGLISH)) {
      var page = open(visitor, "/patients/demo-1");
      assertSays(page, "Live.");
      observe(4);
      assertShownAll(page);
      line.cut();
      assertSays(page, "Disconnected. What is shown may be out of date; trying again.");
      observe(6);
      line.restore(stack.url("/").getPort());
      assertSays(page, "Live again; nothing was missed.");
      observe(4);
      assertShownAll(page);
    }
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void nothingIsLostWhenTheServerIsRestarted() throws Exception {
    try (var visitor = browser.visitor(Visitor.ENGLISH)) {
      var page = open(visitor, "/patients/demo-1");
      assertSays(page, "Live.");
      observe(4);
      assertShownAll(page);
      line.cut();
      stack.close();
      stack = server();
      observe(4);
      line.restore(stack.url("/").getPort());
      assertSays(page, "Live again; nothing was missed.");
      observe(4);
      assertShownAll(page);
    }
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void nothingIsLostWhileAnotherVersionOfThePluginGoesLive() throws Exception {
    try (var one = browser.visitor(Visitor.ENGLISH);
        var other = browser.visitor(Visitor.ENGLISH)) {
      var patient = open(one, "/patients/demo-1");
      var plugins = open(other, "/plugins/news2");
      var console = other.newPage();
      console.navigate("http://127.0.0.1:" + line.port() + "/");
      assertSays(console, "Live.");
      assertSays(patient, "Live.");
      observe(4);
      plugins.getByText("Activate 1.1.0").click();
      observe(2);
      plugins.locator("button.strong").click();
      assertThat(plugins.locator("#live-news2")).hasText("1.1.0");
      // Its other watchers see it too.
      assertThat(console.locator("#live-news2")).hasText("1.1.0");
      assertThat(console.locator("#happened li")).containsText("news2@1.1.0 ACTIVATE");
      observe(4);
      assertShownAll(patient);
    }
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void aPatientWhoIsNewToTheWardAppearsOnIt() throws Exception {
    try (var visitor = browser.visitor(Visitor.ENGLISH)) {
      var page = open(visitor, "/wards/3");
      assertThat(page.locator(".nobody")).isVisible();
      assertSays(page, "Live.");
      Ward.observe(stack, "3", "demo-1", "1", Ward.vitals(70));
      Ward.observe(stack, "3", "demo-2", "2", Ward.SEPSIS);
      Ward.observe(stack, "3", "demo-1", "1", Ward.vitals(75));
      assertThat(page.locator("#patients > li")).hasCount(2);
      assertThat(page.locator("#patient-demo-2")).hasClass(Pattern.compile(".*risk-high.*"));
      assertThat(page.locator("#patient-demo-1")).containsText("75 /min");
      assertThat(page.locator(".nobody")).isHidden();
    }
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void whoComesAndGoesIsShown() throws Exception {
    try (var one = browser.visitor(Visitor.ENGLISH)) {
      var page = open(one, "/connections");
      assertSays(page, "Live.");
      assertThat(page.locator("#ward-3 li")).hasCount(0);
      try (var other = browser.visitor(Visitor.ENGLISH)) {
        assertSays(open(other, "/wards/3"), "Live.");
        assertThat(page.locator("#ward-3 li")).hasText("tester");
      }
      assertThat(page.locator("#ward-3 li")).hasCount(0);
    }
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void withoutScriptsThePagesShowTheStateTheyWereLoadedIn() throws Exception {
    Ward.observe(stack, "3", "demo-1", "1", Ward.SEPSIS);
    try (var visitor = browser.visitor(Visitor.ENGLISH.withoutScripts())) {
      var page = open(visitor, "/wards/3");
      assertThat(page.locator("#patient-demo-1")).containsText("14 high risk");
      page.getByText("demo-1").click();
      assertThat(page.locator("#score")).hasText("14");
      assertThat(page.getByRole(AriaRole.IMG)).hasCount(5);
      assertThat(page.locator("main")).containsText("Without JavaScript this page shows");
    }
  }

  @Test
  void axeFindsNothingInAnyThemeOrLanguageOrOnAPhone() throws Exception {
    for (int i = 0; i < 12; i++) {
      Ward.observe(stack, "3", "demo-1", "1", Ward.vitals(60 + i * i / 3));
    }
    Ward.observe(stack, "3", "demo-2", "2", Ward.SEPSIS);
    var sepsis = Ward.SEPSIS.replace("22", "18").replace("\"C\"", "\"A\"").replace("98", "112");
    Ward.observe(stack, "3", "demo-3", "3", sepsis);
    var low = Ward.vitals(70).replace("\"A\"", "\"C\"");
    Ward.observe(stack, "3", "demo-4", "4", low);
    for (var look :
        List.of(
            Visitor.ENGLISH,
            Visitor.ENGLISH.dark().brazilian(),
            Visitor.ENGLISH.onAPhone().dark(),
            Visitor.ENGLISH.onAPhone().brazilian())) {
      try (var visitor = browser.visitor(look)) {
        var page = open(visitor, "/wards/3");
        for (var path :
            List.of("/wards/3", "/patients/demo-1", "/patients/demo-2", "/connections", "/")) {
          page.navigate("http://127.0.0.1:" + line.port() + path);
          assertThat(page.locator("#feed[data-state=live]")).isVisible();
          ConsolePagesTest.accessible(page, look + " " + path);
          Screenshots.take(page, look.picture(path));
        }
      }
    }
  }
}
