package dev.ampoule.infra;

import software.amazon.awscdk.services.codedeploy.LambdaApplication;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.sns.Topic;

/**
 * What every function shares.
 *
 * @param code the package of all handlers
 * @param alarms where alarms are told
 * @param deployments the CodeDeploy application
 * @param deployer what CodeDeploy moves aliases as
 * @param release part of every function and version, so that another one publishes them anew
 */
record Platform(
    StageConfig stage,
    Keys keys,
    Code code,
    Topic alarms,
    LambdaApplication deployments,
    Role deployer,
    String release) {}
