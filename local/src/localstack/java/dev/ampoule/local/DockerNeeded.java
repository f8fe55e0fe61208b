package dev.ampoule.local;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails, and says why, where Docker is not there; localstack-utils' own words do not. */
final class DockerNeeded implements BeforeAllCallback {
  private static final long ANSWERS_WITHIN_SECONDS = 60;
  private static final String OTHERWISE =
      " Without Docker, start any emulator of S3 and DynamoDB and run the same tests against it:"
          + " AWS_ENDPOINT_URL=http://HOST:PORT ./mvnw -pl functions,local test -Dgroups=aws"
          + " -DfailIfNoTests=false";

  @Override
  public void beforeAll(ExtensionContext context) throws InterruptedException {
    Process docker;
    try {
      docker =
          new ProcessBuilder("docker", "info")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      throw new IllegalStateException(
          "-Plocalstack needs Docker, and there is no docker on the PATH." + OTHERWISE);
    }
    try {
      if (!docker.waitFor(ANSWERS_WITHIN_SECONDS, TimeUnit.SECONDS) || docker.exitValue() != 0) {
        throw new IllegalStateException(
            "-Plocalstack needs Docker, and its daemon does not answer `docker info`." + OTHERWISE);
      }
    } finally {
      docker.destroyForcibly();
    }
  }
}
