package dev.ampoule.infra;

import java.util.Map;
import software.amazon.awscdk.App;
import software.amazon.awscdk.AppProps;
import software.amazon.awscdk.services.lambda.Code;

/**
 * The CDK app, started by {@code cdk deploy -c stage=prod -c code=PATH} in {@code infra-cdk}.
 * Without context the stage is dev, and the code what Maven packaged.
 */
public final class InfraApp {
  private static final String PACKAGE = "../functions/target/ampoule-functions-lambda.zip";

  private InfraApp() {}

  public static void main(String[] args) {
    var app = app();
    var _ =
        new AmpouleStack(
            app,
            StageConfig.named(context(app, "stage", "dev")),
            Code.fromAsset(context(app, "code", PACKAGE)));
    app.synth();
  }

  /** An app with the behaviour of CDK that we count on, whatever {@code cdk.json} says. */
  static App app() {
    return new App(
        AppProps.builder()
            .analyticsReporting(false)
            .postCliContext(
                Map.of(
                    // Log delivery by bucket policy; buckets have no ACLs any more.
                    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy", true,
                    "@aws-cdk/aws-iam:minimizePolicies", true,
                    // Templates are held against the committed one.
                    "aws:cdk:enable-path-metadata", false))
            .build());
  }

  private static String context(App app, String key, String otherwise) {
    return app.getNode().tryGetContext(key) instanceof String value ? value : otherwise;
  }
}
