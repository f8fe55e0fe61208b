package dev.ampoule.aws;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** S3 in this process that really checks signatures, for the tests of one class. */
final class EmbeddedS3 implements AutoCloseable {
  private static final AtomicInteger BUCKETS = new AtomicInteger();
  private static final String ACCESS_KEY_ID = "local";
  private static final String SECRET = "local-secret";

  private final S3Proxy proxy;
  private final S3Client client;
  private final S3Presigner presigner;

  private EmbeddedS3() throws Exception {
    proxy =
        S3Proxy.builder()
            .blobStore(new TransientNio2BlobStore())
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY_ID, SECRET)
            .build();
    proxy.start();
    var clients = clients(SECRET);
    client = clients.s3();
    presigner = clients.presigner();
  }

  static EmbeddedS3 start() throws Exception {
    return new EmbeddedS3();
  }

  /** The clients of who holds this secret; only {@link #SECRET} is let in. */
  private AwsClients clients(String secret) {
    return new AwsClients(
        new AwsClients.Location(
            "us-east-1",
            Optional.empty(),
            Optional.of(URI.create("http://127.0.0.1:" + proxy.getPort())),
            Optional.of(new AwsClients.Credentials(ACCESS_KEY_ID, secret, Optional.empty()))));
  }

  S3Client client() {
    return client;
  }

  S3Presigner presigner() {
    return presigner;
  }

  /** A client that outlives this, for calling what is gone. */
  S3Client anotherClient() {
    return clients(SECRET).s3();
  }

  /** A client whose signatures are refused. */
  S3Client unauthorised() {
    return clients("another-secret").s3();
  }

  /** A client that carries out its first call and never hears so: the SDK calls again. */
  S3Client clientThatLosesTheFirstAnswer() {
    var like = client.serviceClientConfiguration();
    return S3Client.builder()
        .region(like.region())
        .endpointOverride(like.endpointOverride().orElseThrow())
        .credentialsProvider(like.credentialsProvider())
        .forcePathStyle(true)
        .httpClient(new LostAnswer(UrlConnectionHttpClient.create()))
        .build();
  }

  private static final class LostAnswer implements SdkHttpClient {
    private final SdkHttpClient http;
    private final AtomicBoolean lost = new AtomicBoolean();

    LostAnswer(SdkHttpClient http) {
      this.http = http;
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
      var prepared = http.prepareRequest(request);
      return new ExecutableHttpRequest() {
        @Override
        public HttpExecuteResponse call() throws IOException {
          var answer = prepared.call();
          if (lost.compareAndSet(false, true)) {
            throw new SocketTimeoutException("the answer was lost");
          }
          return answer;
        }

        @Override
        public void abort() {
          prepared.abort();
        }
      };
    }

    @Override
    public void close() {
      http.close();
    }
  }

  /** Makes an empty bucket with a name that no other has. */
  String newBucket() {
    var bucket = "bucket-" + BUCKETS.incrementAndGet();
    client.createBucket(b -> b.bucket(bucket));
    return bucket;
  }

  @Override
  public void close() {
    client.close();
    presigner.close();
    try {
      proxy.stop();
    } catch (Exception e) {
      throw new IllegalStateException("s3proxy did not stop", e);
    }
  }
}
