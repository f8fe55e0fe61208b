package dev.ampoule.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RedactorTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mail to ana.souza@example.org now | mail to [email] now
          SSN 123-45-6789.                  | SSN [number].
          CPF 529.982.247-25                | CPF [number]
          born 1980-05-17                   | born [number]
          call +1 (763) 555-5555 today      | call +[number] today
          MRN 11102779                      | MRN [number]
          bp 120/80                         | bp [number]
          MRN ١١١٠٢٧٧٩                      | MRN [number]
          MRN １１１０                      | MRN [number]
          3 of 12 done in 45 ms             | 3 of 12 done in 45 ms
          """)
  void whatLooksLikeAnIdentifierGoes(String line, String redacted) {
    assertThat(Redactor.line(line).toString()).isEqualTo(redacted);
  }

  @Test
  void aLineBreakCannotForgeAnEntry() {
    assertThat(Redactor.line("a\nERROR b\r\u0000").toString()).isEqualTo("a␤ERROR b␤␤");
    assertThat(Redactor.line("a\u0085b\u2028c\u2029d").toString()).isEqualTo("a␤b␤c␤d");
  }

  @Test
  void aLineIsCutAt1000Characters() {
    assertThat(Redactor.line("x".repeat(1001)).toString()).isEqualTo("x".repeat(1000) + "…");
  }

  @Test
  void anIdentifierOfAnotherFormIsReplacedByItsLength() {
    assertThat(Redacted.identifier("env.foo").toString()).isEqualTo("env.foo");
    assertThat(Redacted.identifier("José da Silva").toString()).isEqualTo("[13 characters]");
    assertThat(Redacted.identifier("x".repeat(201)).toString()).isEqualTo("[201 characters]");
  }
}
