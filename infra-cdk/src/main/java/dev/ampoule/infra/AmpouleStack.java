package dev.ampoule.infra;

import io.github.cdklabs.cdknag.AwsSolutionsChecks;
import io.github.cdklabs.cdknag.HIPAASecurityChecks;
import io.github.cdklabs.cdknag.NagPackProps;
import java.util.stream.Stream;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Aspects;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.codedeploy.LambdaApplication;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.sns.Topic;

/**
 * One stage of Ampoule. It names no account and no region, so every template of a stage is equal.
 */
public final class AmpouleStack extends Stack {

  /**
   * Everything of one stage.
   *
   * @param code the package that all functions run
   */
  public AmpouleStack(App app, StageConfig stage, Code code) {
    super(app, "Ampoule-" + stage.name());
    getTemplateOptions().setDescription("Ampoule: sealed plugins for clinical content");
    var parameters = new Parameters(this);
    var keys = new Keys(this, stage);
    var storage = new Storage(this, stage, keys);
    var _ = new Backups(this, stage, keys, storage);
    var alarms =
        Topic.Builder.create(this, "Alarms").masterKey(keys.logs()).enforceSsl(true).build();
    var deployments = LambdaApplication.Builder.create(this, "Deployments").build();
    var deployer =
        Role.Builder.create(this, "DeploymentRole")
            .assumedBy(new ServicePrincipal("codedeploy.amazonaws.com"))
            .build();
    var platform =
        new Platform(stage, keys, code, alarms, deployments, deployer, parameters.release());
    var registration = new Registration(this, platform, storage, parameters);
    var invocation = new Invocation(this, platform, storage, parameters);
    var audit = new Audit(this, platform, storage, parameters);
    var realtime = new Realtime(this, platform, storage, parameters);
    var console = new Console(this, platform, storage, parameters, realtime);
    var api =
        new Api(
            this,
            platform,
            storage,
            parameters,
            registration,
            invocation,
            audit,
            realtime,
            console);
    var _ =
        new Observability(
            this,
            alarms,
            storage,
            api,
            audit,
            realtime,
            Stream.concat(
                    Stream.of(
                        invocation.invoke(),
                        api.authorize(),
                        registration.plugins(),
                        registration.register(),
                        audit.audit(),
                        audit.checkpoint(),
                        console.pages(),
                        api.health()),
                    realtime.functions().stream())
                .toList());
    output("Url", "Where the API is", api.http().getApiEndpoint());
    output("WebSocketUrl", "Where clients connect for live events", realtime.url());
    output("ModulesBucket", "Where plugins are uploaded", storage.modulesBucket());
    output("AlarmTopic", "Subscribe here to be told of alarms", alarms.getTopicArn());
    Suppressions.apply(this);
    Aspects.of(this).add(new AwsSolutionsChecks(NagPackProps.builder().build()));
    Aspects.of(this).add(new HIPAASecurityChecks(NagPackProps.builder().build()));
  }

  private void output(String id, String description, String value) {
    CfnOutput.Builder.create(this, id).description(description).value(value).build();
  }
}
