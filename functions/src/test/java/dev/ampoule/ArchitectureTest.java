package dev.ampoule;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of DESIGN.md §2: which slice may use which, and who alone imports which library. */
final class ArchitectureTest {
  /** Below this the importer missed something, and every rule would hold of nothing. */
  private static final int CLASSES_MIN = 150;

  private static final List<String> SLICES =
      List.of(
          "plugin",
          "privacy",
          "policy",
          "sandbox",
          "audit",
          "registry",
          "invocation",
          "live",
          "dashboard",
          "aws",
          "entry");

  private static JavaClasses classes;

  @BeforeAll
  static void read() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.ampoule");
  }

  @Test
  void theImporterSawTheWholeModule() {
    assertThat(classes.size()).isGreaterThanOrEqualTo(CLASSES_MIN);
    for (var slice : SLICES) {
      assertThat(classes.stream().anyMatch(c -> c.getPackageName().equals(slice(slice))))
          .as(slice)
          .isTrue();
    }
  }

  @Test
  void everyClassIsInASlice() {
    classes()
        .should()
        .resideInAnyPackage(SLICES.stream().map(s -> slice(s) + "..").toArray(String[]::new))
        .check(classes);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          plugin     |
          privacy    | plugin
          policy     | plugin
          sandbox    | plugin
          audit      | plugin privacy
          registry   | plugin privacy sandbox audit
          invocation | plugin privacy policy sandbox audit registry
          live       | plugin privacy audit
          dashboard  | plugin registry audit live
          aws        | plugin privacy sandbox audit registry invocation live
          entry      | plugin privacy policy sandbox audit registry invocation live dashboard aws
          """)
  void aSliceUsesOnlyWhatTheTableAllows(String slice, String allowed) {
    var may = new ArrayList<>(List.of(slice));
    if (allowed != null) {
      may.addAll(Arrays.asList(allowed.split(" ")));
    }
    var others = SLICES.stream().filter(s -> !may.contains(s)).map(ArchitectureTest::slice);
    noClasses()
        .that()
        .resideInAPackage(slice(slice))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others.toArray(String[]::new))
        .allowEmptyShould(true)
        .check(classes);
  }

  @Test
  void slicesHaveNoCycle() {
    slices().matching("dev.ampoule.(*)..").should().beFreeOfCycles().check(classes);
  }

  @ParameterizedTest
  @CsvSource({
    "sandbox, com.dylibso.chicory..",
    "policy, com.cedarpolicy..",
    "aws, software.amazon.awssdk..",
    "entry, com.amazonaws.services.lambda..",
    "entry, software.amazon.lambda..",
    "entry, software.amazon.cloudwatchlogs..",
    "entry, org.crac..",
    "dashboard, gg.jte..",
  })
  void oneSliceAloneImportsTheLibrary(String slice, String library) {
    noClasses()
        .that()
        .resideOutsideOfPackage(slice(slice) + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(classes);
  }

  /** So that none can forget to be measured, or to prepare for a snapshot. */
  @Test
  void everyHandlerIsObserved() {
    var handlers =
        classes.stream()
            .filter(c -> c.isAssignableTo(RequestHandler.class))
            .filter(c -> !c.getModifiers().contains(JavaModifier.ABSTRACT))
            .toList();
    assertThat(handlers).hasSizeGreaterThanOrEqualTo(7);
    assertThat(handlers)
        .allMatch(c -> c.isAssignableTo("dev.ampoule.entry.ObservedHandler"), "is observed");
  }

  @Test
  void noPackageIsNamedAfterNothing() {
    noClasses()
        .should()
        .resideInAnyPackage(
            Stream.of("common", "util", "model", "service", "impl")
                .map(name -> "dev.ampoule.." + name + "..")
                .toArray(String[]::new))
        .check(classes);
  }

  private static String slice(String name) {
    return "dev.ampoule." + name;
  }
}
