package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Whoever can write to the table cannot do it unnoticed. */
final class AuditTamperTest {
  @TempDir private Path home;

  @Test
  void oneByteOfAnyBlockMakesTheVerificationNameTheBlock() throws Exception {
    try (var stack = new Stack(home, Optional.empty());
        var dynamoDb = dynamoDb(stack)) {
      for (int i = 0; i < 5; i++) {
        stack.invoke("nobody/invoke", new byte[i]);
      }
      assertThat(verification(stack).path("ok").asBoolean()).isTrue();
      var audit = stack.table("Audit");
      var blocks = dynamoDb.scan(b -> b.tableName(audit)).items();
      assertThat(blocks).hasSizeGreaterThanOrEqualTo(5);
      for (var block : blocks) {
        var place =
            attribute(block, "pk").s().substring("CHAIN#".length())
                + "."
                + attribute(block, "sk").n();
        for (var tampered : tamperings(block)) {
          dynamoDb.putItem(b -> b.tableName(audit).item(tampered));
          var result = verification(stack);
          assertThat(result.path("ok").asBoolean()).isFalse();
          assertThat(result.path("findings").findValuesAsText("block")).contains(place);
        }
        dynamoDb.putItem(b -> b.tableName(audit).item(block));
      }
      assertThat(verification(stack).path("ok").asBoolean()).isTrue();
    }
  }

  @Test
  void anExportIsVerifiedWithNothingButTheKey() throws Exception {
    var export = home.resolve("audit.ndjson");
    try (var stack = new Stack(home, Optional.empty())) {
      stack.invoke("nobody/invoke", new byte[3]);
      Files.write(export, stack.get("/v1/audit/export", stack.token("auditor")).body());
    }
    assertThat(verify(export)).isEqualTo(0);
    var text = Files.readString(export);
    // Any change to a block's bytes: here the first letter of the base64 that holds them.
    var at = text.indexOf("\"bytes\":\"") + "\"bytes\":\"".length() + 40;
    var flipped = text.charAt(at) == 'A' ? 'B' : 'A';
    Files.writeString(export, text.substring(0, at) + flipped + text.substring(at + 1));
    assertThat(verify(export)).isEqualTo(1);
  }

  private int verify(Path export) {
    return Main.commandLine(TemplateApplication::of)
        .execute(
            "audit",
            "verify",
            "--export",
            export.toString(),
            "--public-key",
            home.resolve("checkpoint.pub").toString());
  }

  /** The first, middle and last byte of every binary attribute and character of every text. */
  private static List<Map<String, AttributeValue>> tamperings(Map<String, AttributeValue> block) {
    var all = new ArrayList<Map<String, AttributeValue>>();
    block.forEach((name, value) -> {
      if (name.equals("pk") || name.equals("sk")) {
        return; // that would be another item
      }
      if (value.b() != null) {
        var bytes = value.b().asByteArray();
        for (int at : new int[] {0, bytes.length / 2, bytes.length - 1}) {
          var changed = bytes.clone();
          changed[at] ^= 1;
          all.add(with(block, name, AttributeValue.fromB(SdkBytes.fromByteArray(changed))));
        }
      } else if (value.s() != null) {
        var changed = value.s().toCharArray();
        changed[changed.length - 1] = (char) (changed[changed.length - 1] ^ 1);
        all.add(with(block, name, AttributeValue.fromS(new String(changed))));
      }
    });
    assertThat(all).hasSizeGreaterThanOrEqualTo(4);
    return all;
  }

  private static AttributeValue attribute(Map<String, AttributeValue> item, String name) {
    return Objects.requireNonNull(item.get(name));
  }

  private static Map<String, AttributeValue> with(
      Map<String, AttributeValue> block, String name, AttributeValue value) {
    var changed = new HashMap<>(block);
    changed.put(name, value);
    return changed;
  }

  private static JsonNode verification(Stack stack) throws Exception {
    return Stack.json(stack.get("/v1/audit/verification", stack.token("auditor")));
  }

  private static DynamoDbClient dynamoDb(Stack stack) {
    return DynamoDbClient.builder()
        .endpointOverride(stack.local().environment().dynamoDbEndpoint())
        .region(Region.of(AwsEdge.REGION))
        .credentialsProvider(
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create(AwsEdge.ACCESS_KEY_ID, AwsEdge.SECRET_ACCESS_KEY)))
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }
}
