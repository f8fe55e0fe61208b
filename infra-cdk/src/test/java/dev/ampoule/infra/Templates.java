package dev.ampoule.infra;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awscdk.assertions.Template;
import software.amazon.awscdk.services.lambda.Code;

/** The template of each stage, synthesised once for all tests. */
final class Templates {
  private static final Map<StageConfig, Synthesised> DONE = new ConcurrentHashMap<>();

  private static final Set<String> FINDINGS = Set.of("aws:cdk:error", "aws:cdk:warning");

  private Templates() {}

  /**
   * What a stage becomes.
   *
   * @param file the template as CDK wrote it
   */
  record Synthesised(
      Path file, Template template, Resources resources, Node json, List<String> findings) {
    Node parameters() {
      return json.at("Parameters");
    }

    Node outputs() {
      return json.at("Outputs");
    }
  }

  static Synthesised of(StageConfig stage) {
    return DONE.computeIfAbsent(stage, Templates::synthesise);
  }

  private static Synthesised synthesise(StageConfig stage) {
    try {
      var code = Files.createTempDirectory("ampoule-code");
      Files.writeString(code.resolve("placeholder"), "");
      var app = InfraApp.app();
      var stack = new AmpouleStack(app, stage, Code.fromAsset(code.toString()));
      var template = Template.fromStack(stack);
      // Synthesis has run by now, and cdk-nag has left its findings with the constructs.
      var findings =
          stack.getNode().findAll().stream()
              .flatMap(construct ->
                  construct.getNode().getMetadata().stream()
                      .filter(entry -> FINDINGS.contains(entry.getType()))
                      .map(entry -> construct.getNode().getPath() + ": " + entry.getData()))
              .toList();
      return new Synthesised(
          Path.of(app.getOutdir(), stack.getTemplateFile()),
          template,
          new Resources(new Node("Resources", template.toJSON()).at("Resources")),
          new Node("template", template.toJSON()),
          findings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
