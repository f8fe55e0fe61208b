package dev.ampoule.local;

import com.microsoft.playwright.Page;
import java.nio.file.Path;

/**
 * Pictures of the pages for the documentation, taken where {@code -Dampoule.screenshots=FOLDER}
 * asks for them: they differ from run to run, and a test must leave the tree as it was.
 */
final class Screenshots {
  private Screenshots() {}

  static void take(Page page, String name) {
    var folder = System.getProperty("ampoule.screenshots");
    if (folder != null) {
      page.screenshot(
          new Page.ScreenshotOptions()
              .setPath(Path.of(folder).resolve(name + ".png"))
              .setFullPage(true));
    }
  }
}
