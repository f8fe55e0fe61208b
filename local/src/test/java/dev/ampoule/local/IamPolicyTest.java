package dev.ampoule.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class IamPolicyTest {
  private static final String ARN = "arn:aws:execute-api:us-east-1:000000000000:api/live/$connect";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'Effect':'Allow','Action':'execute-api:Invoke','Resource':'ARN'} | true",
        "[{'Effect':'Allow','Action':['execute-api:Invoke'],'Resource':['x','ARN']}] | true",
        "{'Effect':'Allow','Action':'*','Resource':'*'} | true",
        "{'Effect':'Allow','Action':'execute-api:*','Resource':'arn:aws:execute-api:*:*:api/*/$connect'} | true",
        "{'Effect':'Allow','Action':'EXECUTE-API:invoke','Resource':'*/l?ve/*'} | true",
        "{'Effect':'Allow','Action':'execute-api:ManageConnections','Resource':'*'} | false",
        "{'Effect':'Allow','Action':'execute-api:Invoke','Resource':'*/prod/*'} | false",
        "{'Effect':'Allow','Action':'execute-api:Invoke','Resource':'arn:aws:execute-api'} | false",
        "{'Effect':'Allow','Action':'execute-api:Invoke'} | false",
        "{'Effect':'allow','Action':'*','Resource':'*'} | false",
        "{'Effect':'Deny','Action':'*','Resource':'*'} | false",
        "[{'Effect':'Allow','Action':'*','Resource':'*'},{'Effect':'Deny','Action':'*','Resource':'ARN'}] | false",
        "[{'Effect':'Allow','Action':'*','Resource':'*'},{'Effect':'Deny','Action':'*','Resource':'x'}] | true",
        "{'Effect':'Allow','Action':'*','Resource':'*','Condition':{'Bool':{'a':'true'}}} | false",
        "[] | false",
      })
  void aPolicyAllowsWhatItNamesAndADenialWins(String statement, boolean allowed) throws Exception {
    var document =
        new JsonMapper()
            .readTree(
                "{\"Version\":\"2012-10-17\",\"Statement\":%s}"
                    .formatted(statement.replace('\'', '"').replace("ARN", ARN)));
    assertThat(IamPolicy.allows(document, ARN)).isEqualTo(allowed);
  }
}
