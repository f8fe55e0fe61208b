package dev.ampoule.local;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A Chromium without a window. Each visitor is a browser of its own: cookies and cache are its
 * alone.
 */
final class Browser implements AutoCloseable {
  private static final List<Path> CHROMIUM =
      List.of(
          Path.of("/usr/bin/chromium"),
          Path.of("/usr/bin/chromium-browser"),
          Path.of("/usr/bin/google-chrome"));

  private final Playwright playwright;
  private final com.microsoft.playwright.Browser browser;
  private final List<String> complaints = new ArrayList<>();

  Browser() {
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(executable())
                    .setArgs(
                        List.of(
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-dev-shm-usage",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync")));
  }

  private static Path executable() {
    return Optional.ofNullable(System.getenv("AMPOULE_CHROMIUM"))
        .map(Path::of)
        .or(() -> CHROMIUM.stream().filter(Files::isExecutable).findFirst())
        .orElseThrow(() ->
            new IllegalStateException(
                "no Chromium: apt-get install chromium, or name one in AMPOULE_CHROMIUM"));
  }

  /** How someone looks at the pages. */
  record Visitor(String language, ColorScheme scheme, int width, int height, boolean scripts) {
    static final Visitor ENGLISH = new Visitor("en-GB", ColorScheme.LIGHT, 1280, 800, true);

    Visitor dark() {
      return new Visitor(language, ColorScheme.DARK, width, height, scripts);
    }

    Visitor brazilian() {
      return new Visitor("pt-BR", scheme, width, height, scripts);
    }

    Visitor onAPhone() {
      return new Visitor(language, scheme, 390, 844, scripts);
    }

    /** The name of a picture of that page. */
    String picture(String path) {
      return path.substring(1).replaceFirst("^$", "console").replace('/', '-')
          + (language.startsWith("pt") ? ".pt-BR." : ".en.")
          + scheme.name().toLowerCase(Locale.ROOT)
          + (width < 500 ? ".phone" : "");
    }

    Visitor withoutScripts() {
      return new Visitor(language, scheme, width, height, false);
    }
  }

  BrowserContext visitor(Visitor visitor) {
    var context =
        browser.newContext(
            new com.microsoft.playwright.Browser.NewContextOptions()
                .setLocale(visitor.language())
                .setColorScheme(visitor.scheme())
                .setViewportSize(visitor.width(), visitor.height())
                .setJavaScriptEnabled(visitor.scripts()));
    context.setDefaultTimeout(30_000);
    context.onConsoleMessage(message -> {
      if (message.type().equals("error") && !isOfTheNetwork(message.text())) {
        complaints.add(message.text());
      }
    });
    context.onWebError(error -> complaints.add(error.error()));
    return context;
  }

  /** Signs in as a person does: with the form. */
  static Page signIn(BrowserContext visitor, Stack stack, String path, String... roles) {
    return signIn(visitor, stack.url(path).toString(), stack.token(roles));
  }

  static Page signIn(BrowserContext visitor, String url, String token) {
    var page = visitor.newPage();
    page.navigate(url);
    page.locator("#token").fill(token);
    page.locator("form.column button").click();
    page.waitForURL(url);
    return page;
  }

  /** What scripts and the content security policy complained of, in any page. */
  List<String> complaints() {
    return List.copyOf(complaints);
  }

  private static boolean isOfTheNetwork(String text) {
    return text.startsWith("Failed to load resource") || text.startsWith("WebSocket connection to");
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
