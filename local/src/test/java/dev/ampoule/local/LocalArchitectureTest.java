package dev.ampoule.local;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** DESIGN.md §2: {@code local} sees the functions only through their handlers. */
final class LocalArchitectureTest {
  /** Below this the importer missed something, and every rule would hold of nothing. */
  private static final int CLASSES_MIN = 80;

  private static JavaClasses classes;

  @BeforeAll
  static void read() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.ampoule.local");
  }

  @Test
  void theImporterSawTheWholeModule() {
    assertThat(classes.size()).isGreaterThanOrEqualTo(CLASSES_MIN);
    assertThat(classes.contain(Main.class)).isTrue();
    assertThat(classes.contain("dev.ampoule.local.cli.Push")).isTrue();
    assertThat(classes.contain(getClass())).as("tests are left out").isFalse();
  }

  @Test
  void ofTheFunctionsOnlyTheEntryIsUsed() {
    noClasses()
        .should()
        .dependOnClassesThat(
            JavaClass.Predicates.resideInAPackage("dev.ampoule..")
                .and(
                    DescribedPredicate.not(
                        JavaClass.Predicates.resideInAnyPackage(
                            "dev.ampoule.local..", "dev.ampoule.entry.."))))
        .check(classes);
  }

  @Test
  void theEntryIsUsedAtAll() {
    assertThat(
            classes.stream()
                .flatMap(c -> c.getDirectDependenciesFromSelf().stream())
                .anyMatch(d -> d.getTargetClass().getPackageName().equals("dev.ampoule.entry")))
        .isTrue();
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
}
