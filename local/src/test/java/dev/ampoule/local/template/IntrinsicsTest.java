package dev.ampoule.local.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class IntrinsicsTest {
  /** A function whose one variable is what is resolved; the rest is there to be referred to. */
  private static final String TEMPLATE =
      """
      Parameters:
        Plain: {Type: String, Default: given}
        None: {Type: String}
      Conditions:
        Holds: {Fn::Equals: [!Ref Plain, given]}
        Fails: {Fn::Not: [{Condition: Holds}]}
        Both: {Fn::And: [{Condition: Holds}, {Condition: Fails}]}
        Either: {Fn::Or: [{Condition: Holds}, {Condition: Fails}]}
      Resources:
        F:
          Type: AWS::Lambda::Function
          Properties:
            Handler: a.B
            Environment: {Variables: {V: %s}}
        A: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref F, FunctionVersion: !GetAtt V1.Version, Name: live}}
        V1: {Type: AWS::Lambda::Version, Properties: {FunctionName: !GetAtt F.Arn}}
        T: {Type: AWS::DynamoDB::Table, Properties: {TableName: !Sub '${AWS::StackName}-t'}}
        B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Join ['-', [b, !Ref 'AWS::AccountId']]}}
        Unnamed: {Type: AWS::S3::Bucket}
        Q: {Type: AWS::SQS::Queue}
        S: {Type: AWS::SecretsManager::Secret, Properties: {GenerateSecretString: {}}}
        K: {Type: AWS::KMS::Key}
        H: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
        W: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}
        St: {Type: AWS::ApiGatewayV2::Stage, Properties: {StageName: prod}}
        Loop: {Type: AWS::ApiGatewayV2::Stage, Properties: {StageName: !Ref Loop}}
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "text | text",
        "7 | 7",
        "!Ref Plain | given",
        "{Ref: Plain} | given",
        "!Ref AWS::Region | us-east-1",
        "!Ref AWS::AccountId | 000000000000",
        "!Ref AWS::Partition | aws",
        "!Ref AWS::URLSuffix | amazonaws.com",
        "!Ref AWS::StackName | ampoule",
        "!Ref F | F",
        "!Ref A | arn:aws:lambda:us-east-1:000000000000:function:F:live",
        "!Ref V1 | arn:aws:lambda:us-east-1:000000000000:function:F:1",
        "!Ref T | ampoule-t",
        "!Ref B | b-000000000000",
        "!Ref Unnamed | unnamed",
        "!Ref Q | http://localhost:4566/000000000000/Q",
        "!Ref St | prod",
        "!GetAtt F.Arn | arn:aws:lambda:us-east-1:000000000000:function:F",
        "{Fn::GetAtt: [T, Arn]} | arn:aws:dynamodb:us-east-1:000000000000:table/ampoule-t",
        "!GetAtt T.StreamArn | arn:aws:dynamodb:us-east-1:000000000000:table/ampoule-t/stream/local",
        "!GetAtt B.Arn | arn:aws:s3:::b-000000000000",
        "!GetAtt Q.Arn | arn:aws:sqs:us-east-1:000000000000:Q",
        "!GetAtt Q.QueueName | Q",
        "!GetAtt K.Arn | arn:aws:kms:us-east-1:000000000000:K",
        "!GetAtt H.ApiEndpoint | http://localhost:8080",
        "!GetAtt W.ApiEndpoint | ws://localhost:8080",
        "!Sub '${AWS::Region}/${T}/${Q.QueueName}/${!Literal}' | us-east-1/ampoule-t/Q/${Literal}",
        "{Fn::Sub: ['${x}-${Plain}', {x: !Ref T}]} | ampoule-t-given",
        "!Sub 'https://${W}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${St}' | http://localhost:8080/prod",
        "!Sub 'wss://${W}.execute-api.${AWS::Region}.amazonaws.com/${St}' | ws://localhost:8080/prod",
        "{Fn::Join: [':', [a, !Ref Plain, c]]} | a:given:c",
        "{Fn::Join: ['', [a, !Ref AWS::NoValue, c]]} | ac",
        "{Fn::Select: [1, [a, b]]} | b",
        "{Fn::Select: [7, {Fn::Split: [':', !Ref A]}]} | live",
        "{Fn::If: [Holds, a, b]} | a",
        "{Fn::If: [Fails, a, b]} | b",
        "{Fn::If: [Both, a, b]} | b",
        "{Fn::If: [Either, a, b]} | a",
        "'{{resolve:secretsmanager:ampoule/prod/key:SecretString:::}}' | <ampoule/prod/key>",
        "{Fn::Join: ['', ['{{resolve:secretsmanager:', !Ref S, ':SecretString:::}}']]} | <S, generated>",
      })
  void whatIsWrittenBecomes(String written, String resolved) throws IOException {
    assertThat(
            Plans.of(TEMPLATE.replace("%s", written)).functions().getFirst().environment().get("V"))
        .isEqualTo(resolved);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{Fn::ImportValue: x} | /V: unknown intrinsic Fn::ImportValue",
        "!FindInMap [a, b, c] | /V: unknown intrinsic Fn::FindInMap",
        "{Fn::Join: ['', [{Fn::Cidr: []}]]} | /V/Fn::Join/1/0: unknown intrinsic Fn::Cidr",
        "!Ref Nobody | /V/Ref: refers to Nobody, which is neither a parameter nor a resource",
        "!Ref None | /V/Ref: parameter None has no default, and no value on one machine",
        "!Ref Loop | Loop/Properties/Ref: Loop refers to itself",
        "!GetAtt T.Cost | /V/Fn::GetAtt: Cost of AWS::DynamoDB::Table has no value on one machine",
        "{Fn::Select: [2, [a, b]]} | /V/Fn::Select: index 2 of 2 items",
        "{Fn::Join: [x]} | /V/Fn::Join: 2 arguments expected, got 1",
        "{Fn::If: [Maybe, a, b]} | /V/Fn::If: no condition Maybe",
        "[a] | /V: text expected",
        "'{{resolve:ssm:x}}' | /V: unknown dynamic reference {{resolve:ssm:…}}",
        "'{{resolve:secretsmanager:x:SecretString:key}}' | /V: unknown dynamic reference {{resolve:secretsmanager:…}}",
      })
  void whatCannotBeResolvedIsNamedWithItsPlace(String written, String message) {
    assertThatThrownBy(() -> Plans.of(TEMPLATE.replace("%s", written)))
        .isInstanceOf(InvalidTemplateException.class)
        .hasMessageContaining(message)
        .message()
        .contains("Properties");
  }
}
