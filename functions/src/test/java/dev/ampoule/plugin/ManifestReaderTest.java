package dev.ampoule.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ManifestReaderTest {
  private static final PluginName NAME = new PluginName("news2");
  private static final PluginVersion VERSION = new PluginVersion("1.2.3");

  @Test
  void readsEveryField() {
    var read =
        read(
            """
            {"name":"news2","version":"1.2.3","description":"Scores","function":"score",
             "input":"application/json","output":"application/fhir+json",
             "capabilities":{"config":{"unit":"C"},"http":{"hosts":["api.example.org","*.example.org:8443"]},
               "vars":{"bytes":1024},"publish":{"topics":["ward/3"]},"log":true},
             "limits":{"timeoutMs":250,"memoryPages":16,"inputBytes":1000,"outputBytes":2000},
             "phi":{"access":"raw","purposes":["TREAT"],"legalBasis":"LGPD Art. 11, II, f"},
             "onFailure":"closed"}
            """);
    assertThat(read)
        .isEqualTo(
            new ManifestReading.Valid(
                new Manifest(
                    true,
                    "Scores",
                    Optional.of(new FunctionName("score")),
                    Optional.of("application/json"),
                    "application/fhir+json",
                    new Capabilities(
                        Map.of("unit", "C"),
                        Optional.of(List.of("api.example.org", "*.example.org:8443")),
                        1024,
                        List.of("ward/3"),
                        true),
                    new Limits(Duration.ofMillis(250), 16, 1000, 2000),
                    new Phi(
                        Phi.Access.RAW,
                        List.of(PurposeOfUse.TREAT),
                        Optional.of("LGPD Art. 11, II, f")),
                    Manifest.OnFailure.CLOSED)));
  }

  @Test
  void anEmptyObjectGrantsNothingAndHasTheDefaultLimits() {
    assertThat(read("{}"))
        .isEqualTo(
            new ManifestReading.Valid(
                new Manifest(
                    true,
                    "",
                    Optional.empty(),
                    Optional.empty(),
                    "application/octet-stream",
                    Capabilities.NONE,
                    Limits.DEFAULT,
                    Phi.NONE,
                    Manifest.OnFailure.CLOSED)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"timeout":5}                              | timeout: unknown field; known are capabilities, description, function, input, limits, name, onFailure, output, phi, version
          {"limits":{"timeoutMS":5}}                 | limits.timeoutMS: unknown field; known are inputBytes, memoryPages, outputBytes, timeoutMs
          {"limits":{"timeoutMs":0}}                 | limits.timeoutMs: must be a whole number from 1 to 28000
          {"limits":{"timeoutMs":28001}}             | limits.timeoutMs: must be a whole number from 1 to 28000
          {"limits":{"timeoutMs":1.5}}               | limits.timeoutMs: must be a whole number from 1 to 28000
          {"limits":{"memoryPages":8193}}            | limits.memoryPages: must be a whole number from 1 to 8192
          {"limits":{"inputBytes":99999999999999}}   | limits.inputBytes: must be a whole number from 1 to 6291456
          {"limits":{"outputBytes":4456449}}      | limits.outputBytes: must be a whole number from 1 to 4456448
          {"limits":[]}                              | limits: must be an object
          {"name":"other"}                           | name: must be the name in the object's key, news2
          {"version":"9.9.9"}                        | version: must be the version in the object's key, 1.2.3
          {"function":"no such name"}                | function: must be the name of an exported function
          {"function":7}                             | function: must be a string
          {"input":"json"}                           | input: must be a media type such as application/fhir+json (RFC 6838)
          {"capabilities":{"http":{"hosts":["https://x"]}}} | capabilities.http.hosts[0]: must be a host name, name:port or *.suffix, without scheme or path
          {"capabilities":{"log":"yes"}}             | capabilities.log: must be true or false
          {"capabilities":{"config":{"k":1}}}        | capabilities.config.k: must be a string
          {"capabilities":{"vars":{"bytes":-1}}}     | capabilities.vars.bytes: must be a whole number from 0 to 16777216
          {"phi":{"access":"all"}}                   | phi.access: must be one of none, raw, redacted
          {"phi":{"purposes":["FUN"]}}               | phi.purposes: FUN is not an HL7 PurposeOfUse code
          {"onFailure":"open","phi":{"access":"raw"}}| onFailure: open is only for plugins whose phi.access is none
          {"name":"news2","name":"news2"}            | not JSON, or a field stands twice, at line 1, column 23
          {"name":                                   | not JSON, or a field stands twice, at line 1, column 9
          []                                         | must be a JSON object
          {} {}                                      | not JSON, or a field stands twice, at line 1, column 4
          """)
  void aFaultNamesTheFieldAndWhatIsExpectedThere(String json, String fault) {
    assertThat(read(json))
        .isInstanceOfSatisfying(
            ManifestReading.Invalid.class,
            invalid ->
                assertThat(invalid.faults()).extracting(Object::toString).containsExactly(fault));
  }

  @Test
  void allFaultsAreToldAtOnce() {
    assertThat(read("{\"input\":1,\"output\":2,\"x\":3}"))
        .isInstanceOfSatisfying(
            ManifestReading.Invalid.class,
            invalid ->
                assertThat(invalid.faults())
                    .extracting(ManifestReading.Fault::field)
                    .containsExactlyInAnyOrder("x", "input", "output"));
  }

  @Test
  void aManifestOverTheLimitIsNotParsed() {
    assertThat(ManifestReader.read(new byte[65537], NAME, VERSION))
        .isEqualTo(
            new ManifestReading.Invalid(
                List.of(new ManifestReading.Fault("", "65537 bytes; at most 65536"))));
  }

  @Test
  void aManifestThatIsNotUtf8IsAFault() {
    var notUtf8 =
        new ManifestReading.Invalid(
            List.of(new ManifestReading.Fault("", "must be UTF-8 (RFC 8259 §8.1)")));
    var utf16 = "{\"description\":\"é\"}".getBytes(StandardCharsets.UTF_16LE);
    assertThat(ManifestReader.read(utf16, NAME, VERSION)).isEqualTo(notUtf8);
    var latin1 = "{\"description\":\"é\"}".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(ManifestReader.read(latin1, NAME, VERSION)).isEqualTo(notUtf8);
    // UTF-16 of ASCII alone is UTF-8 too, with zeros between, and no JSON.
    assertThat(ManifestReader.read("{}".getBytes(StandardCharsets.UTF_16LE), NAME, VERSION))
        .isInstanceOf(ManifestReading.Invalid.class);
    assertThat(read("\ufeff{}"))
        .isEqualTo(
            new ManifestReading.Invalid(
                List.of(
                    new ManifestReading.Fault(
                        "",
                        "begins with a byte order mark, which JSON must not (RFC 8259 §8.1)"))));
  }

  private static ManifestReading read(String json) {
    return ManifestReader.read(json.getBytes(StandardCharsets.UTF_8), NAME, VERSION);
  }
}
