package org.gaul.s3proxy;

import jakarta.servlet.http.HttpServlet;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.jspecify.annotations.NullMarked;

/**
 * Hands out s3proxy's servlet, so that S3 and DynamoDB share one port and one server without a
 * proxy hop (which would have to keep every byte that SigV4 signs). The servlet is package-private
 * and its public front, {@link S3Proxy}, insists on a server of its own: hence this class's
 * package.
 */
@NullMarked
public final class S3ProxyServlets {
  /** The largest single PUT that S3 takes, bytes. */
  private static final long MAX_PUT_BYTES = 5L << 30;

  /** What s3proxy holds in memory to hash a request with a signed payload, bytes. */
  private static final long MAX_SIGNED_PAYLOAD_BYTES = 128L << 20;

  private static final int MAX_CHUNK_BYTES = 16 << 20;

  /** S3 refuses a request signed further from its own clock, seconds. */
  private static final int MAX_CLOCK_SKEW_SECONDS = 15 * 60;

  private S3ProxyServlets() {}

  /** A servlet that answers path-style S3 requests signed with these credentials, and no others. */
  public static HttpServlet signed(BlobStore store, String accessKeyId, String secretAccessKey) {
    return new S3ProxyHandlerJetty(
        store,
        AuthenticationType.AWS_V2_OR_V4,
        accessKeyId,
        secretAccessKey,
        null,
        MAX_PUT_BYTES,
        MAX_SIGNED_PAYLOAD_BYTES,
        MAX_CHUNK_BYTES,
        true,
        new CrossOriginResourceSharing(),
        "",
        MAX_CLOCK_SKEW_SECONDS,
        null);
  }
}
