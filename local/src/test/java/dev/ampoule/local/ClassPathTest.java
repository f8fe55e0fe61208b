package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

/**
 * Tests run with more on their class path than {@code ./ampoule}, so none of them would miss a
 * library that is there for tests alone.
 */
final class ClassPathTest {
  @Test
  void whatTheFunctionsNeedIsNotThereForTestsAlone() throws Exception {
    Set<String> ofFunctions = dependencies("functions", false);
    assertThat(ofFunctions).contains("apigatewaymanagementapi", "dynamodb");
    assertThat(dependencies("local", true)).isNotEmpty().doesNotContainAnyElementsOf(ofFunctions);
  }

  private static Set<String> dependencies(String module, boolean ofTests) throws Exception {
    Set<String> found = new HashSet<>();
    var dependencies = pom(module).getElementsByTagName("dependency");
    for (int i = 0; i < dependencies.getLength(); i++) {
      if (dependencies.item(i) instanceof Element dependency
          && child(dependency, "scope").equals("test") == ofTests) {
        found.add(child(dependency, "artifactId"));
      }
    }
    return found;
  }

  private static Element pom(String module) throws Exception {
    var file = Stack.ROOT.resolve(module).resolve("pom.xml").toFile();
    if (!file.isFile()) {
      throw new IOException("no " + file);
    }
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(file)
        .getDocumentElement();
  }

  /** The text of a child element, empty where there is none. */
  private static String child(Element parent, String name) {
    for (var node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node.getNodeName().equals(name)) {
        return node.getTextContent();
      }
    }
    return "";
  }
}
