package dev.ampoule.infra;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * {@code template.yaml} is the production stage as CDK synthesises it, without what belongs to
 * CDK's own deployments: the assets' places and hashes, and the check of the bootstrap stack.
 */
class TemplateTest {
  private static final Path FILE = Path.of("..", "template.yaml");
  private static final String RENEW =
      "./mvnw -q -pl functions,infra-cdk test -Dtest=TemplateTest -Drenew"
          + " -Dsurefire.failIfNoSpecifiedTests=false -DfailIfNoTests=false";

  /** Where Maven puts the package of all handlers; {@code sam package} takes it from there. */
  private static final String CODE = "functions/target/ampoule-functions-lambda.zip";

  /** CDK names a version after what is in it, so that a change publishes a new one. */
  private static final Pattern VERSION_HASH =
      Pattern.compile("(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}");

  private static final YAMLMapper YAML =
      new YAMLMapper(
          YAMLFactory.builder()
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
              .disable(YAMLGenerator.Feature.SPLIT_LINES)
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .stringQuotingChecker(new QuotesDates())
              .build());

  /** 2012-10-17 is a date to YAML 1.1, and a word to IAM. */
  private static final class QuotesDates extends StringQuotingChecker.Default {
    private static final long serialVersionUID = 1L;

    @Override
    public boolean needToQuoteValue(String value) {
      return super.needToQuoteValue(value) || value.matches("\\d{4}-\\d{2}-\\d{2}.*");
    }
  }

  @Test
  void theCommittedTemplateIsWhatCdkSynthesises() throws IOException {
    var synthesised = YAML.writeValueAsString(synthesise());
    if (System.getProperty("renew") != null) {
      Files.writeString(FILE, synthesised);
    }
    assertThat(Files.readString(FILE))
        .withFailMessage("template.yaml is not what CDK synthesises any more; renew it: " + RENEW)
        .isEqualTo(synthesised);
  }

  @Test
  void yamlSaysWhatCdkSaid() throws IOException {
    var template = synthesise();
    assertThat(YAML.readTree(YAML.writeValueAsString(template))).isEqualTo(template);
  }

  @Test
  void itNamesNoAccountNoRegionAndNoHash() throws IOException {
    assertThat(YAML.writeValueAsString(synthesise()))
        .doesNotContainPattern("\\b\\d{12}\\b")
        .doesNotContainPattern("\\b(us|eu|sa|ap|ca|me|af)-[a-z]+-\\d\\b")
        .doesNotContainPattern("[0-9a-f]{32}")
        .doesNotContain("cdk-hnb659fds", "BootstrapVersion");
  }

  private static JsonNode synthesise() throws IOException {
    var json = Files.readString(Templates.of(StageConfig.PROD).file());
    var template =
        (ObjectNode) new ObjectMapper().readTree(VERSION_HASH.matcher(json).replaceAll("$1"));
    template.remove("Rules");
    template.withObject("/Parameters").remove("BootstrapVersion");
    for (JsonNode resource : template.get("Resources")) {
      if (resource.get("Type").asText().equals("AWS::Lambda::Function")) {
        ((ObjectNode) resource.get("Properties")).set("Code", TextNode.valueOf(CODE));
      }
    }
    return template;
  }
}
