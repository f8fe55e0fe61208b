package dev.ampoule.local.template;

import java.net.URI;
import java.util.Map;
import java.util.Objects;

/**
 * What a template does not say itself: where it runs, and the values that whoever deploys it gives.
 *
 * @param region as {@code AWS::Region}
 * @param accountId as {@code AWS::AccountId}, 12 digits
 * @param stackName as {@code AWS::StackName}
 * @param parameters values by the parameters' names; a parameter that is not among them has its
 *     default
 * @param secrets answers {@code {{resolve:secretsmanager:…}}}
 * @param awsEndpoint under which queues have their URLs
 * @param gateway where the template's APIs answer
 */
public record Surroundings(
    String region,
    String accountId,
    String stackName,
    Map<String, String> parameters,
    Secrets secrets,
    URI awsEndpoint,
    URI gateway) {
  public Surroundings {
    Objects.requireNonNull(region, "region");
    Objects.requireNonNull(accountId, "accountId");
    Objects.requireNonNull(stackName, "stackName");
    parameters = Map.copyOf(parameters);
    Objects.requireNonNull(secrets, "secrets");
    Objects.requireNonNull(awsEndpoint, "awsEndpoint");
    Objects.requireNonNull(gateway, "gateway");
  }

  /** The secrets that a template names, as Secrets Manager would hold them. */
  @FunctionalInterface
  public interface Secrets {
    /**
     * @param name the secret's name, or the logical id of one that the template makes
     * @param generated whether the template has its value generated
     * @throws InvalidTemplateException naming the secret, where there is none
     */
    String value(String name, boolean generated);
  }
}
