package dev.ampoule.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.plugin.ContentDigest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class AssetTest {
  @ParameterizedTest
  @EnumSource
  void theUrlHasTheHashOfWhatIsThere(Asset asset) {
    var hash =
        ContentDigest.of(asset.text().getBytes(StandardCharsets.UTF_8))
            .toString()
            .substring("sha256:".length(), "sha256:".length() + 16);
    assertThat(asset.url()).startsWith("/assets/").contains("." + hash + ".");
    assertThat(Asset.named(asset.url().substring("/assets/".length()))).contains(asset);
  }

  @Test
  void anotherHashOrNameIsNothing() {
    assertThat(Asset.named("page.0000000000000000.css")).isEmpty();
    assertThat(Asset.named("page.css")).isEmpty();
    assertThat(Asset.named("../Asset.class")).isEmpty();
  }
}
