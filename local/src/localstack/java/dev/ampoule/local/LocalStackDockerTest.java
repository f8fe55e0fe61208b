package dev.ampoule.local;

import cloud.localstack.Localstack;
import cloud.localstack.docker.LocalstackDockerExtension;
import cloud.localstack.docker.annotation.LocalstackDockerProperties;
import java.net.URI;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * On LocalStack in a container, which localstack-utils starts and stops. The tag is the last of
 * LocalStack's images that asks for no account.
 */
@Tag("localstack")
@ExtendWith({DockerNeeded.class, LocalstackDockerExtension.class})
@LocalstackDockerProperties(
    services = {"s3", "dynamodb"},
    imageTag = "4.14.0")
final class LocalStackDockerTest extends AwsContract {
  @Override
  protected URI endpoint() {
    return URI.create("http://localhost:" + Localstack.INSTANCE.getEdgePort());
  }
}
