package dev.ampoule.infra;

import static java.util.Objects.requireNonNull;

import software.amazon.awscdk.RemovalPolicy;

/**
 * What differs between a trial and production. What a deployer brings along (issuer, public key)
 * are parameters of the template instead, see {@link Parameters}.
 *
 * @param name part of the names of buckets and secrets, {@code [a-z]{1,8}}
 * @param keepsData whether tables and buckets outlive the stack and refuse deletion
 * @param checkpointsKept how long nobody, root included, can delete a checkpoint
 * @param shiftsTraffic whether a new version first gets a tenth of the calls
 * @param requestsPerSecond steady rate of the API above which it answers 429
 * @param requestsAtOnce burst of the API above which it answers 429
 * @param invokeConcurrency plugin calls at once
 * @param authorizerConcurrency token checks at once
 * @param socketConcurrency publications, plugin calls and connections' beginnings at once; of other
 *     frames twice as many
 * @param fanOutConcurrency shards of topics that are being pushed to at once
 * @param deriveConcurrency batches of events that go through plugins at once
 */
public record StageConfig(
    String name,
    boolean keepsData,
    CheckpointLock checkpointsKept,
    boolean shiftsTraffic,
    int requestsPerSecond,
    int requestsAtOnce,
    int invokeConcurrency,
    int authorizerConcurrency,
    int socketConcurrency,
    int fanOutConcurrency,
    int deriveConcurrency) {

  /** How Object Lock holds a checkpoint. */
  public enum CheckpointLock {
    /** One day, and an administrator may lift it: a trial must be possible to tear down. */
    ONE_DAY_GOVERNANCE,
    /** Six years (45 CFR 164.316(b)(2)(i)), and nobody can shorten it. */
    SIX_YEARS_COMPLIANCE
  }

  /** Of the 1 000 concurrent executions that an account has by default, 100 cannot be reserved. */
  static final int RESERVABLE_CONCURRENCY_MAX = 900;

  public static final StageConfig DEV =
      new StageConfig(
          "dev", false, CheckpointLock.ONE_DAY_GOVERNANCE, false, 100, 200, 50, 50, 10, 10, 5);

  /** Half of a region's default quota of requests, so that one stack cannot use up the account. */
  public static final StageConfig PROD =
      new StageConfig(
          "prod",
          true,
          CheckpointLock.SIX_YEARS_COMPLIANCE,
          true,
          5_000,
          2_500,
          350,
          250,
          30,
          40,
          20);

  public StageConfig {
    requireNonNull(checkpointsKept, "checkpointsKept");
    if (!name.matches("[a-z]{1,8}")) {
      throw new IllegalArgumentException("name " + name + " is not [a-z]{1,8}");
    }
    if (requestsPerSecond < 1
        || requestsAtOnce < 1
        || invokeConcurrency < 1
        || authorizerConcurrency < 1
        || socketConcurrency < 1
        || fanOutConcurrency < 1
        || deriveConcurrency < 1) {
      throw new IllegalArgumentException("a limit below 1");
    }
  }

  /**
   * The stage of that name.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static StageConfig named(String name) {
    return switch (name) {
      case "dev" -> DEV;
      case "prod" -> PROD;
      default -> throw new IllegalArgumentException("stage " + name + " is not dev or prod");
    };
  }

  /**
   * A deployment that fails at its first try leaves nothing, so that the next one finds no name
   * taken.
   */
  RemovalPolicy removal() {
    return keepsData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
  }
}
