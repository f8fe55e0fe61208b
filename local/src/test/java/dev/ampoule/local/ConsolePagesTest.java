package dev.ampoule.local;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.ampoule.local.Browser.Visitor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages that need no live events, as people use them. */
final class ConsolePagesTest {
  private static final List<String> PAGES =
      List.of("/", "/plugins/news2", "/plugins/news2/versions/1.1.0/activate", "/audit");

  @TempDir private static Path home;
  private static Stack stack;
  private static Browser browser;

  @BeforeAll
  static void start() throws Exception {
    stack = new Stack(home, Optional.empty());
    browser = new Browser();
    for (var version : List.of("1.0.0", "1.1.0")) {
      stack.upload("news2", "news2", version);
      stack.registered("news2", version);
    }
    var samples = Stack.ROOT.resolve("plugins/news2/testdata/input");
    for (var sample : List.of("sepsis-high.json", "stable.json", "malformed.json")) {
      stack.invoke("news2/invoke", Files.readAllBytes(samples.resolve(sample)));
    }
  }

  @AfterAll
  static void stop() {
    browser.close();
    stack.close();
  }

  @Test
  void whoIsNotSignedInIsAskedToAndThenSeesThePageTheyWanted() {
    try (var visitor = browser.visitor(Visitor.ENGLISH)) {
      var page = visitor.newPage();
      page.navigate(stack.url("/audit").toString());
      assertThat(page).hasURL(stack.url("/session?next=/audit").toString());
      page.locator("#token").fill("not a token");
      page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign in")).click();
      assertThat(page.getByRole(AriaRole.ALERT))
          .hasText("The token was refused: it is not a JWT signed RS256 or ES256.");
      page.locator("#token").fill(stack.token("auditor"));
      page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign in")).click();
      assertThat(page).hasURL(stack.url("/audit").toString());
      var cookie = visitor.cookies().getFirst();
      assertThat(List.of(cookie.name, cookie.httpOnly, cookie.sameSite.toString()))
          .isEqualTo(List.of("ampoule-session", true, "STRICT"));
      page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign out")).click();
      assertThat(page).hasURL(stack.url("/session").toString());
      assertThat(visitor.cookies()).isEmpty();
    }
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void theConsoleShowsCallsErrorsAndLatencyOfEachPlugin() {
    try (var visitor = browser.visitor(Visitor.ENGLISH)) {
      var page = Browser.signIn(visitor, stack, "/", "operator");
      var row = page.locator("#plugin-news2");
      assertThat(row.locator("td").nth(0)).hasText("1.0.0");
      assertThat(row.locator("td").nth(3)).hasText("3");
      assertThat(row.locator("td").nth(4)).hasText("1");
      assertThat(row.getByRole(AriaRole.IMG)).isVisible();
    }
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void aVersionIsActivatedAfterAConfirmationAlsoWithTheKeyboardAndWithoutScripts()
      throws Exception {
    stack.upload("news2", "moved", "1.0.0");
    stack.registered("moved", "1.0.0");
    stack.upload("news2", "moved", "2.0.0");
    stack.registered("moved", "2.0.0");
    try (var visitor = browser.visitor(Visitor.ENGLISH.withoutScripts())) {
      var page = Browser.signIn(visitor, stack, "/plugins/moved", "operator");
      assertThat(page.locator("#live-moved")).hasText("1.0.0");
      page.getByText("Activate 2.0.0").focus();
      page.keyboard().press("Enter");
      assertThat(page.locator("main"))
          .containsText("Every call of moved will run version 2.0.0 from now on.");
      page.locator("button.strong").focus();
      page.keyboard().press("Enter");
      assertThat(page.locator(".notice")).hasText("2.0.0 is live.");
      assertThat(page.locator("#live-moved")).hasText("2.0.0");
    }
    var moved = Stack.json(stack.get("/v1/plugins/moved", stack.token("operator")));
    assertThat(moved.path("live").asText()).isEqualTo("2.0.0");
  }

  @Test
  void aCanaryIsShownWithItsShareAndRolledBack() throws Exception {
    for (var version : List.of("1.0.0", "2.0.0")) {
      stack.upload("news2", "tried", version);
      stack.registered("tried", version);
    }
    var begun =
        stack.post(
            "/v1/plugins/tried/versions/2.0.0/activate",
            stack.token("operator"),
            "{\"weight\":20}".getBytes(UTF_8));
    assertThat(begun.statusCode()).as(Stack.text(begun)).isEqualTo(200);
    try (var visitor = browser.visitor(Visitor.ENGLISH)) {
      var page = Browser.signIn(visitor, stack, "/", "operator");
      assertThat(page.locator("#plugin-tried .trial"))
          .containsText("canary 2.0.0, 20 % of the calls");
      assertThat(page.locator("#plugin-tried .breaker")).hasText("closed");
      page.getByText("tried", new Page.GetByTextOptions().setExact(true)).click();
      page.getByText("Roll back").click();
      page.locator("button.strong").click();
      assertThat(page.locator(".notice")).hasText("Rolled back.");
      assertThat(page.locator("#happened li").last()).containsText("tried@2.0.0 ROLL_BACK");
    }
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void theAuditIsShownFilteredAndVerified() {
    try (var visitor = browser.visitor(Visitor.ENGLISH)) {
      var page = Browser.signIn(visitor, stack, "/audit", "auditor");
      page.locator("#plugin").fill("news2");
      page.locator("#outcome").selectOption("PLUGIN_ERROR");
      page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Show")).click();
      assertThat(page.locator("tbody tr")).hasCount(1);
      assertThat(page.locator("tbody tr")).containsText("news2@1.0.0");
      page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Verify the log"))
          .click();
      assertThat(page.locator("#verified")).containsText("The log is intact.");
    }
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void whoMayNotReadTheAuditIsToldThePolicy() {
    try (var visitor = browser.visitor(Visitor.ENGLISH.brazilian())) {
      var page = Browser.signIn(visitor, stack, "/audit", "author");
      assertThat(page.locator("h1")).hasText("Não permitido");
      assertThat(page.locator("main")).containsText("A política default-deny não permite isto.");
    }
  }

  @Test
  void theLanguageIsTheBrowsersUntilAnotherIsChosen() {
    try (var visitor = browser.visitor(Visitor.ENGLISH.brazilian())) {
      var page = Browser.signIn(visitor, stack, "/", "operator");
      assertThat(page.locator("html")).hasAttribute("lang", "pt-BR");
      page.getByText("English").click();
      assertThat(page.locator("html")).hasAttribute("lang", "en");
      page.getByText("Audit").click();
      assertThat(page.locator("html")).hasAttribute("lang", "en");
    }
  }

  @Test
  void axeFindsNothingInAnyThemeOrLanguageOrOnAPhone() {
    for (var look :
        List.of(
            Visitor.ENGLISH,
            Visitor.ENGLISH.dark().brazilian(),
            Visitor.ENGLISH.onAPhone().dark())) {
      try (var visitor = browser.visitor(look)) {
        var page = Browser.signIn(visitor, stack, "/", "admin");
        for (var path : PAGES) {
          page.navigate(stack.url(path).toString());
          accessible(page, look + " " + path);
          Screenshots.take(page, look.picture(path));
        }
        visitor.clearCookies();
        page.navigate(stack.url("/session").toString());
        accessible(page, look + " sign in");
        Screenshots.take(page, look.picture("/session"));
      }
    }
  }

  /** Rules of WCAG 2.2 A and AA, and best practices. */
  static void accessible(Page page, String what) {
    var found = new AxeBuilder(page).analyze().getViolations();
    assertThat(
            found.stream().map(rule -> rule.getId() + ": " + rule.getNodes().getFirst().getHtml()))
        .as(what)
        .isEmpty();
    assertThat(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
        .as(what + " scrolls sideways")
        .isEqualTo(true);
  }
}
