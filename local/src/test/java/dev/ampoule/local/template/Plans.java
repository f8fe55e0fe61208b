package dev.ampoule.local.template;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Plans of templates that tests write down, in surroundings of which every value is known. */
final class Plans {
  static final Path COMMITTED = Path.of("..", "template.yaml");

  private Plans() {}

  static StackPlan of(String yaml) throws IOException {
    Path file = Files.createTempFile("template", ".yaml");
    try {
      Files.writeString(file, yaml);
      return of(file);
    } finally {
      Files.delete(file);
    }
  }

  static StackPlan of(Path file) throws IOException {
    return StackReader.plan(
        Template.read(file),
        new Surroundings(
            "us-east-1",
            "000000000000",
            "ampoule",
            Map.of(
                "JwksUrl", "http://localhost:8080/jwks",
                "TokenIssuer", "issuer",
                "TokenAudience", "audience",
                "CheckpointPublicKey", "public",
                "HttpAlsoReachable", "127.0.0.0/8"),
            (name, generated) -> "<" + name + (generated ? ", generated>" : ">"),
            URI.create("http://localhost:4566"),
            URI.create("http://localhost:8080")));
  }
}
