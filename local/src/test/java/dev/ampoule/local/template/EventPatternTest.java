package dev.ampoule.local.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EventPatternTest {
  private static final String RECORD =
      """
      {"eventName":"INSERT","dynamodb":{"Keys":{"pk":{"S":"TOPIC#ward-7"},"sk":{"N":"12"}},
       "NewImage":{"urgent":{"BOOL":true},"none":{"NULL":true},"tags":{"SS":["red","blue"]}},
       "SizeBytes":26}}
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}                                                                    | true",
        "{'eventName':['INSERT']}                                              | true",
        "{'eventName':['MODIFY','INSERT']}                                     | true",
        "{'eventName':['REMOVE']}                                              | false",
        "{'eventName':['insert']}                                              | false",
        "{'eventName':[{'equals-ignore-case':'insert'}]}                       | true",
        "{'dynamodb':{'Keys':{'pk':{'S':[{'prefix':'TOPIC#'}]}}}}              | true",
        "{'dynamodb':{'Keys':{'pk':{'S':[{'prefix':'CONN#'}]}}}}               | false",
        "{'dynamodb':{'Keys':{'pk':{'S':[{'suffix':'-7'}]}}}}                  | true",
        "{'dynamodb':{'Keys':{'pk':{'N':[{'prefix':'TOPIC#'}]}}}}              | false",
        "{'dynamodb':{'NewImage':{'urgent':{'BOOL':[true]}}}}                  | true",
        "{'dynamodb':{'NewImage':{'urgent':{'BOOL':[false]}}}}                 | false",
        "{'dynamodb':{'NewImage':{'urgent':{'BOOL':[{'exists':true}]}}}}       | true",
        "{'dynamodb':{'NewImage':{'quiet':{'BOOL':[{'exists':true}]}}}}        | false",
        "{'dynamodb':{'NewImage':{'quiet':{'BOOL':[{'exists':false}]}}}}       | true",
        "{'dynamodb':{'OldImage':[{'exists':false}]}}                          | true",
        "{'dynamodb':{'NewImage':{'tags':{'SS':['blue']}}}}                    | true",
        "{'dynamodb':{'NewImage':{'tags':{'SS':['green']}}}}                   | false",
        "{'eventName':[{'anything-but':'REMOVE'}]}                             | true",
        "{'eventName':[{'anything-but':['REMOVE','INSERT']}]}                  | false",
        "{'eventName':[{'anything-but':{'prefix':'IN'}}]}                      | false",
        "{'nowhere':[{'anything-but':'x'}]}                                    | false",
        "{'dynamodb':{'SizeBytes':[26]}}                                       | true",
        "{'dynamodb':{'SizeBytes':[{'numeric':['>',0,'<=',26]}]}}              | true",
        "{'dynamodb':{'SizeBytes':[{'numeric':['>',26]}]}}                     | false",
        "{'dynamodb':{'SizeBytes':[{'numeric':['=',26.0]}]}}                   | true",
        "{'dynamodb':{'Keys':{'sk':{'N':[{'numeric':['>',0]}]}}}}              | false",
        "{'eventName':['INSERT'],'dynamodb':{'SizeBytes':[1]}}                 | false",
        "{'$or':[{'eventName':['REMOVE']},{'dynamodb':{'SizeBytes':[26]}}]}    | true",
        "{'$or':[{'eventName':['REMOVE']},{'dynamodb':{'SizeBytes':[1]}}]}     | false",
      })
  void aRecordIsLetThrough(String pattern, boolean through) throws Exception {
    assertThat(
            EventPattern.parse(pattern.replace('\'', '"'), "P")
                .matches(new JsonMapper().readTree(RECORD)))
        .isEqualTo(through);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':[{'wildcard':'x*'}]}     | P/a: unknown filter rule wildcard",
        "{'a':'INSERT'}                | P/a: a list of values or rules expected",
        "{'a':[['b']]}                 | P/a: a value or one rule expected",
        "{'a':[{'numeric':['~',1]}]}   | P/a: unknown comparison ~",
        "{'a':[{'numeric':['>']}]}     | P/a: numeric: pairs of comparison and number expected",
        "['a']                         | P: an object expected",
        "{'a'                          | P: no JSON, 4 characters",
      })
  void whatIsNoPatternIsNamed(String pattern, String message) {
    assertThatThrownBy(() -> EventPattern.parse(pattern.replace('\'', '"'), "P"))
        .isInstanceOf(InvalidTemplateException.class)
        .hasMessage(message);
  }

  @Test
  void aNullIsAValue() throws Exception {
    var record = new JsonMapper().readTree("{\"a\":null}");
    assertThat(EventPattern.parse("{\"a\":[null]}", "P").matches(record)).isTrue();
    assertThat(EventPattern.parse("{\"b\":[null]}", "P").matches(record)).isFalse();
  }
}
